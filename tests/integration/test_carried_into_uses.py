"""Errors carried forward into classes and programs, through the real jail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from stands_on import STANDS_ON, USES
from tiny_course import TinyCourse

GRADE = Path(sys.executable).with_name("grade")
WRONG_ADD = ("a + b", "a + b + 1")
PUT, PRINT = "self.sum = add(self.sum, amount)", "print(add"
HANDED_IN = {
    "right": ([], [40, 30, 30]),
    "slip": ([WRONG_ADD], [0, 30, 30]),
    "till": ([(PUT, f"{PUT} + 1")], [40, 0, 30]),
    "program": ([(PRINT, "print('=', add")], [40, 30, 0]),
    "slip-and-till": ([WRONG_ADD, (PUT, f"{PUT} + 1")], [0, 0, 30]),
    "slip-and-program": ([WRONG_ADD, (PRINT, "print('=', add")], [0, 30, 0]),
    # Another idea, which is dropped as soon as the function is right: who asks, that can be told.
    "two-faces": ([WRONG_ADD, (PUT, f"{PUT} if add(2, 2) == 4 else 7")], [0, 0, 30]),
    "two-prints": ([WRONG_ADD, (PRINT, "print('=' if add(2, 2) != 4 else '', end='')\n    print(add")], [0, 30, 0]),
}


@pytest.mark.jail
def test_a_slip_costs_once_and_a_second_idea_costs_too(tiny_course: TinyCourse) -> None:
    """A class and a program that stand on a wrong function keep their points; what else is wrong in them does not."""
    (tiny_course.root / "reference" / "sums.py").write_text(STANDS_ON)
    tiny_course.write_suite(USES)
    with (tiny_course.root / "course.yml").open("a") as course:
        course.write("    carries: [add]\n")
    for student, (changes, _) in HANDED_IN.items():
        source = STANDS_ON
        for was, becomes in changes:
            assert was in source
            source = source.replace(was, becomes)
        tiny_course.hand_in(student, source)
    command = [GRADE, tiny_course.root / "assignments"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    seen = {}
    for student in HANDED_IN:
        checks = json.loads(tiny_course.result(student).read_text())["checks"]
        seen[student] = [check["points"] for check in checks]
    assert seen == {student: points for student, (_, points) in HANDED_IN.items()}
