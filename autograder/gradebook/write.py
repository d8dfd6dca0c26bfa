"""Scores into nbgrader's gradebook, so that its exports and its formgrader work on them. The only importer of nbgrader.

One grade cell a check. Where the assignment was released with one cell a function (`grade release`), that cell takes
the points of the function's checks instead; points that a person gave for one of those checks before that stay in its
cell, and the function's has the rest. Grading twice writes the same; what a teacher entered by hand (manual_score,
extra_credit, comments) is never touched, and is flagged when the score beneath it changed.

The cells are those of the newest result that has checks. A cell that it lacks is worth nothing from then on, and stays
as long as an older result or a person's points need it.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbgrader
from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.utils import parse_utc
from sqlalchemy import bindparam, create_engine, delete, func, insert, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from autograder.errors import CourseError, OutputError
from autograder.gradebook.cells import declare_cells, marked_cells, read_release
from autograder.gradebook.read import explained, is_damaged
from autograder.gradebook.report_notebook import write_reports
from autograder.lms.export.layout import last_and_first
from autograder.marks import FORMGRADER, cell_checks, cell_score, given_of
from autograder.records import Assignment, CheckResult, Course, GradedSubmission, Student
from autograder.release.build import release_file
from autograder.results.result_json import write_atomically
from autograder.scoring import penalty_for

COURSE_ID = "course"  # as in nbgrader_config.py
_ASSIGNMENTS = api.Assignment.__table__
_STUDENTS = api.Student.__table__
_SUBMITTED = api.SubmittedAssignment.__table__
_NOTEBOOKS = api.SubmittedNotebook.__table__
_GRADES = api.Grade.__table__
_COMMENTS = api.Comment.__table__


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """The assignment's rows: its id, its notebook's id, cell name to id; comment cells' ids.

    wanted: the cells of the newest suite; within: cells of checks whose function's cell is among them, kept for what a
    person gave; moved: those whose maximum is another one than it was.
    """

    assignment_id: str
    notebook_id: str
    ids: Mapping[str, str]
    comments: tuple[str, ...]
    wanted: frozenset[str]
    within: frozenset[str]
    moved: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    auto_score: float | None
    needs_look: bool


def write_scores(
    course: Course,
    results: Iterable[GradedSubmission],
    db_path: Path,
    *,
    everything: Callable[[str], Iterable[GradedSubmission]] | None = None,
    submitted: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Write results, and the roster, to the gradebook at db_path, which is made if it is not there.

    everything: all marks of an assignment, asked for where its cells changed: then everybody is written. submitted: who
    handed in, by assignment; rows of others go, except that what people gave stays, and is flagged. Of a released
    assignment, the notebooks that formgrader and `generate_feedback` show are written, too.

    An ungraded check has no score and is marked for manual grading. Where the time of arrival is known, timestamp.txt
    in the submitted folder is set to it: formgrader compares the two. All or nothing. OutputError says what to do;
    CourseError for a file that is no gradebook.
    """
    last = {
        (graded.assignment, graded.student): graded
        for graded in results
        if submitted is None or graded.student in submitted[graded.assignment]
    }
    by_slug: dict[str, list[GradedSubmission]] = defaultdict(list)
    for graded in last.values():
        by_slug[graded.assignment].append(graded)
    try:
        if not db_path.exists():
            _create(db_path)
        with api.Gradebook(f"sqlite:///{db_path}", COURSE_ID) as gradebook:
            cells = {}
            for slug, group in by_slug.items():
                if everything is not None and _cells_change(gradebook, course, slug, group):
                    rest = [g for g in everything(slug) if (g.assignment, g.student) not in last]
                    group += [g for g in rest if submitted is None or g.student in submitted[slug]]
                cells[slug] = _declare(gradebook, course, slug, group)
            gradebook.db.flush()
            connection = gradebook.db.connection()
            handed_in = {graded.student for group in by_slug.values() for graded in group}
            _write_students(connection, course.roster, handed_in)
            for slug, group in by_slug.items():
                _write_assignment(connection, course, cells[slug], group)
            for slug, there in (submitted or {}).items():
                _withdraw(connection, slug, there)
            gradebook.db.commit()
        write_reports(course, last.values())
    except SQLAlchemyError as error:
        kind = CourseError if is_damaged(error) else OutputError
        raise kind(
            f"{db_path}: the scores could not be written: {explained(error)}. The results are kept, and the gradebook "
            "is as it was"
        ) from error


