"""`attempts: best`: collected as Blackboard names attempts, graded in the jail; the best one lies where it counts."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tiny_course import TinyCourse

from autograder.results.history import history_file, read_history

pytestmark = [pytest.mark.jail, pytest.mark.gradebook]
GRADE = Path(sys.executable).with_name("grade")
RIGHT = "def add(a, b):\n    return a + b\n\ndef total(numbers):\n    return sum(numbers)\n"
WRONG = "def add(a, b):\n    return a - b\n\ndef total(numbers):\n    return sum(numbers)\n"
STUDENTS = ("s01", "s02", "s03", "s04", "s05")
# What each hands in, by day of October; the date is the 10th, and a late day costs 70 of 100.
HANDED_IN = {
    "s01": {1: RIGHT, 2: WRONG},
    "s02": {1: WRONG, 2: RIGHT},
    "s03": {1: WRONG, 2: WRONG + "# 2\n", 3: WRONG + "# 3\n", 4: RIGHT},  # the fourth is one too many
    "s04": {1: WRONG, 11: RIGHT},
    "s05": {1: RIGHT},
}


def run(*words: object, returns: int = 0) -> str:
    done = subprocess.run([GRADE, *map(str, words)], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == returns, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def course(tiny_course: TinyCourse) -> TinyCourse:
    text = (tiny_course.root / "course.yml").read_text("utf-8")
    text += "    due: 2026-10-10 12:00\n    attempts: best\n    max_attempts: 3\n"
    text = text.replace("assignments:", "late: {penalty_per_day: 70, cap: 70, grace_minutes: 0}\nassignments:")
    (tiny_course.root / "course.yml").write_text(text, "utf-8")
    roster = ["student,name,login", *(f"{student},Student {student},{student}" for student in STUDENTS)]
    (tiny_course.root / "roster.csv").write_text("\n".join(roster) + "\n", "utf-8")
    return tiny_course


def collect(course: TinyCourse, handed_in: dict[str, dict[int, str]]) -> dict[str, str]:
    file = course.root / "download.zip"
    with zipfile.ZipFile(file, "w") as archive:
        for student, days in handed_in.items():
            for day, source in days.items():
                archive.writestr(f"Sums_{student}_attempt_2026-10-{day:02}-11-00-00_sums.py", source)
    words = ("collect", file, "--assignment", "sums", "--from", "blackboard", "--course", course.root, "--json")
    return {each["student"]: each["status"] for each in json.loads(run(*words))["collected"]}


def scores(course: TinyCourse) -> dict[str, float]:
    return {student: json.loads(course.result(student).read_bytes())["score"] for student in STUDENTS}


def test_the_best_attempt_counts_and_stays(course: TinyCourse) -> None:
    """After lateness, within the limit, whatever is collected again; nobody's changelog saw the worse one."""
    assert set(collect(course, HANDED_IN).values()) == {"new"}
    said = run(course.root / "assignments", "--jobs", 1)
    assert scores(course) == {"s01": 100, "s02": 100, "s03": 40, "s04": 40, "s05": 100}
    assert "s01 sums: 2026-10-01T11-00-00Z counts. Attempts: 2026-10-01T11-00-00Z 100, 2026-10-02T11-00-00Z 40" in said
    assert "s04 sums: 2026-10-01T11-00-00Z counts. Attempts: 2026-10-01T11-00-00Z 40, 2026-10-11T11-00-00Z 30" in said
    assert "s02 sums" not in said
    told = read_history(history_file(course.root, "sums"))
    assert [line.after for line in told if line.student == "s01"] == [100]
    kept = course.root / "assignments/sums/attempts/s01/2026-10-02T11-00-00Z/sums.py"
    assert kept.read_text("utf-8") == WRONG
    assert json.loads((course.root / "assignments/sums/received.json").read_bytes())["s04"]["received_at"] == (
        "2026-10-01T11:00:00+00:00"
    )

    assert set(collect(course, HANDED_IN).values()) == {"unchanged"}
    assert "0 graded, 5 unchanged" in run(course.root / "assignments", "--jobs", 1)
    assert scores(course)["s01"] == 100

    assert collect(course, {"s01": {3: WRONG + "# 3\n"}, "s04": {9: RIGHT}}) == {"s01": "replaced", "s04": "replaced"}
    run(course.root / "assignments", "--jobs", 1)
    assert scores(course) == {"s01": 100, "s02": 100, "s03": 40, "s04": 100, "s05": 100}


def test_what_a_person_changed_stays(course: TinyCourse) -> None:
    """A file changed by hand, and points of formgrader, are a person's choice of an attempt."""
    from nbgrader.api import Gradebook

    collect(course, {student: {1: RIGHT, 2: WRONG} for student in STUDENTS})
    (course.root / "assignments/sums/submitted/s05/sums.py").write_text(WRONG + "# mended\n", "utf-8")
    run(course.root / "assignments", "--jobs", 1)
    assert scores(course) == {"s01": 100, "s02": 100, "s03": 100, "s04": 100, "s05": 40}
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        cell = gradebook.find_submission("sums", "s01").notebooks[0].grades[0]
        cell.manual_score = 1.0
        gradebook.db.commit()
    assert collect(course, {"s01": {3: WRONG + "# 3\n"}})["s01"] == "replaced"
    said = run(course.root / "assignments", "--jobs", 1, returns=5)  # the work beneath those points has changed
    assert "s01 sums: 2026-10-03T11-00-00Z stays, as a person gave points" in said
    assert "# 3" in (course.root / "assignments/sums/submitted/s01/sums.py").read_text("utf-8")
