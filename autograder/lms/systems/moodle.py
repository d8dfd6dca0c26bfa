"""Moodle: names in its zip of submissions; its gradebook's CSV, whose columns the teacher maps by hand; its worksheet.

The worksheet is Moodle's own file with grades and comments filled in, all else as it was.
"""

from __future__ import annotations

import re
from html import escape
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.lms.export.layout import Format, Layout, comment
from autograder.lms.export.scores import Marks, State
from autograder.lms.export.sheet import BLANK, Sheet, guarded, key, parsed, write_rows
from autograder.lms.export.zipped import zip_of
from autograder.lms.intake.downloads import Claim, Download, NotNamed
from autograder.lms.system import CourseKey, System
from autograder.records import Student

# classes/downloader.php, `get_student_prefix`: a person's name and participant number; in team work the team's name and
# its own number, or the name alone (the team of those who are in none); in blind marking `Participant` and the number.
_MOODLE = re.compile(
    r"(?:.*?/)??(?P<name>[^_/]+)(?:_(?P<id>\d+))?_assignsubmission_(?P<plugin>file|onlinetext)(?:_?/|_)(?P<file>.+)"
)
_HIDDEN = re.compile(r"Participant(?: \d+)?")
_DROPPED = re.compile(r"[\x00-\x1f&<>\"'`|:\\/]")  # PARAM_FILE of lib/moodlelib.php


def fold(name: str) -> str:
    """What Moodle makes of a name in a file's: some characters go, and `_` becomes a blank."""
    return _DROPPED.sub("", name).replace("_", " ")


def _moodle(name: str, slug: str, zone: ZoneInfo) -> Claim:
    said = _MOODLE.fullmatch(name)
    if not said:
        raise NotNamed("is not named as Moodle names it: Full name_number_assignsubmission_file_/file")
    full, number = said["name"].strip(), said["id"]
    hidden = bool(_HIDDEN.fullmatch(full))
    return Claim(
        person=number or full,
        label=f"{full} (participant {number})" if number else full,
        # Moodle before 4.1 put the team in front of the name: Team B-Ann Lee.
        who=()
        if hidden
        else (*((("participant", number),) if number else ()), ("team", full), ("name", full), ("member", full)),
        file=said["file"] if said["plugin"] == "file" else f".onlinetext/{said['file']}",
        anonymous=hidden,
        blind=f"p{number}" if hidden and number else "",
        name=full,
        advice="collect with --blind, or reveal the identities in Moodle" if hidden else _TEAM_ADVICE,
    )


_TEAM_ADVICE = "if this is a team, name Moodle's worksheet with --times, or the team in course.yml under groups"

_PEOPLE = ("ID number", "Email address", "Username", "Full name")
_OTHERS = ("first name", "last name", "institution", "department", "last downloaded from this course")
_ITEM = re.compile(r"(?:[A-Z]\w+: ?)?(?P<title>.+?)(?: \((?:Real|Percentage)\))?")


def write_gradebook(marks: Marks, layout: Layout) -> bytes:
    """The file for Grades > Import > CSV. Who has no score is left out: Moodle takes an empty cell for `erase`.

    UsageError where the column of Moodle's own file holds words: its import stops at the first number for a scale.
    """
    for column in marks.columns:
        index = layout.columns.get(column.slug)
        there = [] if index is None or layout.sheet is None else [row[index].strip() for row in layout.sheet.rows]
        if words := [cell for cell in there if cell not in BLANK and parsed(cell) is None]:
            raise UsageError(
                f"{layout.sheet.name if layout.sheet else ''}:1: {layout.header(column)!r} holds words such as "
                f"{words[0]!r}; if it is on a scale, Moodle's gradebook import takes no points for it: use --to "
                f"moodle-worksheet with --scale; if not, export it from Moodle with the grade display type Real"
            )
    header = [*_PEOPLE, *(layout.header(c) or layout.known.get(c.slug, c.title) for c in marks.columns)]
    rows = [
        [
            key(student.sis_id),
            key(student.email),
            key(student.login),
            guarded(student.name),
            *(layout.cell(student.id, c, marks.mark(student, c)) for c in marks.columns),
        ]
        for student in layout.students
    ]
    # PHP's reader of CSV takes a backslash before a quote for no end of the cell. Moodle maps columns by hand and finds
    # people by e-mail or number, so that in none of these cells a backslash is needed.
    return write_rows([[cell.replace("\\", "/") for cell in row] for row in [header, *rows]]).encode()


