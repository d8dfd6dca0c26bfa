"""Moodle: names in its zip of submissions; its gradebook's CSV, whose columns the teacher maps by hand; its worksheet.

The worksheet is Moodle's own file with grades and comments filled in, all else as it was.
"""

from __future__ import annotations

import re
from html import escape
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.lms.export.layout import Format, Layout
from autograder.lms.export.scores import Marks, State
from autograder.lms.export.sheet import Sheet, guarded, key, parsed, write_rows
from autograder.lms.intake.downloads import Claim, Download, NotNamed
from autograder.lms.system import CourseKey, System

_MOODLE = re.compile(
    r"(?:.*?/)??(?P<name>[^_/]*)_(?P<id>\d+)_assignsubmission_(?P<plugin>file|onlinetext)(?:_?/|_)(?P<file>.+)"
)
_PARTICIPANT = re.compile(r"\D*\d+")


def _moodle(name: str, slug: str, zone: ZoneInfo) -> Claim:
    said = _MOODLE.fullmatch(name)
    if not said:
        raise NotNamed("is not named as Moodle names it: Full name_number_assignsubmission_file_/file")
    full = said["name"].strip()
    names = [full, *([full.partition("-")[2]] if "-" in full else [])]  # in group work the group stands in front
    return Claim(
        person=said["id"],
        label=f"{full} (participant {said['id']})",
        who=(("participant", said["id"]), *(("name", each) for each in names)),
        file=said["file"],
        anonymous=bool(_PARTICIPANT.fullmatch(full)),
    )


_PEOPLE = ("ID number", "Email address", "Username", "Full name")
_OTHERS = ("first name", "last name", "institution", "department", "last downloaded from this course")
_ITEM = re.compile(r"(?:[A-Z]\w+: ?)?(?P<title>.+?)(?: \((?:Real|Percentage)\))?")


def write_gradebook(marks: Marks, layout: Layout) -> bytes:
    """The file for Grades > Import > CSV. A cell without a score is empty, and Moodle passes over it."""
    header = [*_PEOPLE, *(layout.header(c) or layout.known.get(c.slug, c.title) for c in marks.columns)]
    rows = [
        [
            key(student.sis_id),
            key(student.email),
            key(student.login),
            guarded(student.name),
            *(layout.cell(student.id, c, marks.mark(student, c)) for c in marks.columns),
        ]
        for student in marks.students
    ]
    return write_rows([header, *rows]).encode()


def title_in_gradebook(header: str) -> str | None:
    """The title between the kind of activity in front and the kind of grade behind."""
    if header.casefold() in (*_OTHERS, *(title.casefold() for title in _PEOPLE)):
        return None
    said = _ITEM.fullmatch(header)
    return said["title"] if said else None


def max_in_gradebook(sheet: Sheet, index: int) -> float | None:
    """Moodle's export does not say it."""
    return None


# Moodle finds these by name, in the language of the site; `Last modified (grade)` keeps newer grades of its own safe.
_NEEDED = ("Identifier", "Grade", "Last modified (grade)")
_COMMENTS = "Feedback comments"


def write_worksheet(marks: Marks, layout: Layout) -> bytes:
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


def title_in_worksheet(header: str) -> str | None:
    """A worksheet has one column of grades, and no title on it."""
    return None


def max_in_worksheet(sheet: Sheet, index: int) -> float | None:
    """From the first row that says it."""
    column = sheet.column("Maximum Grade")
    if column is None:
        return None
    return next((value for row in sheet.rows if (value := parsed(row[column])) is not None), None)


SYSTEM = System(
    download=Download(
        word="moodle",
        name="Moodle",
        read=_moodle,
        made="Assignment, *Submissions*, *Download all submissions*, in folders or not",
        times="not in the archive: `--times worksheet.csv`",
    ),
    exports=(
        Format(
            word="moodle",
            name="Moodle",
            exporter="MoodleExport",
            imported="Grades, *Import*, CSV file; map the columns",
            students_by="`email`, `sis_id`",
            columns_by="title",
            write=write_gradebook,
            title_of=title_in_gradebook,
            max_of=max_in_gradebook,
            keys={"ID number": "sis_id", "Email address": "email", "Username": "login"},
        ),
        Format(
            word="moodle-worksheet",
            name="Moodle's worksheet",
            exporter="MoodleWorksheetExport",
            imported="Assignment, *Upload grading worksheet*; with comments",
            students_by="as in the worksheet, which `--against` must name",
            columns_by="it has one",
            write=write_worksheet,
            title_of=title_in_worksheet,
            max_of=max_in_worksheet,
            keys={"ID number": "sis_id", "Email address": "email", "Username": "login", "Full name": "name"},
            single="Grade",
            locked="Grade can be changed",
        ),
    ),
    key=CourseKey(
        word="moodle",
        kind=str,
        example="Noising",
        meaning="what the activity is called there",
        default="the title",
    ),
)
