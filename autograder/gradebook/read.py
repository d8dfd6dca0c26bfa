"""What teachers entered by hand in nbgrader's gradebook, so that exports carry it. Reads only, in three statements.

Plain SQL on nbgrader's tables: importing nbgrader takes longer than all the rest of an export.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import OutputError

# One row a submission: who, what, its id, points, maximum, how many cells a teacher graded, how many have no score.
_SCORES = """
    SELECT submitted_assignment.student_id, assignment.name, submitted_assignment.id,
        SUM(COALESCE(grade.manual_score, grade.auto_score) + COALESCE(grade.extra_credit, 0.0)),
        SUM(grade_cells.max_score),
        COUNT(grade.manual_score) + COUNT(NULLIF(grade.extra_credit, 0.0)),
        COUNT(*) - COUNT(COALESCE(grade.manual_score, grade.auto_score))
    FROM grade
        JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
        JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
        JOIN assignment ON submitted_assignment.assignment_id = assignment.id
        JOIN grade_cells ON grade.cell_id = grade_cells.id
    GROUP BY submitted_assignment.student_id, assignment.name, submitted_assignment.id
"""
_PENALTIES = "SELECT assignment_id, SUM(late_submission_penalty) FROM submitted_notebook GROUP BY assignment_id"
_COMMENTS = """
    SELECT submitted_notebook.assignment_id, comment.manual_comment
    FROM comment JOIN submitted_notebook ON comment.notebook_id = submitted_notebook.id
    WHERE TRIM(comment.manual_comment) <> ''
    ORDER BY comment.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradebookScore:
    """One submission as the gradebook has it. score: lateness taken off; None while a cell has no score at all.

    penalty: what lateness took. by_hand: a teacher entered a score or extra credit; then it is this score that counts,
    and not result.json's. comments: what teachers wrote beside the cells.
    """

    score: float | None
    max_score: float
    penalty: float
    by_hand: bool
    comments: tuple[str, ...] = ()


def read_gradebook(db_path: Path) -> dict[tuple[str, str], GradebookScore]:
    """(student, assignment) to what the gradebook file has; empty if there is no such file. OutputError if broken."""
    if not db_path.exists():
        return {}
    try:
        with closing(sqlite3.connect(f"{db_path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return read_scores(connection.execute)
    except sqlite3.Error as error:
        raise OutputError(f"{db_path}: cannot be read: {error}; run `nbgrader db upgrade`") from error


def read_scores(execute: Callable[[str], Iterable[Any]]) -> dict[tuple[str, str], GradebookScore]:
    """As read_gradebook, of an open gradebook. execute: a statement to its rows."""
    late = {submission: penalty or 0.0 for submission, penalty in execute(_PENALTIES)}
    written: dict[str, list[str]] = {}
    for submission, comment in execute(_COMMENTS):
        written.setdefault(submission, []).append(comment.strip())
    return {
        (student, slug): GradebookScore(
            score=None if unscored else max(0.0, points - late[submission]),
            max_score=max_score,
            penalty=min(late[submission], points or 0.0),
            by_hand=bool(by_hand),
            comments=tuple(written.get(submission, ())),
        )
        for student, slug, submission, points, max_score, by_hand, unscored in execute(_SCORES)
    }
