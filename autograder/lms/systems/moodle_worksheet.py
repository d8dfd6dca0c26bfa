"""Moodle's offline grading worksheet: Moodle's own file with grades and comments filled in, all else as it was."""

from __future__ import annotations

from html import escape

from autograder.errors import UsageError
from autograder.lms.export.layout import Format, Layout
from autograder.lms.export.scores import Marks, State
from autograder.lms.export.sheet import Sheet, guarded, parsed, write_rows

# Moodle finds these by name, in the language of the site; `Last modified (grade)` keeps newer grades of its own safe.
_NEEDED = ("Identifier", "Grade", "Last modified (grade)")
_COMMENTS = "Feedback comments"


def write(marks: Marks, layout: Layout) -> bytes:
    """The worksheet to upload again. UsageError without the one that Moodle made: participant numbers are Moodle's."""
    sheet = layout.sheet
    if sheet is None:
        raise UsageError(
            "moodle-worksheet needs Moodle's own: download the grading worksheet and name it with --against"
        )
    absent = [title for title in _NEEDED if sheet.column(title) is None]
    if absent:
        raise UsageError(
            f"{sheet.name}: has no column {absent[0]!r}; download the worksheet with Moodle set to English"
        )
    (column,) = marks.columns
    grade, comments = sheet.column("Grade"), sheet.column(_COMMENTS)
    by_row = {row: student for student, row in layout.rows.items()}
    people = {student.id: student for student in marks.students}
    rows = []
    for index, row in enumerate(sheet.rows):
        cells = list(row)
        student = people.get(by_row.get(index, ""))
        if student and student.id not in layout.locked and grade is not None:
            mark = marks.mark(student, column)
            cells[grade] = layout.cell(student.id, column, mark) or row[grade]
            if comments is not None and mark.state is State.SCORED and mark.feedback:
                cells[comments] = _as_html(mark.feedback)
        rows.append(cells)
    return write_rows([sheet.header, *rows]).encode()


def _as_html(feedback: str) -> str:
    """Moodle shows a comment as HTML, and a student's own words may stand in it."""
    return "<br>".join(guarded(escape(line)) for line in feedback.splitlines())


def title_of(header: str) -> str | None:
    """A worksheet has one column of grades, and no title on it."""
    return None


def max_of(sheet: Sheet, index: int) -> float | None:
    """From the first row that says it."""
    column = sheet.column("Maximum Grade")
    if column is None:
        return None
    return next((value for row in sheet.rows if (value := parsed(row[column])) is not None), None)


FORMAT = Format(
    name="Moodle's worksheet",
    write=write,
    title_of=title_of,
    max_of=max_of,
    keys={"ID number": "sis_id", "Email address": "email", "Username": "login", "Full name": "name"},
    single="Grade",
    locked="Grade can be changed",
)