def title_in_gradebook(header: str) -> str | None:
    """The title between the kind of activity in front and the kind of grade behind."""
    if header.casefold() in (*_OTHERS, *(title.casefold() for title in _PEOPLE)):
        return None
    said = _ITEM.fullmatch(header)
    return said["title"] if said else None


def max_in_gradebook(sheet: Sheet, index: int) -> float | None:
    """Moodle's export does not say it."""
    return None


# Moodle finds these by name, in the language of the site, and reads no others (importgradeslib.php, `init`).
# `Last modified (grade)` keeps newer grades of its own safe.
_NEEDED = ("Identifier", "Grade", "Last modified (grade)")
_COMMENTS = "Feedback comments"
_TEAM = "Group"  # only there if `Students submit in groups` is on (gradingtable.php)
_NAMES = ("Full name", "Email address", "ID number", "Username")
_BEGIN, _END = "Automatic feedback:", "(end of automatic feedback)"
_OURS = re.compile(rf"\s*{re.escape(_BEGIN)}(?P<ours>.*?){re.escape(_END)}\s*", re.DOTALL)
_APOSTROPHE = re.compile(r"&(?:#39|#x27|apos);", re.IGNORECASE)
_ENGLISH = "download it with Moodle set to English"


def write_worksheet(marks: Marks, layout: Layout) -> bytes:
    """The worksheet to upload again: only the columns that Moodle reads, and only the rows that change.

    UsageError without the one that Moodle made: participant numbers are Moodle's.
    """
    sheet = layout.sheet
    if sheet is None:
        raise UsageError(
            "moodle-worksheet needs Moodle's own: download the grading worksheet and name it with --against"
        )
    absent = [title for title in _NEEDED if sheet.column(title) is None]
    if absent:
        raise UsageError(f"{sheet.name}: has no column {absent[0]!r}; {_ENGLISH}")
    (column,) = marks.columns
    said = {s.id: comment(WORKSHEET, layout, s.id, marks.mark(s, column)) for s in layout.students}
    # Without its column comments stay as they are, formatting included.
    titles = [*_NEEDED, *([_COMMENTS] if any(said.values()) else [])]
    rows = []
    for student in layout.students:
        mark = marks.mark(student, column)
        cells = {
            title: layout.text(student.id, index) for title in titles if (index := sheet.column(title)) is not None
        }
        cells["Grade"] = layout.cell(student.id, column, mark)
        if _COMMENTS in cells:
            # The same comment is written as before, so that Moodle finds nothing new in it.
            ours = mark.feedback if mark.state is State.SCORED else ""
            cells[_COMMENTS] = _composed(cells[_COMMENTS], ours, layout.options.comments)
        rows.append([cells[title] for title in titles])
    return write_rows([titles, *rows]).encode()


def _comment(theirs: str, ours: str, mode: str) -> str | None:
    """The cell to write; None if nothing of what Moodle has would change."""
    parts = _parts(theirs, ours, mode)
    return None if _squeezed("".join(parts)) == _squeezed(_read_back(theirs)) else _composed(theirs, ours, mode)


def _composed(theirs: str, ours: str, mode: str) -> str:
    return "".join(f"<p>{_html(part)}</p>" for part in _parts(theirs, ours, mode))


def _parts(theirs: str, ours: str, mode: str) -> list[str]:
    """The paragraphs of a comment as text: ours, and what a teacher wrote before and behind it, which stays."""
    theirs = _read_back(theirs)
    said = _OURS.search(theirs)
    before, behind = (theirs[: said.start()], theirs[said.end() :]) if said else (theirs, "")
    if not ours or (mode == "keep" and (before.strip() or behind.strip())):
        middle = [said[0]] if said else []
    else:
        body = [line.replace(_END, "").replace(_BEGIN, "") for line in ours.splitlines()]
        middle = ["\n".join([_BEGIN, *body, _END])]
        if mode == "replace":
            before = behind = ""
    return [part.strip() for part in (before, *middle, behind) if part.strip()]


def _read_back(text: str) -> str:
    """A comment of the worksheet as a person wrote it.

    Moodle takes the tags out and decodes what is left with ENT_COMPAT (lib/table/classes/base_export_format.php), which
    leaves an apostrophe that was written as a number; uploads of ours up to 2026-11 wrote `&#x27;`.
    """
    return _APOSTROPHE.sub("'", text)


