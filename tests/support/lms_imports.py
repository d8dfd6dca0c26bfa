"""Each LMS's import of grades as a few lines: what it takes from a file, by the rules of its own importer.

Every function answers (student id, column) to what arrives there. A cell from which nothing is taken is not in it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from autograder.records import Student

Arrived = dict[tuple[str, str], float | str]


def _the_one(students: Iterable[Student], field: str, value: str) -> str:
    (found,) = [student.id for student in students if getattr(student, field) == value]
    return found


def import_canvas(data: bytes, students: Iterable[Student]) -> tuple[Arrived, dict[str, str]]:
    """By titles with their number, and the maxima.

    row[0] has "Student", row[1] "ID"; the last column of people is "Section"; students are found by ID; the separator
    is found in the first lines; a decimal comma is allowed; EX is excused.
    """
    text = data.decode()
    first = text.split("\n")[0]
    header, *rows = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    people = header.index("Section") + 1
    assert header[:people] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    arrived: Arrived = {}
    possible = {}
    for row in rows:
        assert len(row) == len(header)
        cells = dict(zip(header[people:], row[people:], strict=True))
        if "Points Possible" in row[0]:
            possible = cells
            continue
        student = _the_one(students, "lms_id", row[1])
        for title, cell in cells.items():
            if cell == "EX":
                arrived[student, title] = "EX"
            elif cell not in ("", "-"):
                arrived[student, title] = float(cell.replace(",", "."))
    return arrived, possible


def import_moodle(data: bytes, students: Iterable[Student]) -> Arrived:
    """By the titles of all columns that are not people's, mapped by e-mail address; empty cells are passed over."""
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8")))
    assert header[:4] == ["ID number", "Email address", "Username", "Full name"]
    arrived: Arrived = {}
    for row in rows:
        student = _the_one(students, "email", row[1])
        assert student == _the_one(students, "sis_id", row[0])
        arrived |= {(student, title): float(cell) for title, cell in zip(header[4:], row[4:], strict=True) if cell}
    return arrived


def import_worksheet(data: bytes) -> dict[int, tuple[float, str]]:
    """Participant number to grade and comment. Skipped: blank, below 0, above the maximum, locked."""
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    for needed in ("Identifier", "Grade", "Last modified (grade)"):
        assert needed in header
    arrived = {}
    for row in rows:
        cell = dict(zip(header, row, strict=True))
        participant = int(cell["Identifier"][len("Participant ") :])
        if cell["Grade"] == "" or not 0 <= float(cell["Grade"]) <= float(cell["Maximum Grade"]):
            continue
        if cell["Grade can be changed"] == "Yes":
            arrived[participant] = (float(cell["Grade"]), cell["Feedback comments"])
    return arrived


def import_blackboard(data: bytes, students: Iterable[Student]) -> Arrived:
    """By the number behind `|`, and by nothing else; students by Username. UTF-16 with a mark, tabs."""
    assert data[:2] == b"\xff\xfe"
    header, *rows = csv.reader(io.StringIO(data.decode("utf-16")), delimiter="\t")
    columns = {said[1]: i for i, title in enumerate(header) if (said := re.search(r"\|(\d+)$", title))}
    arrived: Arrived = {}
    for row in rows:
        student = _the_one(students, "login", row[header.index("Username")])
        arrived |= {(student, number): float(row[index]) for number, index in columns.items() if row[index]}
    return arrived


def import_brightspace(data: bytes, students: Iterable[Student]) -> Arrived:
    """By the item before " Points Grade"; ids may have `#`; the last column marks each line's end."""
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8")))
    assert (header[0], header[-1]) == ("OrgDefinedId", "End-of-Line Indicator")
    arrived: Arrived = {}
    for row in rows:
        assert row[-1] == "#"
        student = _the_one(students, "login", row[1].removeprefix("#"))
        assert student == _the_one(students, "sis_id", row[0].removeprefix("#"))
        for title, cell in zip(header[2:-1], row[2:-1], strict=True):
            if cell:
                arrived[student, title.removesuffix(" Points Grade")] = float(cell)
    return arrived
