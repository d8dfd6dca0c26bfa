"""What teachers entered by hand in nbgrader's gradebook, so that exports carry it. Reads only, in three statements."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader import api
from sqlalchemy import create_engine, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from autograder.errors import OutputError


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
    engine = create_engine(f"sqlite:///file:{db_path}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            return read_scores(connection)
    except SQLAlchemyError as error:
        raise OutputError(
            f"{db_path}: cannot be read: {str(error).splitlines()[0]}; run `nbgrader db upgrade`"
        ) from error
    finally:
        engine.dispose()


def read_scores(connection: Connection) -> dict[tuple[str, str], GradebookScore]:
    """As read_gradebook, of an open gradebook."""
    grades: Any = api.Grade.__table__
    notebooks: Any = api.SubmittedNotebook.__table__
    submitted: Any = api.SubmittedAssignment.__table__
    assignments: Any = api.Assignment.__table__
    cells: Any = api.GradeCell.__table__
    score = func.coalesce(grades.c.manual_score, grades.c.auto_score)
    rows = (
        select(
            submitted.c.student_id,
            assignments.c.name,
            func.sum(score + func.coalesce(grades.c.extra_credit, 0.0)).label("score"),
            func.sum(cells.c.max_score).label("max_score"),
            submitted.c.id,
            (func.count(grades.c.manual_score) + func.count(func.nullif(grades.c.extra_credit, 0.0))).label("by_hand"),
            (func.count() - func.count(score)).label("open"),
        )
        .join_from(grades, notebooks, grades.c.notebook_id == notebooks.c.id)
        .join(submitted, notebooks.c.assignment_id == submitted.c.id)
        .join(assignments, submitted.c.assignment_id == assignments.c.id)
        .join(cells, grades.c.cell_id == cells.c.id)
        .group_by(submitted.c.id)
    )
    penalty = select(notebooks.c.assignment_id, func.sum(notebooks.c.late_submission_penalty)).group_by(
        notebooks.c.assignment_id
    )
    comments: Any = api.Comment.__table__
    words = (
        select(notebooks.c.assignment_id, comments.c.manual_comment)
        .join_from(comments, notebooks, comments.c.notebook_id == notebooks.c.id)
        .where(func.trim(comments.c.manual_comment) != "")
        .order_by(comments.c.id)
    )
    written: dict[str, list[str]] = {}
    for submission, comment in connection.execute(words):
        written.setdefault(submission, []).append(comment.strip())
    late = {submission: taken or 0.0 for submission, taken in connection.execute(penalty)}
    return {
        (row.student_id, row.name): GradebookScore(
            score=None if row.open else max(0.0, row.score - late[row.id]),
            max_score=row.max_score,
            penalty=min(late[row.id], row.score or 0.0),
            by_hand=bool(row.by_hand),
            comments=tuple(written.get(row.id, ())),
        )
        for row in connection.execute(rows)
    }
