"""`grade --compare` shows what a regrade would change before it changes anything; `--accept` writes just that."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_course import TinyCourse

GRADE = Path(sys.executable).with_name("grade")
RIGHT = "def add(a, b):\n    return a + b\n\ndef total(numbers):\n    return sum(numbers)\n"
WRONG = "def add(a, b):\n    return a - b\n\ndef total(numbers):\n    return sum(numbers)\n"


def grade(course: TinyCourse, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `grade` over the course."""
    command = [str(GRADE), str(course.root / "assignments"), "--jobs", "1", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


def document(done: subprocess.CompletedProcess[str]) -> Any:
    """What it printed with --json."""
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def results(course: TinyCourse) -> dict[str, bytes]:
    """Every file that grading wrote: results, changelog, pages, gradebook."""
    wanted = (
        *course.root.glob("assignments/*/*ed*/**/*"),
        *course.root.glob("feedback/*"),
        course.root / "gradebook.db",
    )
    return {str(file): file.read_bytes() for file in wanted if file.is_file()}


@pytest.mark.jail
def test_a_changed_suite_is_compared_first_and_then_accepted(tiny_course: TinyCourse) -> None:
    """Whose score, by how much, which check and why; nothing is written until it is accepted, and then without grading.

    What changed between the two is left as it was, and said.
    """
    for student, source in (("s01", RIGHT), ("s02", WRONG), ("s03", RIGHT)):
        tiny_course.hand_in(student, source)
    assert "sums/s01: 100 of 100 (new)" in grade(tiny_course, "--verbose").stderr
    suite = tiny_course.root / "tests" / "suites" / "test_sums.py"
    suite.write_text(suite.read_text().replace("points=60", "points=50").replace("points=40", "points=50"))
    tiny_course.hand_in("s04", WRONG)
    before = results(tiny_course)

    compared = document(grade(tiny_course, "--compare", "--json"))
    assert results(tiny_course) == before
    assert compared["summary"] == {"would_change": 1, "new": 1, "compared": 4, "unchanged": 0}
    (moved,) = [entry for entry in compared["comparison"] if not entry["new"] and entry["from"] != entry["to"]]
    assert (moved["student"], moved["from"], moved["to"], moved["why"]) == ("s02", 40, 50, "suite changed")
    assert [check["id"] for check in moved["checks"]] == ["add.values", "total.values"]

    told = " ".join(grade(tiny_course, "--compare").stdout.split())
    assert "sums s02 40 50 +10 add.values 0 -> 0 of 50 (failed), total.values 40 -> 50 of 50 (passed)" in told
    assert "1 score would change, 2 regraded would not, 1 new" in told

    tiny_course.hand_in("s03", WRONG)
    accepted = grade(tiny_course, "--accept", "--json")
    assert "1 stay as they were" in accepted.stderr
    assert {r["student"]: r["score"] for r in document(accepted)["results"]} == {"s01": 100, "s02": 50, "s04": 50}
    assert json.loads(tiny_course.result("s03").read_text())["score"] == 100
    lines = (tiny_course.root / "assignments/sums/autograded/history.jsonl").read_text().splitlines()
    changes = [json.loads(line) for line in lines]
    assert [(c["student"], c["from"], c["to"], c["why"]) for c in changes[3:]] == [
        ("s02", 40, 50, "suite changed"),
        ("s04", None, 50, "new"),
    ]

    again = grade(tiny_course, "--accept")
    assert (again.returncode, "with --compare first" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--compare", "--accept"], "exclude each other"),
        (["--compare", "--dry-run"], "exclude each other"),
        (["--accept", "--force"], "grades nothing"),
        (["--compare", "--out", "x"], "the course's own results"),
    ],
)
def test_what_makes_no_sense_together_is_refused(tiny_course: TinyCourse, options: list[str], says: str) -> None:
    """Before anything runs."""
    done = grade(tiny_course, *options)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr
