"""What teachers entered by hand in nbgrader's gradebook, so that marks carry it. Reads only, in three statements.

Plain SQL on nbgrader's tables: importing nbgrader takes longer than all the rest of an export.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.records import HandCell, HandGrades

# One row for each cell that a person wrote into. nbgrader keeps one comment a cell, the graders' own beside it.
_WRITTEN = """
    SELECT submitted_assignment.student_id, assignment.name, base_cell.name,
        grade.manual_score, COALESCE(grade.extra_credit, 0.0), grade.auto_score, grade_cells.max_score,
        grade.needs_manual_grade
    FROM grade
        JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
        JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
        JOIN assignment ON submitted_assignment.assignment_id = assignment.id
        JOIN grade_cells ON grade.cell_id = grade_cells.id
        JOIN base_cell ON base_cell.id = grade_cells.id
    WHERE grade.manual_score IS NOT NULL OR COALESCE(grade.extra_credit, 0.0) <> 0.0
    ORDER BY base_cell.name
"""
_COMMENTS = """
    SELECT submitted_assignment.student_id, assignment.name, base_cell.name, comment.manual_comment
    FROM comment
        JOIN submitted_notebook ON comment.notebook_id = submitted_notebook.id
        JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
        JOIN assignment ON submitted_assignment.assignment_id = assignment.id
        JOIN base_cell ON base_cell.id = comment.cell_id
    WHERE TRIM(comment.manual_comment) <> ''
    ORDER BY comment.id
"""
# Who has a cell that is worth something and that nobody gave points for by hand.
_OPEN = """
    SELECT DISTINCT submitted_assignment.student_id, assignment.name
    FROM grade
        JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
        JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
        JOIN assignment ON submitted_assignment.assignment_id = assignment.id
        JOIN grade_cells ON grade.cell_id = grade_cells.id
    WHERE grade.manual_score IS NULL AND grade_cells.max_score > 0.0
"""


def read_gradebook(db_path: Path) -> dict[tuple[str, str], HandGrades]:
    """(student, assignment) to what people wrote; empty if there is no such file. CourseError if it is no gradebook."""
    if not db_path.exists():
        return {}
    try:
        with closing(sqlite3.connect(f"{db_path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return read_hand_grades(connection.execute)
    except sqlite3.Error as error:
        raise CourseError(f"{db_path}: {explained(error)}") from error


def read_hand_grades(execute: Callable[[str], Iterable[Any]]) -> dict[tuple[str, str], HandGrades]:
    """As read_gradebook, of an open gradebook. execute: a statement to its rows."""
    cells: dict[tuple[str, str], dict[str, HandCell]] = {}
    for student, slug, name, points, extra, automatic, worth, look in execute(_WRITTEN):
        cells.setdefault((student, slug), {})[name] = HandCell(
            name=name, points=points, extra=extra, automatic=automatic, worth=worth, open=bool(look)
        )
    for student, slug, name, comment in execute(_COMMENTS):
        mine = cells.setdefault((student, slug), {})
        mine[name] = replace(mine.get(name, HandCell(name=name)), comment=comment.strip())
    if not cells:
        return {}
    unfinished = {(student, slug) for student, slug in execute(_OPEN)}
    return {
        whose: HandGrades(
            cells=tuple(mine.values()),
            whole=whose not in unfinished and any(cell.points is not None for cell in mine.values()),
        )
        for whose, mine in cells.items()
    }


def explained(error: Exception) -> str:
    """What is wrong with a gradebook file, and what helps: a lock is waited for, an old schema upgraded, a wreck moved.

    error: sqlite3's, or SQLAlchemy's around it.
    """
    own = _own_words(error)
    keep = "no result is lost; without it, run the same command with --no-gradebook"
    if "locked" in own or "busy" in own:
        return f"{own}: another program is writing it; close formgrader or wait, then run the same again; {keep}"
    if "no such table" in own or "no such column" in own:
        return f"{own}: it is of another version of nbgrader, or no gradebook; run `nbgrader db upgrade`; {keep}"
    if "unable to open" in own:
        return f"{own}: it is a folder, or may not be opened; see what lies there and whose it is; {keep}"
    if is_damaged(error):
        return (
            f"{own}: it is damaged or no database; put back a copy (nbgrader keeps gradebook.db.<date> ones when it "
            f"upgrades), or move it away: the next run makes a new one without the points given in formgrader; {keep}"
        )
    return f"{own}; make room on the disk or make the file writable, then run the same command again; {keep}"


def is_damaged(error: Exception) -> bool:
    """Whether it is the file itself that is wrong, and not what else happens to it."""
    return any(word in _own_words(error) for word in ("malformed", "not a database", "no such"))


def _own_words(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
