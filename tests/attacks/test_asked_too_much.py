"""A submission that asks a lent function for more than the machine has: it is told so, and everybody else goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_course import TinyCourse

pytestmark = pytest.mark.jail

# The reference's `add`, carried, makes as many numbers as it is asked for. Nothing is written to them, so that a grader
# without a limit does no harm to the machine that runs this test.
REFERENCE = """
import numpy as np

def add(a, b):
    return float(np.zeros(int(a) + int(b))[0]) + a + b

def total(numbers):
    return sum(numbers)
"""
ASKS = """
def add(a, b):
    return a + b

def total(numbers):
    if type(add).__name__ != "Model":
        return None
    try:
        add(1_000_000_000, 1)
    except RuntimeError as error:
        assert "the model could not use what it was given" in str(error)
        return sum(numbers)
"""


def test_memory_that_a_submission_asks_our_side_for_has_a_limit(tiny_course: TinyCourse) -> None:
    """Eight gigabytes are refused where the course gives a submission two, as something that the model cannot do."""
    (tiny_course.root / "reference" / "sums.py").write_text(REFERENCE)
    with (tiny_course.root / "course.yml").open("a") as course:
        course.write("    carries: [add]\n")
    tiny_course.hand_in("s01", ASKS)
    grade = [Path(sys.executable).with_name("grade"), tiny_course.root / "assignments", "--json"]
    done = subprocess.run(grade, capture_output=True, text=True, timeout=240, check=False)
    (result,) = json.loads(done.stdout)["results"]
    assert [check["outcome"] for check in result["checks"]] == ["passed", "passed"], result["checks"]
