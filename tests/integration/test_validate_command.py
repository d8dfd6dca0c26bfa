"""`grade validate` as a person runs it: a process, a course on disk, the real jail for known submissions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_course import TinyCourse

pytestmark = pytest.mark.jail
GRADE = Path(sys.executable).with_name("grade")
RIGHT = "def add(a, b):\n    return b + a\n\ndef total(numbers):\n    return sum(numbers)\n"
LISTED = """\
sums:
  - function: total
    was: result = add(result, number)
    becomes: result = add(number, result)
    reason: a + b = b + a
"""


def validate(course: TinyCourse, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `grade validate` in the course."""
    command = [str(GRADE), "validate", *map(str, arguments), "--quick", "--jobs", "2"]
    return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, cwd=course.root)


def add_known(course: TinyCourse, name: str, source: str, score: int, outcome: str) -> None:
    """A known submission, and what is expected of its `total`."""
    folder = course.root / "tests" / "submissions" / "sums" / name
    folder.mkdir(parents=True)
    (folder / "sums.py").write_text(source, "utf-8")
    expected = f"about: x\nscore: {score}\noutcomes: {{add.values: passed, total.values: {outcome}}}\n"
    (folder / "expected.yml").write_text(expected, "utf-8")


@pytest.fixture
def course(tiny_course: TinyCourse) -> TinyCourse:
    """The tiny course with a data file, two known submissions, and a reason for its one equivalent mutant."""
    data = tiny_course.root / "assignments" / "sums" / "data"
    data.mkdir()
    (data / "numbers.txt").write_text("1 2", "utf-8")
    with (tiny_course.root / "course.yml").open("a", encoding="utf-8") as stream:
        stream.write("    data: assignments/sums/data\n")
    add_known(tiny_course, "correct_sum", RIGHT, 100, "passed")
    add_known(tiny_course, "wrong_total", RIGHT.replace("sum(numbers)", "0"), 60, "failed")
    (tiny_course.root / "tests" / "suites" / "equivalent_mutants.yml").write_text(LISTED, "utf-8")
    return tiny_course


def test_a_good_course_meets_every_floor(course: TinyCourse) -> None:
    """Exit code 0, and a table of at most 80 columns a suite."""
    done = validate(course)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 suites, 0 floors missed." in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_missed_floor_is_exit_code_1_and_the_document_says_which(course: TinyCourse) -> None:
    """--json prints one document, with the survivors by line and each floor that is missed."""
    (course.root / "tests" / "suites" / "equivalent_mutants.yml").unlink()
    done = validate(course, "sums", "--json", "--seeds", 3)
    assert done.returncode == 1, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    (suite,) = document["suites"]
    assert (suite["slug"], document["missed"]) == ("sums", 1)
    assert [finding["name"] for finding in suite["findings"] if not finding["met"]] == ["kill_rate"]
    (survivor,) = suite["slips"]["survivors"]
    assert survivor.startswith("total, line 13: result = add(result, number)")
    assert suite["right"]["simulated"] == 3


def test_a_process_that_is_killed_is_told_in_one_line(course: TinyCourse) -> None:
    """As the kernel does for want of memory; here the reference ends the process that examines it."""
    reference = course.root / "reference" / "sums.py"
    killing = "import os, sys\nif 'autograder.validation.examination' in sys.modules: os.kill(os.getpid(), 9)\n"
    reference.write_text(killing + reference.read_text("utf-8"), "utf-8")
    done = validate(course)
    assert done.returncode == 1
    assert "error: a process of the validation was killed, perhaps for want of memory" in done.stderr
    assert "Traceback" not in done.stderr
    assert "sums: right" not in done.stderr


def test_a_known_submission_that_ends_otherwise_is_told(course: TinyCourse) -> None:
    """What differs from expected.yml is named, and a correct_* without full marks is a floor of its own."""
    add_known(course, "correct_not", RIGHT.replace("sum(numbers)", "1"), 100, "passed")
    done = validate(course, "sums")
    assert done.returncode == 1
    told = " ".join(done.stdout.split())
    assert "correct_not: total.values is failed, expected passed" in told
    assert "50 % (1 of 2)" in told


def test_an_assignment_that_the_course_lacks_is_wrong_usage(course: TinyCourse) -> None:
    """Exit code 2, with the names that it has."""
    done = validate(course, "nothing")
    assert done.returncode == 2
    assert "the course has no assignment 'nothing'; it has sums" in done.stderr
