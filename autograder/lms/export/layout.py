"""What the LMS's own file says about its columns and people, and what each cell of an upload would hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from autograder.errors import UsageError
from autograder.lms.export.scale import Scale, read_scale
from autograder.lms.export.scores import Column, Mark, Marks, State
from autograder.lms.export.sheet import BLANK, Sheet, find_rows, number, parsed
from autograder.records import Student

COMMENTS = ("append", "keep", "replace")
_TOLERANCE = 0.005
_BARRED = ("no", "0", "false")
_UNASSIGNED = "N/A"  # Canvas: the assignment is not this student's


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person chose. decimal: "." or ","; comments: one of COMMENTS, what becomes of a teacher's in the LMS.

    scale: the words of a scale and where each begins, such as "Fail<50<=Pass", or "".
    """

    decimal: str = "."
    comments: str = "append"
    scale: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A student's page for the assignment. token: an unguessable name for it, the same at each call."""

    data: bytes
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where to write, and what.

    columns: slug to the column's index in the LMS's sheet; rows: student id to the row's. known: slug to what `lms:` of
    course.yml says. Without a sheet the first two are empty, and columns get the number or title that is known, else
    the assignment's own title. locked: students whose cells the LMS would not change. worth: slug to the points of a
    column whose cells are written in percent of them. strangers: people of the sheet who are nobody on the roster.
    pages: student id to the page that is handed back, where the file holds pages.
    """

    sheet: Sheet | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    options: Options = Options()
    excused: str = ""
    scale: Scale | None = None
    worth: Mapping[str, float] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()
    students: tuple[Student, ...] = ()
    pages: Mapping[str, Page] = field(default_factory=dict)

    @property
    def decimal(self) -> str:
        """What stands between whole and parts."""
        return self.options.decimal

    def header(self, column: Column) -> str | None:
        """The column's header as the LMS writes it; None if the LMS's file does not have it."""
        index = self.columns.get(column.slug)
        return None if index is None or self.sheet is None else self.sheet.header[index]

    def there(self, student: str, column: Column) -> str:
        """What the LMS has in this cell, "" if nothing."""
        index = self.columns.get(column.slug)
        cell = "" if index is None else self.text(student, index)
        return "" if cell in BLANK else cell

    def text(self, student: str, index: int) -> str:
        """A cell of the student's row as it stands in the sheet."""
        row = self.rows.get(student)
        return "" if self.sheet is None or row is None else self.sheet.rows[row][index].strip()

    def kept(self, student: str, column: Column, mark: Mark) -> str:
        """Why what the LMS has in a cell stays though we have a score, or ""."""
        there = self.there(student, column)
        if mark.state is State.SCORED and self.excused and there.upper() == self.excused:
            return "excused there"
        return "not assigned there" if there == _UNASSIGNED and mark.state is not State.MISSING else ""

    def cell(self, student: str, column: Column, mark: Mark) -> str:
        """The cell's text: the score; excused; or, where there is no score or no way, what the LMS has, so it stays."""
        if student in self.locked or self.kept(student, column, mark):
            return self.there(student, column)
        if mark.state is State.SCORED and mark.score is not None:
            if self.scale:
                return self.scale.word(100 * mark.score / column.max_score)
            return number(mark.score, self.decimal) + ("%" if column.slug in self.worth else "")
        if mark.state is State.EXCUSED and self.excused:
            return self.excused
        return self.there(student, column)

    def same(self, student: str, column: Column, mark: Mark) -> bool:
        """Whether the LMS has this already. LMSs compare two decimals."""
        before, after = self.there(student, column), self.cell(student, column, mark)
        was, now = parsed(before), parsed(after)
        if was is None or now is None:
            return before == after
        return number(was) == number(now * self.worth.get(column.slug, 100.0) / 100.0 if after.endswith("%") else now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One file that an LMS imports, `--to`'s word for it.

    write: the whole file. title_of: the assignment's title in a header cell of its own export, or None; left out where
    no cell holds it. max_of: the points that the LMS's file says a column is worth, None if it does not. keys: column
    title to roster field, the surest first. known_of: what `lms:` of course.yml would say of a header cell: its number,
    where this LMS has one. excused: what the LMS reads as excused, "" if its import knows no such thing. single: the
    header of the only column of grades, where its file has just one. locked: the title of a column in which "No" bars a
    row. point: its numbers have a point whatever the language of the LMS is, and whatever `--decimal` says.

    erases: whether an empty cell takes away a grade that the LMS has, or may: "never", "unseen" (only where its file
    is not named, since its own value is written back else), or "always". changed_only: leave out rows of which nothing
    changes. percent: "87.5%" in a cell means percent of the column's points. comment: (the LMS's text, ours, one of
    COMMENTS) to the cell, None to leave it; comments: that column's title. scale: the title of the column that holds a
    scale's words. blind: the students of a file without names, or none. people: columns that say who a row is;
    passed_over: whether a row is no person of the class. english: what to do where the LMS's headers are translated.
    begins: the first title of its header, where other rows stand above it. pages: the file holds pages, no scores;
    needs: the roster field without which a student cannot be found, where the LMS's own file is not needed. suffix: of
    the file's name.

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
    keys: Mapping[str, str]
    title_of: Callable[[str], str | None] = lambda header: None
    max_of: Callable[[Sheet, int], float | None] = lambda sheet, index: None
    known_of: Callable[[str], str | None] | None = None
    excused: str = ""
    single: str = ""
    locked: str = ""
    point: bool = False
    erases: str = "unseen"
    changed_only: bool = False
    percent: bool = False
    comment: Callable[[str, str, str], str | None] | None = None
    comments: str = ""
    scale: str = ""
    blind: Callable[[Sheet], tuple[Student, ...]] | None = None
    people: tuple[str, ...] = ()
    passed_over: Callable[[Sheet, int], bool] | None = None
    english: str = ""
    begins: str = ""
    pages: bool = False
    needs: str = ""
    suffix: str = "csv"


