"""Moodle's gradebook: a plain CSV whose columns the teacher maps by hand, by e-mail address or ID number."""

from __future__ import annotations

import re

from autograder.lms.export.layout import Format, Layout
from autograder.lms.export.scores import Marks
from autograder.lms.export.sheet import Sheet, guarded, key, write_rows

_PEOPLE = ("ID number", "Email address", "Username", "Full name")
_OTHERS = ("first name", "last name", "institution", "department", "last downloaded from this course")
_ITEM = re.compile(r"(?:[A-Z]\w+: ?)?(?P<title>.+?)(?: \((?:Real|Percentage)\))?")


def write(marks: Marks, layout: Layout) -> bytes:
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


def title_of(header: str) -> str | None:
    """The title between the kind of activity in front and the kind of grade behind."""
    if header.casefold() in (*_OTHERS, *(title.casefold() for title in _PEOPLE)):
        return None
    said = _ITEM.fullmatch(header)
    return said["title"] if said else None


def max_of(sheet: Sheet, index: int) -> float | None:
    """Moodle's export does not say it."""
    return None


FORMAT = Format(
    name="Moodle",
    write=write,
    title_of=title_of,
    max_of=max_of,
    keys={"ID number": "sis_id", "Email address": "email", "Username": "login"},
)
