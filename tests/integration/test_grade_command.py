"""The `grade` command as a person runs it: a process, a course on disk, its exit code and what it prints."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tiny_course import TinyCourse

from autograder.results.head import SCHEMA_FILE

pytestmark = pytest.mark.jail
GRADE = Path(sys.executable).with_name("grade")

RIGHT = "def add(a, b):\n    return a + b\n\ndef total(numbers):\n    return sum(numbers)\n"
WRONG = "def add(a, b):\n    return a - b\n\ndef total(numbers):\n    return sum(numbers)\n"


def grade(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `grade` and give it two minutes."""
    command = [str(GRADE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def processes_of(course: TinyCourse) -> list[str]:
    """Command lines of processes that still know this course, or that a grader left behind."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(course.root) in line:
            found.append(line)
    return found


def test_a_class_is_graded_with_partial_credit_into_valid_results(tiny_course: TinyCourse) -> None:
    """Right work gets 100, half-right work its half, and every result.json obeys the schema that we ship.

    A function that ends its process is told apart from one that raises.
    """
    tiny_course.hand_in("s01", RIGHT)
    tiny_course.hand_in("s02", WRONG)
    tiny_course.hand_in("s03", "import os\ndef add(a, b):\n    os._exit(3)\ndef total(n):\n    raise ValueError(n)\n")
    done = grade(tiny_course.root / "assignments", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert {r["student"]: r["score"] for r in document["results"]} == {"s01": 100, "s02": 40, "s03": 0}
    assert document["summary"]["graded"] == 3
    assert [(check["outcome"], check["died"]) for check in document["results"][2]["checks"]] == [
        ("crashed", True),
        ("crashed", False),
    ]
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    for student in ("s01", "s02", "s03"):
        jsonschema.validate(json.loads(tiny_course.result(student).read_text("utf-8")), schema)


def test_a_second_run_grades_nothing_and_a_changed_submission_only_itself(tiny_course: TinyCourse) -> None:
    """Unchanged work is kept as it is; a student who hands in again is graded again."""
    tiny_course.hand_in("s01", RIGHT)
    tiny_course.hand_in("s02", WRONG)
    grade(tiny_course.root / "assignments")
    before = tiny_course.result("s01").read_bytes()
    tiny_course.hand_in("s02", RIGHT)
    again = json.loads(grade(tiny_course.root / "assignments", "--json").stdout)
    assert (again["summary"]["graded"], again["summary"]["unchanged"]) == (1, 1)
    assert [r["score"] for r in again["results"]] == [100, 100]
    assert tiny_course.result("s01").read_bytes() == before


def test_two_runs_agree_on_every_score_and_message(tiny_course: TinyCourse) -> None:
    """With --force, all but the clock is byte for byte the same."""
    tiny_course.hand_in("s02", WRONG)

    def verdicts() -> str:
        results = json.loads(grade(tiny_course.root / "assignments", "--json", "--force").stdout)["results"]
        for result in results:
            for clock in (result, *result["checks"]):
                clock.pop("seconds")
            result.pop("graded_at")
        return json.dumps(results)

    assert verdicts() == verdicts()


def test_another_secret_draws_other_inputs_and_keeps_right_work_right(tiny_course: TinyCourse) -> None:
    """The wrong answer's message changes with the secret, the right answer's score does not."""
    tiny_course.hand_in("s01", RIGHT)
    tiny_course.hand_in("s02", WRONG)
    course_file = tiny_course.root / "course.yml"
    seen = []
    for secret in ("a-secret-of-the-tests", "another-secret-of-the-tests"):
        course_file.write_text(course_file.read_text().replace("a-secret-of-the-tests", secret))
        results = json.loads(grade(tiny_course.root / "assignments", "--json").stdout)["results"]
        seen.append((results[0]["score"], results[1]["checks"][0]["message"]))
    assert seen[0][0] == seen[1][0] == 100
    assert seen[0][1] != seen[1][1]


def test_a_failing_suite_is_ungraded_and_ends_with_5(tiny_course: TinyCourse) -> None:
    """A check whose trusted side fails has no score, is listed for a human, and is tried again by the next run."""
    tiny_course.hand_in("s01", RIGHT)
    suite = tiny_course.root / "tests/suites/test_sums.py"
    whole = suite.read_text()
    suite.write_text(whole.replace("    a, b =", "    raise OSError('a disk of ours')\n    a, b ="))
    done = grade(tiny_course.root / "assignments", "--json")
    assert done.returncode == 5
    (result,) = json.loads(done.stdout)["results"]
    assert (result["score"], result["checks"][0]["outcome"], result["needs_human"]) == (None, "ungraded", True)
    suite.write_text(whole)
    assert json.loads(grade(tiny_course.root / "assignments", "--json").stdout)["results"][0]["score"] == 100


def test_a_judging_process_that_dies_is_ungraded_and_the_others_are_graded(tiny_course: TinyCourse) -> None:
    """Our own process killed over one submission costs that submission its verdict and nobody else anything."""
    tiny_course.hand_in("s01", RIGHT)
    tiny_course.hand_in("s02", "def add(a, b):\n    return 'kill'\n\ndef total(numbers):\n    return 1\n")
    suite = tiny_course.root / "tests/suites/test_sums.py"
    kill = "    import os\n    if student.add(a, b) == 'kill': os.kill(os.getpid(), 9)\n    assert_matches(student.add"
    suite.write_text(suite.read_text().replace("    assert_matches(student.add", kill))
    done = grade(tiny_course.root / "assignments", "--json")
    assert done.returncode == 5, done.stderr
    assert {r["student"]: r["score"] for r in json.loads(done.stdout)["results"]} == {"s01": 100, "s02": None}


def test_dry_run_names_each_job_with_its_reason_and_writes_nothing(tiny_course: TinyCourse) -> None:
    """What would run is said, and no result appears."""
    tiny_course.hand_in("s01", RIGHT)
    done = grade(tiny_course.root / "assignments", "--dry-run")
    assert done.returncode == 0
    assert "sums/s01: new" in done.stdout
    assert not tiny_course.result("s01").exists()


def test_out_leaves_the_course_untouched(tiny_course: TinyCourse, tmp_path: Path) -> None:
    """With --out, results go elsewhere and neither results nor gradebook appear in the course."""
    tiny_course.hand_in("s01", RIGHT)
    assert grade(tiny_course.root / "assignments", "--out", tmp_path / "elsewhere").returncode == 0
    assert (tmp_path / "elsewhere/assignments/sums/autograded/s01/result.json").exists()
    assert not tiny_course.result("s01").exists()
    assert not (tiny_course.root / "gradebook.db").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["no/such/path"], 2, "is in no course"),
        (["{root}/assignments/summs"], 2, "did you mean 'sums'"),
        (["{root}/reference"], 2, "holds no submissions"),
        (["--jobs", "0", "{root}"], 2, "jobs"),
        (["--no-such-option"], 2, "no-such-option"),
        ([], 2, "Usage"),
    ],
)
def test_wrong_usage_is_answered_with_what_to_do(
    tiny_course: TinyCourse, arguments: list[str], code: int, says: str
) -> None:
    """Exit 2 and one clear sentence; the bare command shows its help."""
    done = grade(*(argument.format(root=tiny_course.root) for argument in arguments), cwd=tiny_course.root.parent)
    assert says in done.stdout + done.stderr
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("title: Sums", "titel: Sums", "course.yml:1"),
        ("slug: sums", "slug: sum", "test_sum.py"),
        ("call_seconds: 3", "call_seconds: three", "course.yml:4"),
    ],
)
def test_a_wrong_course_ends_with_3_and_names_the_line(tiny_course: TinyCourse, old: str, new: str, says: str) -> None:
    """Nothing is graded, and the message names the file and the line."""
    tiny_course.hand_in("s01", RIGHT)
    file = tiny_course.root / "course.yml"
    file.write_text(file.read_text().replace(old, new))
    done = grade(tiny_course.root / "assignments")
    assert done.returncode == 3, done.stderr
    assert says in done.stderr


def test_a_layer_this_machine_lacks_ends_with_4_and_grades_nothing(tiny_course: TinyCourse) -> None:
    """Where bubblewrap cannot be had, grading refuses instead of running bare."""
    tiny_course.hand_in("s01", RIGHT)
    course = tiny_course.root / "course.yml"
    course.write_text(course.read_text() + "jail: {require: [bubblewrap, landlock, seccomp, rlimits, user]}\n")
    # A user namespace that may have none below it, entered without any privilege: as in a strict container.
    script = 'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all --inh-caps=-all "$@"'
    limited = ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh"]
    done = subprocess.run(
        [*limited, str(GRADE), str(tiny_course.root / "assignments")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 4, done.stdout + done.stderr
    assert "bubblewrap" in done.stderr
    assert not tiny_course.result("s01").exists()


def test_ctrl_c_stops_at_once_keeps_what_is_done_and_leaves_no_process(tiny_course: TinyCourse) -> None:
    """After an interrupt: exit 130 within seconds, the finished result is there, and the same command goes on."""
    tiny_course.hand_in("a", RIGHT)
    hang = RIGHT.replace("return a + b", "\n    while True: pass")
    for student in ("b", "c", "d"):
        tiny_course.hand_in(student, hang)
    course = tiny_course.root / "course.yml"
    course.write_text(course.read_text().replace("call_seconds: 3", "call_seconds: 25"))
    running = subprocess.Popen(
        [GRADE, tiny_course.root / "assignments", "--jobs", "1", "--verbose"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 150
    while not tiny_course.result("a").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert "Traceback" not in errors
    assert "kept" in errors
    assert tiny_course.result("a").exists()
    deadline = time.monotonic() + 30
    while processes_of(tiny_course) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_of(tiny_course) == []
    left = grade(tiny_course.root / "assignments", "--dry-run").stdout
    assert "3 to grade, 1 unchanged" in left