def last_and_first(student: Student) -> tuple[str, str]:
    """Split a name as "Last, First", or else before its last word."""
    last, comma, first = student.name.partition(",")
    if not comma:
        first, _, last = student.name.rpartition(" ")
    return last.strip(), first.strip()


def lay_out(
    form: Format,
    marks: Marks,
    sheet: Sheet | None,
    options: Options = Options(),
    pages: Mapping[str, Page] | None = None,
) -> Layout:
    """Find our columns and students in the LMS's sheet, and choose the rows to write.

    UsageError if it is no sheet of that LMS, if scales differ, or if an empty cell would erase a grade.
    """
    options = replace(options, decimal=".") if form.point else options
    known = {column.slug: column.lms[form.word] for column in marks.columns if form.word in column.lms}
    layout = Layout(known=known, options=options, excused=form.excused, pages=pages or {})
    if form.pages and len(marks.columns) != 1:
        raise UsageError(f"{form.name} takes the pages of one assignment; name it with --assignment")
    if options.scale and not (form.scale and sheet and sheet.column(form.scale) is not None):
        raise UsageError("--scale is for a file of the LMS that holds a scale; name it with --against")
    if sheet is not None:
        layout = _found(form, marks, sheet, layout)
    return replace(layout, students=_chosen(form, marks, layout))


def comment(form: Format, layout: Layout, student: str, mark: Mark) -> tuple[str, str] | None:
    """What the LMS has as a comment, and what we would write there; None where it stays."""
    index = layout.sheet.column(form.comments) if layout.sheet and form.comments else None
    if index is None or form.comment is None or mark.state is not State.SCORED or student in layout.locked:
        return None
    before = layout.text(student, index)
    after = form.comment(before, mark.feedback, layout.options.comments)
    return None if after is None else (before, after)


def _found(form: Format, marks: Marks, sheet: Sheet, layout: Layout) -> Layout:
    blind = form.blind(sheet) if form.blind else ()
    if not blind and not any(sheet.column(title) is not None for title in form.keys):
        raise UsageError(
            f"{sheet.name}: is no export of {form.name}: it has none of the columns {', '.join(form.keys)}"
            + (f"; {form.english}" if form.english else "")
        )
    if form.single and len(marks.columns) != 1:
        raise UsageError(f"{form.name} is of one assignment; name it with --assignment")
    scale = _scale(form, sheet, layout.options)
    columns: dict[str, int] = {}
    worth: dict[str, float] = {}
    for column in marks.columns:
        index = _index(form, column, sheet, layout.known.get(column.slug))
        if index is None:
            continue
        columns[column.slug] = index
        theirs = form.max_of(sheet, index)
        if theirs is None or abs(theirs - column.max_score) <= _TOLERANCE:
            continue
        if column.percent and form.percent:
            worth[column.slug] = theirs
            continue
        raise UsageError(_mismatch(form, column, sheet, theirs))
    rows = find_rows(sheet, {"Identifier": "id"} if blind else form.keys, marks.students)
    bar = sheet.column(form.locked) if form.locked else None
    barred = {s for s, row in rows.items() if bar is not None and sheet.rows[row][bar].strip().casefold() in _BARRED}
    ours = set(rows.values())
    strangers = tuple(
        label
        for index in range(len(sheet.rows))
        if index not in ours and not (form.passed_over and form.passed_over(sheet, index))
        for label in [_label(form, sheet, index)]
        if label
    )
    return replace(
        layout,
        sheet=sheet,
        columns=columns,
        rows=rows,
        locked=frozenset(barred),
        scale=scale,
        worth=worth,
        strangers=() if blind else strangers,
    )


