"""Brightspace (D2L): names in its zip of files; its grades file.

Ids have `#` in front, a column is `<item> Points Grade`, and each line ends with a mark.
"""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from autograder.lms.export.layout import Format, Layout
from autograder.lms.export.scores import Marks
from autograder.lms.export.sheet import Sheet, write_rows
from autograder.lms.intake.downloads import MONTHS, Claim, Download, NotNamed
from autograder.lms.system import CourseKey, System

_END = "End-of-Line Indicator"
_COLUMN = re.compile(r"(?P<title>.+?) Points Grade(?: ?<.*MaxPoints:(?P<max>[\d.,]+).*>)?")


_BRIGHTSPACE = re.compile(
    r"(?P<user>\d+)-(?P<folder>\d+) - (?P<name>.+?) - "
    r"(?:(?P<month>[A-Za-z]{3})[a-z]*\.? (?P<day>\d{1,2})|(?P<day2>\d{1,2}) (?P<month2>[A-Za-z]{3})[a-z]*\.?),? "
    r"(?P<year>\d{4}) (?P<hour>\d{1,2}?):?(?P<minute>\d\d)(?: ?(?P<half>[AP]M))?(?: - (?P<file>.+))?"
)


def _brightspace(name: str, slug: str, zone: ZoneInfo) -> Claim | None:
    parts = name.split("/")
    for index, part in enumerate(parts):
        if said := _BRIGHTSPACE.fullmatch(part):
            file = "/".join(filter(None, [said["file"], *parts[index + 1 :]]))
            return Claim(
                person=f"{said['user']} {said['name']}",
                label=said["name"],
                who=(("name", said["name"]), ("team", said["name"])),
                name=said["name"],
                file=file,
                attempt=part if not said["file"] else part.removesuffix(f" - {said['file']}"),
                received_at=_brightspace_time(said, zone),
            )
    if parts[-1] == "index.html":
        return None
    raise NotNamed("is not named as Brightspace names it: number-number - First Last - Oct 12, 2026 1159 PM/file")


def _brightspace_time(said: re.Match[str], zone: ZoneInfo) -> datetime | None:
    month = (said["month"] or said["month2"]).lower()
    if month not in MONTHS:
        return None
    hour = int(said["hour"])
    if said["half"]:
        hour = hour % 12 + (12 if said["half"] == "PM" else 0)
    day = int(said["day"] or said["day2"])
    try:
        return datetime(int(said["year"]), MONTHS.index(month) + 1, day, hour, int(said["minute"]), tzinfo=zone)
    except ValueError:
        return None


def write(marks: Marks, layout: Layout) -> bytes:
    """The file for Grades > Enter Grades > Import. D2L's help does not say what an empty cell does: none is sent."""
    items = []
    for column in marks.columns:
        theirs = layout.header(column)
        title = (title_of(theirs) if theirs else None) or layout.known.get(column.slug, column.title)
        items.append(f"{title} Points Grade")
    rows = [
        [
            _id(student.sis_id),
            _id(student.login),
            *(layout.cell(student.id, c, marks.mark(student, c)) for c in marks.columns),
            "#",
        ]
        for student in layout.students
    ]
    return write_rows([["OrgDefinedId", "Username", *items, _END], *rows]).encode()


def _id(text: str) -> str:
    return f"#{text}" if text else ""  # which is no formula either


def title_of(header: str) -> str | None:
    """The item's name; None for people, sums and symbols."""
    said = _COLUMN.fullmatch(header.strip())
    return said["title"] if said else None


def max_of(sheet: Sheet, index: int) -> float | None:
    """From the header of Brightspace's own export."""
    said = _COLUMN.fullmatch(sheet.header[index].strip())
    return float(said["max"].replace(",", ".")) if said and said["max"] else None


SYSTEM = System(
    download=Download(
        word="brightspace",
        name="Brightspace",
        read=_brightspace,
        made="Assignments, the folder, *Download* all files",
        times="in the names, to the minute",
    ),
    exports=(
        Format(
            word="brightspace",
            name="Brightspace",
            exporter="BrightspaceExport",
            imported="Grades, *Enter Grades*, *Import*",
            students_by="`sis_id`, `login`",
            columns_by="item",
            write=write,
            title_of=title_of,
            max_of=max_of,
            keys={"OrgDefinedId": "sis_id", "Username": "login"},
            people=("OrgDefinedId", "Username"),
        ),
    ),
    key=CourseKey(
        word="brightspace",
        kind=str,
        example="Noising",
        meaning="what the grade item is called there",
        default="the title",
    ),
)
