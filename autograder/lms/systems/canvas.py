"""Canvas: names in its zip of submissions; its gradebook CSV.

It has two header rows, finds a column by the number behind its title, and writes `EX` for excused.
Who on the roster a name means is found by `lms/intake/matching.py`, as for every LMS.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.lms.export.layout import Format, Layout
from autograder.lms.export.scores import Column, Marks
from autograder.lms.export.sheet import Sheet, guarded, key, number, parsed, write_rows
from autograder.lms.intake.downloads import Claim, Download, NotNamed, first_fit
from autograder.lms.system import CourseKey, System

_PEOPLE = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_NUMBERED = re.compile(r"(?P<title>.*) \((?P<id>\d+)\)")
# Canvas takes columns with such titles for its own sums and passes over them.
_IGNORED = re.compile(r"(Current|Final) (Score|Points|Grade)|Override ")


# content_zipper.rb joins name, LATE and number; LATE stands first where there is no name. Text and link submissions
# have no number of a file.
_UPLOAD = re.compile(
    r"(?:(?P<late1>LATE_)?anon_(?P<hidden>[^_/]+)_(?:LATE_)?\d+"
    r"|(?P<name>[^/]+?)(?P<late>_LATE)?_(?P<user>\d+)_(?P<order>\d+))_(?P<file>.+)",
    re.IGNORECASE,
)
_TYPED = re.compile(
    r"(?:(?P<late1>LATE_)?anon_(?P<hidden>[^_/]+)|(?P<name>[^/]+?)(?P<late>_LATE)?_(?P<user>\d+))"
    r"_(?P<file>(?:text|link)\.html)"
)


def _canvas(name: str, slug: str, zone: ZoneInfo) -> Claim:
    said = first_fit(_UPLOAD, name) or first_fit(_TYPED, name)
    if not said:
        raise NotNamed("is not named as Canvas names it: name_userid_fileid_file")
    late = bool(said["late1"] if said["hidden"] else said["late"])
    if hidden := said["hidden"]:
        who = f"anonymous {hidden}"
        return Claim(person=hidden, label=who, who=(), file=said["file"], late=late, anonymous=True)
    return Claim(
        person=said["user"],
        label=f"{said['name']} ({said['user']})",
        who=(("team", said["name"]), ("lms_id", said["user"]), ("mash", said["name"])),
        file=said["file"],
        order=int(said.groupdict().get("order") or 0),
        late=late,
        name=said["name"],
    )


def write(marks: Marks, layout: Layout) -> bytes:
    """The file for Grades > Import. A decimal comma takes `;` between cells, which Canvas detects."""
    header = [*_PEOPLE, *(_header(column, layout) for column in marks.columns)]
    # Canvas knows this row by its words; its own export puts four blanks in front.
    possible = [
        "    Points Possible",
        "",
        "",
        "",
        "",
        *(number(layout.worth.get(c.slug, c.max_score), layout.decimal) for c in marks.columns),
    ]
    rows = [
        [
            guarded(student.name or student.id),
            key(student.lms_id),
            key(student.sis_id),
            key(student.login),
            guarded(student.section),
            *(layout.cell(student.id, c, marks.mark(student, c)) for c in marks.columns),
        ]
        for student in layout.students
    ]
    return write_rows([header, possible, *rows], separator=";" if layout.decimal == "," else ",").encode()


def _header(column: Column, layout: Layout) -> str:
    if (theirs := layout.header(column)) is not None:
        return theirs
    known = layout.known.get(column.slug)
    if _IGNORED.search(column.title) or (_NUMBERED.fullmatch(column.title) and not known):
        raise UsageError(
            f"{column.slug}: Canvas would not take the title {column.title!r} for a title; rename it in course.yml, or "
            f"name Canvas' own export with --against"
        )
    return f"{column.title} ({known})" if known else column.title


def title_of(header: str) -> str | None:
    """The title before the number; None for people and for Canvas' own sums."""
    if header in (*_PEOPLE, "Integration ID", "Root Account") or _IGNORED.search(header):
        return None
    said = _NUMBERED.fullmatch(header)
    return said["title"] if said else header


def known_of(header: str) -> str | None:
    """The number behind the title."""
    said = _NUMBERED.fullmatch(header)
    return said["id"] if said else None


def max_of(sheet: Sheet, index: int) -> float | None:
    """From the row of maxima."""
    row = next((row for row in sheet.rows[:3] if "Points Possible" in row[0]), None)
    return parsed(row[index]) if row else None


def _no_student(sheet: Sheet, row: int) -> bool:
    """Whether a row is of maxima, of posting policies, or Canvas' own test student."""
    name, number = sheet.rows[row][0].strip(), sheet.column("ID")
    return name in ("Student, Test", "Test Student") or number is None or not sheet.rows[row][number].strip()


SYSTEM = System(
    download=Download(
        word="canvas",
        name="Canvas",
        read=_canvas,
        made="Assignment, *Download Submissions*",
        times="not in the archive: `--times`",
    ),
    exports=(
        Format(
            word="canvas",
            name="Canvas",
            exporter="CanvasExport",
            imported="Grades, *Import*",
            students_by="`lms_id`, `sis_id`, `login`",
            columns_by="number, else title",
            write=write,
            title_of=title_of,
            max_of=max_of,
            keys={"ID": "lms_id", "SIS User ID": "sis_id", "SIS Login ID": "login", "Student": "name"},
            known_of=known_of,
            excused="EX",
            percent=True,
            people=("Student", "ID"),
            passed_over=_no_student,
        ),
    ),
    key=CourseKey(
        word="canvas",
        kind=int,
        example="4314282",
        meaning="the number behind the title in the file that Canvas exports",
        default="found by the title",
    ),
)
