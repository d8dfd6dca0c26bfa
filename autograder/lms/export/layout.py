"""What the LMS's own file says about its columns and people, for the exporters and for the preview."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from autograder.errors import UsageError
from autograder.lms.export.scores import Column, Mark, Marks, State
from autograder.lms.export.sheet import BLANK, Sheet, find_rows, number

_TOLERANCE = 0.005
_BARRED = ("no", "0", "false")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where to write. columns: slug to the column's index in the LMS's sheet; rows: student id to the row's.

    known: slug to what `lms:` of course.yml says. Without a sheet the first two are empty, and columns get the number
    or title that is known, else the assignment's own title. locked: students whose cells the LMS would not change.
    """

    sheet: Sheet | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    decimal: str = "."

    def header(self, column: Column) -> str | None:
        """The column's header as the LMS writes it; None if the LMS's file does not have it."""
        index = self.columns.get(column.slug)
        return None if index is None or self.sheet is None else self.sheet.header[index]

    def there(self, student: str, column: Column) -> str:
        """What the LMS has in this cell, "" if nothing."""
        index, row = self.columns.get(column.slug), self.rows.get(student)
        if self.sheet is None or index is None or row is None:
            return ""
        cell = self.sheet.rows[row][index].strip()
        return "" if cell in BLANK else cell

    def cell(self, student: str, column: Column, mark: Mark, *, excused: str = "") -> str:
        """The cell's text: the score; excused; or, where there is no score or no way, what the LMS has, so it stays."""
        if student in self.locked:
            return self.there(student, column)
        if mark.state is State.SCORED and mark.score is not None:
            return number(mark.score, self.decimal)
        if mark.state is State.EXCUSED and excused:
            return excused
        return self.there(student, column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One file that an LMS imports, `--to`'s word for it.

    write: the whole file. title_of: the assignment's title in a header cell of its own export, or None.

    max_of: the points that the LMS's file says a column is worth, None if it does not. keys: column title to roster
    field, the surest first. known_of: what `lms:` of course.yml would say of a header cell: its number, where this LMS
    has one. excused: what the LMS reads as excused, "" if its import knows no such thing. single: the header of the
    only column of grades, where its file has just one. locked: the title of a column in which "No" bars a row.
    exporter: the class that `nbgrader export` names. imported, students_by, columns_by: where in the LMS the file is
    imported and what it finds by what, Markdown for the documents.
    """

    word: str
    name: str
    exporter: str
    imported: str
    students_by: str
    columns_by: str
    write: Callable[[Marks, Layout], bytes]
    title_of: Callable[[str], str | None]
    max_of: Callable[[Sheet, int], float | None]
    keys: Mapping[str, str]
    known_of: Callable[[str], str | None] | None = None
    excused: str = ""
    single: str = ""
    locked: str = ""


def lay_out(to: str, form: Format, marks: Marks, sheet: Sheet | None, decimal: str = ".") -> Layout:
    """Find our columns and students in the LMS's sheet. UsageError if it is no sheet of that LMS, or scales differ."""
    known = {column.slug: column.lms[to] for column in marks.columns if to in column.lms}
    if sheet is None:
        return Layout(known=known, decimal=decimal)
    if not any(sheet.column(title) is not None for title in form.keys):
        raise UsageError(
            f"{sheet.name}: is no export of {form.name}: it has none of the columns {', '.join(form.keys)}"
        )
    if form.single and len(marks.columns) != 1:
        raise UsageError(f"{form.name} is of one assignment; name it with --assignment")
    columns: dict[str, int] = {}
    for column in marks.columns:
        fitting = _fitting(form, column, sheet, known.get(column.slug))
        if len(fitting) > 1:
            raise UsageError(f"{sheet.name}:1: has two columns called {column.title!r}; rename one in {form.name}")
        if not fitting and column.slug in known:
            raise UsageError(
                f"{sheet.name}:1: has no column {known[column.slug]!r}, which course.yml names for {column.slug} under "
                f"lms: {to}; mend it there, or export the file from {form.name} again"
            )
        for index in fitting:
            columns[column.slug] = index
            theirs = form.max_of(sheet, index)
            if theirs is not None and abs(theirs - column.max_score) > _TOLERANCE:
                raise UsageError(
                    f"{sheet.name}:1: {column.title!r} is worth {theirs:g} points there and {column.max_score:g} here; "
                    f"set max_score of {column.slug} in course.yml, or its points in {form.name}, or try --as percent"
                )
    rows = find_rows(sheet, form.keys, marks.students)
    bar = sheet.column(form.locked) if form.locked else None
    barred = {s for s, row in rows.items() if bar is not None and sheet.rows[row][bar].strip().casefold() in _BARRED}
    return Layout(sheet=sheet, columns=columns, rows=rows, known=known, locked=frozenset(barred), decimal=decimal)


def _fitting(form: Format, column: Column, sheet: Sheet, known: str | None) -> list[int]:
    titles: Iterable[str | None]
    if form.single:
        wanted, titles = {form.single.casefold()}, sheet.header
    elif known:
        wanted, titles = {known.casefold()}, map(form.known_of or form.title_of, sheet.header)
    else:
        wanted, titles = {column.title.casefold(), column.slug.casefold()}, map(form.title_of, sheet.header)
    return [i for i, title in enumerate(titles) if title is not None and title.strip().casefold() in wanted]
