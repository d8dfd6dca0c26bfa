"""`--to`: from its word to an LMS, to the bytes that this LMS imports, and what these would change there."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from autograder.lms.export.layout import Layout, Options, Page, comment, lay_out
from autograder.lms.export.scores import Marks, State
from autograder.lms.export.sheet import Sheet
from autograder.lms.registry import FORMATS
from autograder.records import Student


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One cell that an import would set: what the LMS has ("" if nothing) and what it would have then."""

    student: str
    assignment: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What importing would do: grades, comments, and cells that stay.

    absent: on the roster, not in the LMS's file; strangers: in the LMS's file, not on the roster; created: titles the
    LMS does not have; locked: students whose grades the LMS would not change; kept: cells that a teacher set in the LMS
    and that stay, with the reason.
    """

    changes: tuple[Change, ...] = ()
    comments: tuple[Change, ...] = ()
    unchanged: int = 0
    absent: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The file for the LMS, of whom it has rows, and what it would change (None without the LMS's own file)."""

    data: bytes
    students: tuple[str, ...]
    preview: Preview | None = None


def make(
    to: str,
    marks: Marks,
    *,
    against: Sheet | None = None,
    options: Options = Options(),  # noqa: B008  frozen
    pages: Mapping[str, Page] | None = None,
) -> Upload:
    """The file that this LMS imports. Pure. UsageError where the LMS needs something that is not there.

    pages: student id to their page for the assignment, for the words of `--to` that hand back pages.
    """
    form = FORMATS[to]
    layout = lay_out(form, marks, against, options, pages)
    seen = _preview(to, marks, layout) if against else None
    return Upload(data=form.write(marks, layout), students=tuple(s.id for s in layout.students), preview=seen)


def write(to: str, marks: Marks, *, against: Sheet | None = None, options: Options = Options()) -> bytes:  # noqa: B008
    """The bytes of `make`."""
    return make(to, marks, against=against, options=options).data


def preview(to: str, marks: Marks, against: Sheet, *, options: Options = Options()) -> Preview:  # noqa: B008
    """What importing our file would change, against the file that the LMS exported."""
    return _preview(to, marks, lay_out(FORMATS[to], marks, against, options))


def blind_students(to: str, against: Sheet | None) -> tuple[Student, ...]:
    """The students of a file in which the LMS hid the names, under the ids that `grade collect --blind` gave them."""
    form = FORMATS[to]
    return form.blind(against) if form.blind and against else ()


def _preview(to: str, marks: Marks, layout: Layout) -> Preview:
    form = FORMATS[to]
    changes, comments, kept, unchanged = [], [], [], 0
    for student in marks.students:
        if student.id not in layout.rows:
            continue
        for column in () if form.pages else marks.columns:
            mark = marks.mark(student, column)
            cell = {"student": student.id, "assignment": column.slug}
            if layout.same(student.id, column, mark):
                unchanged += 1
            else:
                after = layout.cell(student.id, column, mark)
                changes.append(Change(before=layout.there(student.id, column), after=after, **cell))
            if why := layout.kept(student.id, column, mark):
                kept.append(f"{column.slug}/{student.id} ({why})")
            if said := comment(form, layout, student.id, mark):
                comments.append(Change(before=said[0], after=said[1], **cell))
    return Preview(
        changes=tuple(changes),
        comments=tuple(comments),
        unchanged=unchanged,
        absent=tuple(s.id for s in marks.students if s.id not in layout.rows),
        strangers=layout.strangers,
        created=tuple(c.title for c in marks.columns if c.slug not in layout.columns and not form.pages),
        locked=tuple(sorted(layout.locked)),
        kept=tuple(kept),
    )


def notes(to: str, marks: Marks) -> tuple[str, ...]:
    """What a person should know about cells that have no score."""
    form = FORMATS[to]
    states = [(s.id, c.slug, marks.mark(s, c).state) for s in marks.students for c in marks.columns]
    told: list[str] = []
    if form.pages:
        states = []
    out = "left empty" if form.erases == "never" else "left out"
    if ungraded := [f"{slug}/{student}" for student, slug, state in states if state is State.UNGRADED]:
        told.append(f"{len(ungraded)} not graded yet, {out}: {_some(ungraded)}")
    excused = [f"{slug}/{student}" for student, slug, state in states if state is State.EXCUSED]
    if excused and not form.excused:
        told.append(f"{len(excused)} excused, {out}: {form.name}'s import knows no word for it: {_some(excused)}")
    above = [
        f"{c.slug}/{s.id}"
        for s in marks.students
        for c in marks.columns
        if (marks.mark(s, c).score or 0.0) > c.max_score
    ]
    if above and not form.pages:
        told.append(f"{len(above)} above the maximum{_ABOVE.get(to, ', which some LMSs cut off')}: {_some(above)}")
    if marks.unknown:
        told.append(f"not on the roster, left out: {_some(marks.unknown)}")
    fields = [form.needs] if form.needs else list(form.keys.values())
    field = fields[0]
    bare = [s.id for s in marks.students if not any(getattr(s, f) for f in fields)]
    if bare and not (form.blind and all(re.fullmatch(r"p\d+", s.id) and not s.name for s in marks.students)):
        told.append(f"{form.name} cannot find these, who have no {field} or the like in roster.csv: {_some(bare)}")
    return tuple(told)


_ABOVE = {
    "moodle": ", at the first of which Moodle's import stops and takes nobody; give the item a higher maximum first",
    "moodle-worksheet": ", which Moodle skips",
}


def _some(names: Collection[str]) -> str:
    shown = list(names)[:10]
    return ", ".join(shown) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
