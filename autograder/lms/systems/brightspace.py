"""Brightspace (D2L): ids with `#` in front, `<item> Points Grade` for each column, a mark at each line's end."""

from __future__ import annotations

import re

from autograder.lms.export.layout import Format, Layout
from autograder.lms.export.scores import Marks
from autograder.lms.export.sheet import Sheet, write_rows

_END = "End-of-Line Indicator"
_COLUMN = re.compile(r"(?P<title>.+?) Points Grade(?: ?<.*MaxPoints:(?P<max>[\d.,]+).*>)?")


def write(marks: Marks, layout: Layout) -> bytes:
    """The file for Grades > Enter Grades > Import. An empty cell leaves the grade as it is."""
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
        for student in marks.students
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


FORMAT = Format(
    name="Brightspace",
    write=write,
    title_of=title_of,
    max_of=max_of,
    keys={"OrgDefinedId": "sis_id", "Username": "login"},
)
