"""A submission that asks a lent function for more than the machine has: it is told so, and everybody else goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_course import TinyCourse

pytestmark = pytest.mark.jail

# `big` makes as many numbers as it is asked for. Nothing is written to them, so that a grader without a limit does no
# harm to the machine that runs this test.
SUITE = """
import numpy as np

from autograder.suite import assert_matches, check


def big(size):
    return float(np.zeros(int(size))[0])


@check("total.values", points=100)
def test_total(student):
    \"\"\"total asks big\"\"\"
    assert_matches(student.total(big), 1.0)
"""
ASKS = """
def total(big):
    try:
        big(1_000_000_000)
    except RuntimeError as error:
        assert "the model could not use what it was given" in str(error)
        return 1.0
"""


def test_memory_that_a_submission_asks_our_side_for_has_a_limit(tiny_course: TinyCourse) -> None:
    """Eight gigabytes are refused where the course gives a submission two, as something that the model cannot do."""
    tiny_course.write_suite(SUITE)
    tiny_course.hand_in("s01", ASKS)
    grade = [Path(sys.executable).with_name("grade"), tiny_course.root / "assignments", "--json"]
    done = subprocess.run(grade, capture_output=True, text=True, timeout=240, check=False)
    (result,) = json.loads(done.stdout)["results"]
    assert [check["outcome"] for check in result["checks"]] == ["passed"], result["checks"]
