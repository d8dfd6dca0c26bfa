"""Blackboard: names in its zip of attempts; its grade centre, tab-separated UTF-16.

A column is found by the number behind `|` and by nothing else.
"""

from __future__ import annotations

import codecs
import re
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.lms.export.layout import Format, Layout, last_and_first
from autograder.lms.export.scores import Column, Marks
from autograder.lms.export.sheet import Sheet, guarded, key, number, write_rows
from autograder.lms.intake.downloads import Claim, Download, NotNamed, first_fit, time_of
from autograder.lms.system import CourseKey, System

_PEOPLE = ("Last Name", "First Name", "Username", "Student ID")
_COLUMN = re.compile(r"(?P<title>.+?) \[Total Pts: (?:up to )?(?P<max>[\d.,]+)[^\]]*\](?: ?\|(?P<id>\d+))?")


_BLACKBOARD = re.compile(r"(?P<who>[^/]+?)_attempt_(?P<at>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)")


def _blackboard(name: str, slug: str, zone: ZoneInfo) -> Claim | None:
    said = first_fit(_BLACKBOARD, name)
    if not said:
        raise NotNamed("is not named as Blackboard names it: assignment_username_attempt_date_file")
    if not said["file"]:
        return None  # the receipt
    # Titles and user names may both hold `_`: the longest end that is somebody's login is the login.
    parts = said["who"].split("_")
    ends = ["_".join(parts[start:]) for start in range(1, len(parts))] or parts
    return Claim(
        person=said["who"],
        label=ends[-1],
        who=tuple((field, end) for field in ("login", "id", "sis_id", "email", "team") for end in ends),
        file=said["file"],
        attempt=said["at"],
        received_at=time_of(said["at"], "%Y-%m-%d-%H-%M-%S", zone),
        name=ends[-1],
    )


def write(marks: Marks, layout: Layout) -> bytes:
    """The file for Work Offline > Upload. UsageError for a column that Blackboard has not given a number yet.

    Without its number Blackboard would make a new column, of text, worth nothing.
    """
    header = [*_PEOPLE, *(_header(column, layout) for column in marks.columns)]
    rows = [
        [
            *(guarded(part) for part in last_and_first(student)),
            key(student.login),
            key(student.sis_id),
            *(layout.cell(student.id, c, marks.mark(student, c)) for c in marks.columns),
        ]
        for student in layout.students
    ]
    text = write_rows([header, *rows], separator="\t", quote_all=True)
    return codecs.BOM_UTF16_LE + text.encode("utf-16-le")


def _header(column: Column, layout: Layout) -> str:
    theirs = layout.header(column)
    known = layout.known.get(column.slug)
    if theirs is None and known:
        return f"{column.title} [Total Pts: {number(column.max_score)} Score] |{known}"
    if theirs is None or not known_of(theirs):
        raise UsageError(
            f"{column.slug}: Blackboard knows a column by its number only; make the column {column.title!r} there, "
            f"download the grade centre and name the file with --against, or write the number into course.yml, as "
            f"`lms: {{blackboard: 92372}}`"
        )
    return theirs


def title_of(header: str) -> str | None:
    """The title before the points; None for people."""
    said = _COLUMN.fullmatch(header.strip())
    return said["title"] if said else None


def known_of(header: str) -> str | None:
    """The number behind `|`."""
    said = _COLUMN.fullmatch(header.strip())
    return said["id"] if said else None


def max_of(sheet: Sheet, index: int) -> float | None:
    """From the header."""
    said = _COLUMN.fullmatch(sheet.header[index].strip())
    return float(said["max"].replace(",", ".")) if said else None


SYSTEM = System(
    download=Download(
        word="blackboard",
        name="Blackboard",
        read=_blackboard,
        made="Grade Center, the column's *Assignment File Download*",
        times="in the names, to the second",
    ),
    exports=(
        Format(
            word="blackboard",
            name="Blackboard",
            exporter="BlackboardExport",
            imported="Grade Center, *Work Offline*, *Upload*",
            students_by="`login`, `sis_id`",
            columns_by="number, always",
            write=write,
            title_of=title_of,
            max_of=max_of,
            keys={"Username": "login", "Student ID": "sis_id"},
            known_of=known_of,
            people=("First Name", "Last Name", "Username"),
        ),
    ),
    key=CourseKey(
        word="blackboard",
        kind=int,
        example="92372",
        meaning="the number behind the bar in the file that Blackboard exports",
        default="found by the title",
    ),
)