def _create(db_path: Path) -> None:
    """An empty gradebook of the schema that this nbgrader has (its own way needs the `alembic` command on PATH)."""
    part = db_path.with_name(f".{db_path.name}.{os.getpid()}.part")
    head = ScriptDirectory(str(Path(nbgrader.__file__).parent / "alembic")).get_current_head()
    engine = create_engine(f"sqlite:///{part}")
    try:
        with engine.begin() as connection:
            api.Base.metadata.create_all(bind=connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})
        part.replace(db_path)
    except OSError as error:
        raise OutputError(f"{db_path}: cannot be made: {error.strerror}") from error
    finally:
        engine.dispose()
        part.unlink(missing_ok=True)


def _cells_change(gradebook: Any, course: Course, slug: str, group: list[GradedSubmission]) -> bool:
    """Whether these results make, retire or weigh anew a cell."""
    row = gradebook.db.scalar(select(api.Assignment).where(api.Assignment.name == slug))
    notebook = None if row is None else next((n for n in row.notebooks if n.name == slug), None)
    there = {} if notebook is None else {cell.name: cell.max_score for cell in notebook.grade_cells}
    release = read_release(release_file(course.root, slug))
    wanted = _max_scores(course.assignment(slug), group, [*there, *(marked_cells(release) if release else ())])
    return wanted is not None and wanted != {name: worth for name, worth in there.items() if worth or name in wanted}


def _declare(gradebook: Any, course: Course, slug: str, group: list[GradedSubmission]) -> _Cells:
    """Make the assignment, its notebook and its cells what the release notebook and the newest results say."""
    db, assignment = gradebook.db, course.assignment(slug)
    row = db.scalar(select(api.Assignment).where(api.Assignment.name == slug))
    if row is None:
        row = api.Assignment(name=slug, course_id=gradebook.course_id)
        db.add(row)
    row.duedate = None if assignment.due is None else _naive(assignment.due)
    notebook = next((n for n in row.notebooks if n.name == slug), None)
    if notebook is None:
        notebook = api.Notebook(name=slug, assignment=row)
        db.add(notebook)
    db.flush()
    before = {cell.name: cell.max_score for cell in notebook.grade_cells}
    release = read_release(release_file(course.root, slug))
    if release is not None:
        declare_cells(db, notebook, release)
    there = {cell.name: cell for cell in notebook.grade_cells}
    newest = {check.id for check in _newest(group)}
    wanted = _max_scores(assignment, group, there)
    if wanted is None:  # nothing of these was judged, which says nothing of cells
        wanted = {name: worth for name, worth in before.items() if worth} or {n: c.max_score for n, c in there.items()}
    for name, max_score in wanted.items():
        if name not in there:
            there[name] = api.GradeCell(name=name, notebook=notebook, cell_type="code", max_score=max_score)
            db.add(there[name])
        there[name].max_score = max_score
        if not any(source.name == name for source in notebook.source_cells):
            db.add(api.SourceCell(name=name, notebook=notebook, cell_type="code", source=f"# {name}", locked=True))
    db.flush()
    ids = [[check.id for check in graded.checks] for graded in group]
    kept = [name for name in there if name in wanted]
    within = {name for name in there.keys() - wanted.keys() if "." in name and _function(name) in wanted}
    for name in sorted(there.keys() - wanted.keys()):
        older = name not in within and any(cell_checks(checks, name) for checks in ids)
        if older or _is_needed(db, there[name], group):
            there[name].max_score = 0.0
            kept.append(name)
        else:
            _retire(db, there[name])
    db.flush()
    worth = {name: there[name].max_score for name in kept}
    return _Cells(
        assignment_id=row.id,
        notebook_id=notebook.id,
        ids={name: there[name].id for name in kept},
        comments=tuple(cell.id for cell in notebook.solution_cells),
        wanted=frozenset(wanted),
        within=frozenset(within.intersection(kept)),
        moved=frozenset(
            name
            for name in kept
            if name in before and name not in within & newest and abs(before[name] - worth[name]) > 1e-6
        ),
    )