def _squeezed(text: str) -> str:
    """Moodle's worksheet gives a comment back without its tags, and drops line breaks or makes blanks of them."""
    return re.sub(r"\s+", "", text)


def _html(text: str) -> str:
    """Text as Moodle shows it in a comment, in which a student's own words may stand.

    A backslash is written as its number: PHP's reader of CSV takes `\\"` for no end of a cell, and Moodle would then
    import nothing for the whole class (lib/csvlib.class.php).
    """
    return "<br>".join(escape(line, quote=False).replace("\\", "&#92;") for line in guarded(text).splitlines())


def title_in_worksheet(header: str) -> str | None:
    """A worksheet has one column of grades, and no title on it."""
    return None


def max_in_worksheet(sheet: Sheet, index: int) -> float | None:
    """From the first row that says it."""
    column = sheet.column("Maximum grade")
    if column is None:
        return None
    return next((value for row in sheet.rows if (value := parsed(row[column])) is not None), None)


def blind_in_worksheet(sheet: Sheet) -> tuple[Student, ...]:
    """`p25` for each `Participant 25` of a worksheet that holds no names (blind marking)."""
    column = sheet.column("Identifier")
    if column is None or any(sheet.column(title) is not None for title in _NAMES):
        return ()
    numbers = [re.search(r"\d+", row[column]) for row in sheet.rows]
    return tuple(Student(id=f"p{number[0]}") for number in numbers if number)


WORKSHEET = Format(
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
    point=True,
    changed_only=True,
    comment=_comment,
    comments=_COMMENTS,
    scale="Scale",
    blind=blind_in_worksheet,
    people=("Full name", "Identifier"),
    english=_ENGLISH,
)


def write_feedback(marks: Marks, layout: Layout) -> bytes:
    """A zip of pages that Moodle takes under `Upload multiple feedback files in a zip`, each found by its number.

    assignfeedback_file's importer cuts a name at its `_` into five parts: the second is the participant's number, so no
    `_` may stand in front of it. In team work it takes that number for a team's, and what is found goes to all members:
    pages would be shown to others, so the worksheet of team work is a UsageError.
    """
    sheet = layout.sheet
    if sheet is None:
        raise UsageError("moodle-feedback needs Moodle's numbers: name its grading worksheet with --against")
    identifier = sheet.column("Identifier")
    if identifier is None:
        raise UsageError(f"{sheet.name}: has no column 'Identifier'; {_ENGLISH}")
    if sheet.column(_TEAM) is not None:
        raise UsageError(
            f"{sheet.name}:1: is of work in teams (it has the column {_TEAM!r}), where Moodle takes the number in a "
            f"page's name for a team's and shows the page to all of them; use --to site, and --to moodle-worksheet for "
            f"grades and comments, which are each member's own"
        )
    files = {}
    for student in layout.students:
        number = re.search(r"\d+", layout.text(student.id, identifier))
        if number:
            name = fold(student.name).replace(",", " ").strip() or student.id.replace("_", " ")
            files[f"{name}_{number[0]}_assignfeedback_file/{marks.columns[0].slug}.html"] = layout.pages[
                student.id
            ].data
    return zip_of(files)


FEEDBACK = Format(
    word="moodle-feedback",
    name="Moodle's feedback files",
    exporter="MoodleFeedbackExport",
    imported="Assignment, *Upload multiple feedback files in a zip*",
    students_by="as in the worksheet, which `--against` must name",
    columns_by="pages of one assignment",
    write=write_feedback,
    title_of=title_in_worksheet,
    max_of=max_in_gradebook,
    keys=WORKSHEET.keys,
    single="Identifier",
    blind=blind_in_worksheet,
    people=WORKSHEET.people,
    english=_ENGLISH,
    pages=True,
    suffix="zip",
)


SYSTEM = System(
    download=Download(
        word="moodle",
        name="Moodle",
        read=_moodle,
        made="Assignment, *Submissions*, *Download all submissions*, in folders or not",
        times="not in the archive: `--times worksheet.csv`",
        fold=fold,
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
            point=True,
            erases="always",
            changed_only=True,
            people=("First name", "Last name", "Email address"),
            english=_ENGLISH,
        ),
        WORKSHEET,
        FEEDBACK,
    ),
    key=CourseKey(
        word="moodle",
        kind=str,
        example="Noising",
        meaning="what the activity is called there",
        default="the title",
    ),
)
