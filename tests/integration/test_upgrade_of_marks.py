"""A term graded before there were marks (commit 35a88a1) is read with every score and every point given by hand.

`tests/support/graded_before_marks` was written by that commit: four students, points and extra credit given through
nbgrader's API, one override, two late. The scores are those that its own `grade export` wrote.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tiny_course import make_tiny_course

from autograder.course.course_yml import load_course
from autograder.runs.book import marks, open_book

OLD = Path(__file__).parents[1] / "support" / "graded_before_marks"
EXPORTED = {"s01": 105.0, "s02": 72.0, "s03": 75.0, "s04": 30.0}


def test_every_mark_and_every_point_by_hand_is_the_same(tmp_path: Path) -> None:
    """Late penalties, manual scores, extra credit and the override, and nobody is asked for anything."""
    course = make_tiny_course(tmp_path / "course")
    for name in ("course.yml", "overrides.yml"):
        shutil.copy(OLD / name, course.root / name)
    shutil.copy(OLD / "received.json", course.root / "assignments" / "sums" / "received.json")
    for file in (OLD / "results").iterdir():
        course.hand_in(file.stem, "# 0\n")
        course.result(file.stem).parent.mkdir(parents=True)
        shutil.copy(file, course.result(file.stem))
    with closing(sqlite3.connect(course.root / "gradebook.db")) as database:
        database.executescript((OLD / "gradebook.sql").read_text("utf-8"))
    found = {mark.student: mark for mark in marks(open_book(load_course(course.root)))}
    assert {student: mark.score for student, mark in found.items()} == EXPORTED
    given = {student: [(g.source, g.points, g.extra) for g in mark.given] for student, mark in found.items()}
    assert given == {
        "s01": [("formgrader", None, 5.0)],
        "s02": [("formgrader", 80.0, 2.0)],
        "s03": [("overrides.yml", 75.0, 0.0)],
        "s04": [("formgrader", 50.0, 0.0)],
    }
    assert not any(mark.needs_human for mark in found.values())
    assert found["s03"].checks[0].message.count("A set this to 75 of 100 points") == 1