def _max_scores(assignment: Assignment, group: list[GradedSubmission], there: Iterable[str]) -> dict[str, float] | None:
    """Cell to maximum, of the newest result that has checks; None if none has."""
    checks = _newest(group)
    if not checks:
        return None
    ids = [check.id for check in checks]
    by_function = any(name in {_function(check) for check in ids} and name not in ids for name in there)
    total = sum(check.max_points for check in checks) or 1.0
    scores: dict[str, float] = defaultdict(float)
    for check in checks:
        name = _function(check.id) if by_function else check.id
        scores[name] += check.max_points * assignment.max_score / total
    return dict(scores)


def _newest(group: list[GradedSubmission]) -> tuple[CheckResult, ...]:
    """The checks of the newest result that has any."""
    judged = [graded for graded in group if graded.checks]
    return max(judged, key=lambda graded: graded.graded_at).checks if judged else ()


def _function(check: str) -> str:
    return check.partition(".")[0]


def _is_needed(db: Any, cell: Any, group: list[GradedSubmission]) -> bool:
    """Whether a person wrote into the cell, or somebody outside the group has points in it."""
    rows = (
        select(_GRADES.c.manual_score, _GRADES.c.extra_credit, _GRADES.c.auto_score, _SUBMITTED.c.student_id)
        .join(_NOTEBOOKS, _GRADES.c.notebook_id == _NOTEBOOKS.c.id)
        .join(_SUBMITTED, _NOTEBOOKS.c.assignment_id == _SUBMITTED.c.id)
        .where(_GRADES.c.cell_id == cell.id)
    )
    written = {graded.student for graded in group}
    return any(
        row.manual_score is not None or row.extra_credit or (row.auto_score and row.student_id not in written)
        for row in db.execute(rows)
    )


def _retire(db: Any, cell: Any) -> None:
    """Take out the cell of a check that is no more."""
    db.execute(delete(_GRADES).where(_GRADES.c.cell_id == cell.id))
    same = (api.SourceCell.name == cell.name) & (api.SourceCell.notebook_id == cell.notebook_id)
    db.execute(delete(api.SourceCell).where(same))
    db.delete(cell)


def _withdraw(connection: Connection, slug: str, submitted: Collection[str]) -> None:
    """Take out the rows of who has no submission any more, except what people wrote."""
    rows = (
        select(_SUBMITTED.c.id, _SUBMITTED.c.student_id)
        .join(_ASSIGNMENTS, _SUBMITTED.c.assignment_id == _ASSIGNMENTS.c.id)
        .where(_ASSIGNMENTS.c.name == slug)
    )
    for row in connection.execute(rows).all():
        if row.student_id in submitted:
            continue
        mine = select(_NOTEBOOKS.c.id).where(_NOTEBOOKS.c.assignment_id == row.id)
        grades, comments = _GRADES.c.notebook_id.in_(mine), _COMMENTS.c.notebook_id.in_(mine)
        hand = grades & (_GRADES.c.manual_score.is_not(None) | (func.coalesce(_GRADES.c.extra_credit, 0.0) != 0.0))
        said = comments & (func.trim(func.coalesce(_COMMENTS.c.manual_comment, "")) != "")
        by_hand = connection.execute(select(_GRADES.c.id).where(hand)).first()
        if by_hand or connection.execute(select(_COMMENTS.c.id).where(said)).first():
            stale = grades & _GRADES.c.auto_score.is_not(None)
            connection.execute(update(_GRADES).where(stale).values(auto_score=None, needs_manual_grade=True))
            connection.execute(update(_NOTEBOOKS).where(_NOTEBOOKS.c.id.in_(mine)).values(late_submission_penalty=None))
            continue
        connection.execute(delete(_GRADES).where(grades))
        connection.execute(delete(_COMMENTS).where(comments))
        connection.execute(delete(_NOTEBOOKS).where(_NOTEBOOKS.c.assignment_id == row.id))
        connection.execute(delete(_SUBMITTED).where(_SUBMITTED.c.id == row.id))


