"""What `nbgrader generate_assignment` writes into the gradebook, from the release notebook, at any time.

nbgrader refuses to change the cells of an assignment that has submissions. Written here, before the first score and
again whenever the notebook changed, the order of `grade`, `generate_assignment` and `autograde` does not matter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbgrader import api
from sqlalchemy import delete, insert, select

from autograder.errors import OutputError

_SUBMITTED: Any = api.SubmittedNotebook.__table__
_COMMENTS: Any = api.Comment.__table__
_GRADES: Any = api.Grade.__table__


def read_release(file: Path) -> dict[str, Any] | None:
    """The release notebook as JSON; None if the assignment was never released. OutputError if it is broken."""
    try:
        document = json.loads(file.read_bytes())
        assert isinstance(document["cells"], list)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(f"{file}: cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AssertionError, RecursionError):
        raise OutputError(f"{file}: is no notebook; run `grade release {file.stem}` to make it anew") from None
    return dict(document)


def marked_cells(release: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The cells that nbgrader knows, by their grade_id."""
    cells = {}
    for cell in release["cells"]:
        fields = cell.get("metadata", {}).get("nbgrader", {})
        if "grade_id" in fields:
            cells[str(fields["grade_id"])] = cell
    return cells


def source_of(cell: Mapping[str, Any]) -> str:
    """A cell's text, which the format keeps as one string or as lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def declare_cells(db: Any, notebook: Any, release: Mapping[str, Any]) -> None:
    """Make grade, solution and source cells of the notebook's row what the release notebook says.

    Grade cells that it lacks stay: whoever writes scores knows whether they are still wanted. Submissions that were
    there before a solution cell get a comment field for it.
    """
    cells = marked_cells(release)
    notebook.kernelspec = json.dumps(release.get("metadata", {}).get("kernelspec", {}))
    grades = {cell.name: cell for cell in notebook.grade_cells}
    solutions = {cell.name: cell for cell in notebook.solution_cells}
    sources = {cell.name: cell for cell in notebook.source_cells}
    for name, cell in cells.items():
        fields, kind = cell["metadata"]["nbgrader"], cell["cell_type"]
        if fields.get("grade"):
            if name not in grades:
                grades[name] = api.GradeCell(name=name, notebook=notebook, cell_type=kind, max_score=fields["points"])
                db.add(grades[name])
            grades[name].max_score = float(fields["points"])
        if fields.get("solution") and name not in solutions:
            solutions[name] = api.SolutionCell(name=name, notebook=notebook)
            db.add(solutions[name])
        if name not in sources:
            sources[name] = api.SourceCell(name=name, notebook=notebook, cell_type=kind)
            db.add(sources[name])
        row = sources[name]
        row.cell_type, row.source, row.locked = kind, source_of(cell), bool(fields.get("locked"))
        row.checksum = fields.get("checksum")
    for name in sources.keys() - cells.keys() - grades.keys():
        db.delete(sources[name])
    for name in solutions.keys() - cells.keys():
        _retire_solution(db, solutions[name])
    db.flush()
    db.refresh(notebook)
    _fill(db, notebook, _COMMENTS, [cell.id for cell in notebook.solution_cells], {})
    _fill(db, notebook, _GRADES, [cell.id for cell in notebook.grade_cells], {"needs_manual_grade": True})


def _retire_solution(db: Any, cell: Any) -> None:
    """Take out a solution cell that is no more, unless a teacher wrote a comment on it."""
    written = select(_COMMENTS.c.id).where(_COMMENTS.c.cell_id == cell.id, _COMMENTS.c.manual_comment.is_not(None))
    if db.execute(written).first() is None:
        db.execute(delete(_COMMENTS).where(_COMMENTS.c.cell_id == cell.id))
        db.delete(cell)


def _fill(db: Any, notebook: Any, table: Any, cells: list[str], values: dict[str, Any]) -> None:
    """A row for each cell and each submission that has none yet: nbgrader makes them only with the submission."""
    submitted = db.scalars(select(_SUBMITTED.c.id).where(_SUBMITTED.c.notebook_id == notebook.id))
    rows = select(table.c.notebook_id, table.c.cell_id).where(table.c.cell_id.in_(cells))
    there = {(row.notebook_id, row.cell_id) for row in db.execute(rows)}
    wanted = [(row, cell) for row in submitted for cell in cells if (row, cell) not in there]
    if wanted:
        new = [{"id": api.new_uuid(), "notebook_id": row, "cell_id": cell} | values for row, cell in wanted]
        db.execute(insert(table), new)
