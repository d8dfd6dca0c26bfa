"""Odd things found in submitted/ are each answered in words, cost only their own student, and lose nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tiny_course import TinyCourse, make_tiny_course

pytestmark = pytest.mark.jail
GRADE = Path(sys.executable).with_name("grade")
RIGHT = "def add(a, b):\n    return a + b\n\ndef total(numbers):\n    return sum(numbers)\n"

# Student to what the report must say of the submission.
ODD = {
    "empty_folder": "",
    "directory": "folder",
    "broken_link": "symbolic link",
    "link_outside": "symbolic link",
    "pipe": "pipe",
    "huge": "200.0 MiB",
    "not_json": "notebook",
    "no_cells": "notebook",
    "syntax": "sums.py:2",
    "null_bytes": "null",
    "other_name": "",
}


@pytest.fixture(scope="module")
def odd_class(tmp_path_factory: pytest.TempPathFactory) -> tuple[TinyCourse, subprocess.CompletedProcess[str]]:
    """A class of odd submissions and one right one, graded once."""
    course = make_tiny_course(tmp_path_factory.mktemp("odd") / "course")
    submitted = course.root / "assignments" / "sums" / "submitted"
    course.hand_in("right", RIGHT)
    for student in ("empty_folder", "directory", "broken_link", "link_outside", "pipe", "huge"):
        (submitted / student).mkdir()
    (submitted / "directory" / "sums.py").mkdir()
    (submitted / "broken_link" / "sums.py").symlink_to(course.root / "nowhere.py")
    (submitted / "link_outside" / "sums.py").symlink_to(course.root / "reference" / "sums.py")
    os.mkfifo(submitted / "pipe" / "sums.py")
    with (submitted / "huge" / "sums.py").open("wb") as huge:
        huge.truncate(200 << 20)
    course.hand_in("not_json", "{ this is no notebook", name="sums.ipynb")
    course.hand_in("no_cells", '{"cells": 7, "nbformat": 4}', name="sums.ipynb")
    course.hand_in("syntax", "def add(a, b):\n    return a +\n")
    course.hand_in("null_bytes", b"def add(a, b):\n    return a \0+ b\n")
    course.hand_in("other_name", RIGHT, name="my homework.py")
    done = subprocess.run(
        [GRADE, course.root / "assignments", "--json"], capture_output=True, text=True, timeout=200, check=False
    )
    return course, done


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody can write: root needs a mount for that, a user only a mode."""
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)
        return
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def results(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """The results by student."""
    return {result["student"]: result for result in json.loads(done.stdout)["results"]}


def test_every_odd_submission_is_graded_and_the_right_one_is_untouched(
    odd_class: tuple[TinyCourse, subprocess.CompletedProcess[str]],
) -> None:
    """The run ends well, everybody has a result, and the right submission has its 100."""
    _, done = odd_class
    assert done.returncode == 0, done.stderr
    found = results(done)
    assert set(found) == {"right", *ODD}
    assert found["right"]["score"] == 100


@pytest.mark.parametrize("student", [name for name in ODD if name != "other_name"])
def test_an_odd_submission_scores_0_and_says_why(
    student: str, odd_class: tuple[TinyCourse, subprocess.CompletedProcess[str]]
) -> None:
    """Nothing of it is points, and both the reasons and each check's message say what was found."""
    result = results(odd_class[1])[student]
    told = " ".join([*result["reasons"], *(check["message"] for check in result["checks"])])
    assert result["score"] == 0
    assert {check["outcome"] for check in result["checks"]} == {"crashed"}
    assert ODD[student] in told, told
    assert all(check["message"] for check in result["checks"])


def test_the_only_file_of_another_name_is_graded_and_noted(
    odd_class: tuple[TinyCourse, subprocess.CompletedProcess[str]],
) -> None:
    """A student who renamed the file loses nothing; the instructor is told."""
    result = results(odd_class[1])["other_name"]
    assert result["score"] == 100
    assert any("my homework.py" in reason for reason in result["reasons"])


def test_a_read_only_output_folder_stops_with_a_clear_error_and_keeps_the_old_result(tiny_course: TinyCourse) -> None:
    """What was there before is unchanged, and the message names the file and what to do."""
    tiny_course.hand_in("s01", RIGHT)
    command = [GRADE, tiny_course.root / "assignments", "--no-gradebook"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    before = tiny_course.result("s01").read_bytes()
    tiny_course.hand_in("s01", RIGHT + "\n# changed\n")
    with read_only(tiny_course.result("s01").parent):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "result.json" in done.stderr
    assert "could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert tiny_course.result("s01").read_bytes() == before
