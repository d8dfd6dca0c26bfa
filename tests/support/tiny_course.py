"""A course of one trivial assignment, so that tests of the engine need nothing of the real one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

COURSE = """\
title: Sums
secret: a-secret-of-the-tests
limits:
  call_seconds: 3
  submission_seconds: 30
assignments:
  - slug: sums
    title: Adding up
"""

REFERENCE = '''\
"""Sums."""


def add(a, b):
    """The sum."""
    return a + b


def total(numbers):
    """All of them, by `add`."""
    result = 0
    for number in numbers:
        result = add(result, number)
    return result
'''

SUITE = '''\
"""Sums."""

from autograder.suite import assert_matches, check


@check("add.values", points=60)
def test_add(student, reference, rng):
    """add gives the sum of two numbers"""
    a, b = rng.integers(1, 100, 2).tolist()
    assert_matches(student.add(a, b), reference.add(a, b), name="sum")


@check("total.values", points=40)
def test_total(student, reference, rng):
    """total gives the sum of a list"""
    numbers = rng.integers(1, 100, 5).tolist()
    assert_matches(student.total(numbers), reference.total(numbers), name="total")
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyCourse:
    """A course on disk. root: its folder."""

    root: Path

    def hand_in(self, student: str, source: str | bytes, *, name: str = "sums.py") -> Path:
        """Put a file into a student's folder; text is dedented."""
        file = self.root / "assignments" / "sums" / "submitted" / student / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(source if isinstance(source, bytes) else dedent(source).encode())
        return file

    def write_suite(self, source: str) -> None:
        """Replace the hidden suite."""
        (self.root / "tests" / "suites" / "test_sums.py").write_text(dedent(source), "utf-8")

    def result(self, student: str) -> Path:
        """Where a student's result lies."""
        return self.root / "assignments" / "sums" / "autograded" / student / "result.json"


def make_tiny_course(root: Path) -> TinyCourse:
    """Write a fresh course of one assignment, `sums`, into the folder `root`."""
    for folder in ("reference", "tests/suites", "assignments/sums/submitted"):
        (root / folder).mkdir(parents=True)
    (root / "course.yml").write_text(COURSE, "utf-8")
    (root / "reference" / "sums.py").write_text(REFERENCE, "utf-8")
    (root / "tests" / "suites" / "test_sums.py").write_text(SUITE, "utf-8")
    return TinyCourse(root=root)