def _write_students(connection: Connection, roster: tuple[Student, ...], handed_in: set[str]) -> None:
    known: dict[str, Mapping[str, Any]] = {
        row["id"]: dict(row) for row in connection.execute(select(_STUDENTS)).mappings()
    }
    everybody = {student.id: student for student in roster}
    everybody |= {student: Student(id=student) for student in sorted(handed_in - everybody.keys())}
    new = [{"id": student} for student in everybody if student not in known]
    if new:
        connection.execute(insert(_STUDENTS), new)
    for student in roster:
        last, first = last_and_first(student)
        said = {"first_name": first, "last_name": last, "email": student.email, "lms_user_id": student.lms_id}
        there = known.get(student.id, {})
        said = {column: value for column, value in said.items() if value and there.get(column) != value}
        if said:
            connection.execute(update(_STUDENTS).where(_STUDENTS.c.id == student.id).values(said))


def _write_assignment(connection: Connection, course: Course, cells: _Cells, group: list[GradedSubmission]) -> None:
    """Rows that are missing are inserted, those that differ updated, a few statements for the whole class.

    The penalty is the whole one, not cut to the automatic score as in result.json: a score by hand bears it, too.
    """
    submitted = _submitted_rows(connection, cells, group)
    times, penalties = [], []
    for graded in group:
        submission, notebook = submitted[graded.student]
        folder = course.root / "assignments" / graded.assignment / "submitted" / graded.student
        times.append({"row": submission, "timestamp": _timestamp(folder, graded.received_at)})
        whole = penalty_for(course.assignment(graded.assignment), graded.late.days)
        penalties.append({"row": notebook, "late_submission_penalty": whole})
    _update(connection, _SUBMITTED, times)
    _update(connection, _NOTEBOOKS, penalties)

    rows = select(_GRADES).join(_NOTEBOOKS).where(_NOTEBOOKS.c.notebook_id == cells.notebook_id)
    old = {(row.notebook_id, row.cell_id): row for row in connection.execute(rows)}
    added, changed = [], []
    for graded in group:
        notebook = submitted[graded.student][1]
        by_hand = {
            name
            for name in cells.within
            if (row := old.get((notebook, cells.ids[name]))) and row.manual_score is not None
        }
        asked = {given.name for given in given_of(graded) if given.source == FORMGRADER and given.ask}
        for name, mark in _marks(graded, cells, by_hand).items():
            row = old.get((notebook, cells.ids[name]))
            if row is None:
                new = {"id": api.new_uuid(), "notebook_id": notebook, "cell_id": cells.ids[name]}
                added.append(new | {"auto_score": mark.auto_score, "needs_manual_grade": mark.needs_look})
                continue
            look = mark.needs_look
            if row.manual_score is not None:
                stale = row.auto_score != mark.auto_score or name in cells.moved or name in by_hand & asked
                look = row.needs_manual_grade or stale
            elif row.extra_credit and name not in cells.wanted:
                look = row.needs_manual_grade or name in cells.moved
            if (row.auto_score, row.needs_manual_grade) != (mark.auto_score, look):
                changed.append({"row": row.id, "auto_score": mark.auto_score, "needs_manual_grade": look})
    if added:
        connection.execute(insert(_GRADES), added)
    _update(connection, _GRADES, changed)