def _index(form: Format, column: Column, sheet: Sheet, known: str | None) -> int | None:
    fitting = _fitting(form, column, sheet, known)
    if len(fitting) > 1:
        key = f", or name one's number in course.yml, as `lms: {{{form.word}: {_number(form, sheet, fitting)}}}`"
        raise UsageError(
            f"{sheet.name}:1: has two columns called {column.title!r}; rename one in {form.name}"
            f"{key if form.known_of else ''}"
        )
    if not fitting and known:
        raise UsageError(
            f"{sheet.name}:1: has no column {known!r}, which course.yml names for {column.slug} under "
            f"lms: {form.word}; mend it there, or export the file from {form.name} again"
        )
    return fitting[0] if fitting else None


def _number(form: Format, sheet: Sheet, fitting: list[int]) -> str:
    return next(filter(None, (form.known_of(sheet.header[i]) for i in fitting if form.known_of)), "123")


def _mismatch(form: Format, column: Column, sheet: Sheet, theirs: float) -> str:
    ways = [f"its points in {form.name}"]
    if not column.percent:
        ways.insert(0, f"set max_score of {column.slug} in course.yml")
        if form.percent or abs(theirs - 100.0) <= _TOLERANCE:
            ways.append("or try --as percent")
    else:
        ways.insert(0, f"set max_score of {column.slug} in course.yml to {theirs:g} and leave --as percent out")
    return f"{sheet.name}:1: {column.title!r} is worth {theirs:g} points there and {column.max_score:g} here; " + (
        ", or " if len(ways) == 2 else ", "
    ).join(ways)


def _scale(form: Format, sheet: Sheet, options: Options) -> Scale | None:
    index = sheet.column(form.scale) if form.scale else None
    if index is None:
        return None
    words = next((row[index].strip() for row in sheet.rows if row[index].strip()), "")
    if not options.scale:
        raise UsageError(
            f"{sheet.name}:1: {form.name} takes no points, but a word of its scale ({words}); say where each begins, "
            f'in percent, as --scale "Fail<50<=Pass<85<=Distinction"'
        )
    return read_scale(options.scale, words)


def _chosen(form: Format, marks: Marks, layout: Layout) -> tuple[Student, ...]:
    """The students of whom a row is written. UsageError where an empty cell beside a full one would erase a grade."""
    if form.pages:
        there = marks.students if layout.sheet is None else [s for s in marks.students if s.id in layout.rows]
        return tuple(s for s in there if s.id in layout.pages and (not form.needs or getattr(s, form.needs)))
    if form.erases == "never":
        return marks.students if layout.sheet is None else tuple(s for s in marks.students if s.id in layout.rows)
    chosen, holes = [], []
    for student in marks.students:
        if student.id in layout.locked or (layout.sheet is not None and student.id not in layout.rows):
            continue
        cells = {c.slug: layout.cell(student.id, c, marks.mark(student, c)) for c in marks.columns}
        same = all(layout.same(student.id, c, marks.mark(student, c)) for c in marks.columns)
        if form.changed_only and layout.sheet is not None and same:
            only = marks.columns[0]
            if not (form.single and comment(form, layout, student.id, marks.mark(student, only))):
                continue
        if not any(cells.values()):
            continue
        chosen.append(student)
        holes += [
            f"{slug}/{student.id}"
            for slug, cell in cells.items()
            if not cell and (form.erases == "always" or slug not in layout.columns)
        ]
    if holes:
        shown = ", ".join(holes[:5]) + (f" and {len(holes) - 5} more" if len(holes) > 5 else "")
        way = "" if form.erases == "always" else f"name {form.name}'s own export with --against, or "
        raise UsageError(
            f"{form.name} can take an empty cell for the order to erase a grade, and these have no score: {shown}; "
            f"{way}export one assignment at a time with --assignment, which leaves such students out"
        )
    return tuple(chosen)


def _label(form: Format, sheet: Sheet, index: int) -> str:
    """Who a row is, in the LMS's words: the first column, and a key behind it."""
    cells = [sheet.rows[index][i].strip() for title in form.people if (i := sheet.column(title)) is not None]
    *names, key = [cell for cell in cells if cell] or [""]
    return f"{' '.join(names)} ({key})" if names and key else key


def _fitting(form: Format, column: Column, sheet: Sheet, known: str | None) -> list[int]:
    titles: Iterable[str | None]
    if form.single:
        wanted, titles = {form.single.casefold()}, sheet.header
    elif known:
        wanted, titles = {known.casefold()}, map(form.known_of or form.title_of, sheet.header)
    else:
        wanted, titles = {column.title.casefold(), column.slug.casefold()}, map(form.title_of, sheet.header)
    return [i for i, title in enumerate(titles) if title is not None and title.strip().casefold() in wanted]
