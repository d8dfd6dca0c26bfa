"""`--to`: from its word to an LMS, to the bytes that this LMS imports, and what these would change there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from autograder.lms.export.layout import lay_out
from autograder.lms.export.scores import Marks, State
from autograder.lms.export.sheet import Sheet, number, parsed
from autograder.lms.table import FORMATS


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One cell that an import would set: what the LMS has ("" if nothing) and what it would have then."""

    student: str
    assignment: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What importing would do. absent: on the roster, not in the LMS's file; created: titles the LMS does not have.

    locked: students whose grades the LMS would not change.
    """

    changes: tuple[Change, ...] = ()
    unchanged: int = 0
    absent: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()


def write(to: str, marks: Marks, *, against: Sheet | None = None, decimal: str = ".") -> bytes:
    """The file that this LMS imports. Pure. UsageError where the LMS needs something that is not there."""
    form = FORMATS[to]
    return form.write(marks, lay_out(to, form, marks, against, decimal))


def preview(to: str, marks: Marks, against: Sheet) -> Preview:
    """What importing our file would change, against the file that the LMS exported."""
    form = FORMATS[to]
    layout = lay_out(to, form, marks, against)
    changes, unchanged = [], 0
    for student in marks.students:
        if student.id not in layout.rows:
            continue
        for column in marks.columns:
            before = layout.there(student.id, column)
            after = layout.cell(student.id, column, marks.mark(student, column), excused=form.excused)
            if _same(before, after):
                unchanged += 1
            else:
                changes.append(Change(student=student.id, assignment=column.slug, before=before, after=after))
    return Preview(
        changes=tuple(changes),
        unchanged=unchanged,
        absent=tuple(s.id for s in marks.students if s.id not in layout.rows),
        created=tuple(c.title for c in marks.columns if c.slug not in layout.columns),
        locked=tuple(sorted(layout.locked)),
    )


def notes(to: str, marks: Marks) -> tuple[str, ...]:
    """What a person should know about cells that have no score."""
    form = FORMATS[to]
    states = [(s.id, c.slug, marks.mark(s, c).state) for s in marks.students for c in marks.columns]
    told = []
    if ungraded := [f"{slug}/{student}" for student, slug, state in states if state is State.UNGRADED]:
        told.append(f"{len(ungraded)} not graded yet, left empty: {_some(ungraded)}")
    excused = [f"{slug}/{student}" for student, slug, state in states if state is State.EXCUSED]
    if excused and not form.excused:
        told.append(f"{len(excused)} excused, left empty: {form.name}'s import knows no word for it: {_some(excused)}")
    above = [
        f"{c.slug}/{s.id}"
        for s in marks.students
        for c in marks.columns
        if (marks.mark(s, c).score or 0.0) > c.max_score
    ]
    if above:
        told.append(
            f"{len(above)} above the maximum, which some LMSs cut off and Moodle's worksheet skips: {_some(above)}"
        )
    if marks.unknown:
        told.append(f"not on the roster, left out: {_some(marks.unknown)}")
    field = next(iter(form.keys.values()))
    bare = [s.id for s in marks.students if not any(getattr(s, f) for f in form.keys.values())]
    if bare:
        told.append(f"{form.name} cannot find these, who have no {field} or the like in roster.csv: {_some(bare)}")
    return tuple(told)


def _same(before: str, after: str) -> bool:
    was, now = parsed(before), parsed(after)
    if was is None or now is None:
        return before == after
    return number(was) == number(now)  # LMSs compare two decimals


def _some(names: Collection[str]) -> str:
    shown = list(names)[:10]
    return ", ".join(shown) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