def _submitted_rows(connection: Connection, cells: _Cells, group: list[GradedSubmission]) -> dict[str, tuple[str, str]]:
    """Student to (submitted assignment, submitted notebook), made where they are missing."""
    rows = (
        select(_SUBMITTED.c.student_id, _SUBMITTED.c.id, _NOTEBOOKS.c.id.label("notebook"))
        .outerjoin(
            _NOTEBOOKS,
            (_NOTEBOOKS.c.assignment_id == _SUBMITTED.c.id) & (_NOTEBOOKS.c.notebook_id == cells.notebook_id),
        )
        .where(_SUBMITTED.c.assignment_id == cells.assignment_id)
    )
    found = {row.student_id: (row.id, row.notebook) for row in connection.execute(rows)}
    submissions, notebooks, comments = [], [], []
    for student in dict.fromkeys(graded.student for graded in group):
        submission, notebook = found.get(student, (None, None))
        if submission is None:
            submission = api.new_uuid()
            submissions.append({"id": submission, "assignment_id": cells.assignment_id, "student_id": student})
        if notebook is None:
            notebook = api.new_uuid()
            notebooks.append({"id": notebook, "assignment_id": submission, "notebook_id": cells.notebook_id})
            comments += [{"id": api.new_uuid(), "notebook_id": notebook, "cell_id": cell} for cell in cells.comments]
        found[student] = (submission, notebook)
    for table, missing in ((_SUBMITTED, submissions), (_NOTEBOOKS, notebooks), (_COMMENTS, comments)):
        if missing:
            connection.execute(insert(table), missing)
    return found


def _update(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        values: dict[str, Any] = {column: bindparam(column) for column in rows[0] if column != "row"}
        connection.execute(update(table).where(table.c.id == bindparam("row")).values(values), rows)


def _marks(graded: GradedSubmission, cells: _Cells, by_hand: Collection[str] = ()) -> dict[str, _Mark]:
    """Cell name to its mark. The marks of a judged submission add up to its score before lateness.

    A cell of the newest suite that this older result lacks is to be looked at, as is one with an ungraded check. In a
    cell of an older suite that this result lacks there is nothing. by_hand: cells of checks with points from a person,
    beside the function's cell: that has the other checks' points.
    """
    ids = [check.id for check in graded.checks]
    marks = {}
    for name in cells.ids:
        mine = cell_checks(ids, name)
        nothing = not mine and name not in cells.wanted
        if nothing or (name in cells.within and name not in by_hand):
            marks[name] = _Mark(auto_score=0.0, needs_look=False)
            continue
        rest = mine - set(by_hand) if name in cells.wanted else mine
        points = [cell_score(graded.checks, graded.max_score, check).earned for check in rest]
        judged = bool(mine) and None not in points
        marks[name] = _Mark(auto_score=round(sum(filter(None, points)), 6) if judged else None, needs_look=not judged)
    return marks


def _timestamp(folder: Path, received_at: datetime | None) -> datetime | None:
    """What the gradebook says of the time of arrival: the same as timestamp.txt, else formgrader shows no score.

    A known time is written there. An unknown one is taken from there, for show: lateness never comes from it.
    """
    file = folder / "timestamp.txt"
    if received_at is None:
        return _claimed(file)
    if folder.is_dir() and _claimed(file) != _naive(received_at):
        write_atomically(file, f"{_naive(received_at):%Y-%m-%d %H:%M:%S.%f} UTC\n".encode())
    return _naive(received_at)


def _claimed(file: Path) -> datetime | None:
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, encoding="ascii") as stream:  # noqa: PTH123  a descriptor, so that no link is followed
            claim = stream.read(100).strip() if stat.S_ISREG(os.fstat(handle).st_mode) else ""
        parsed: datetime | None = parse_utc(claim) if claim else None
    except (OSError, ValueError, OverflowError):
        return None
    return parsed


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
