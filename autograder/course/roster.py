"""roster.csv: who is in the course, and what an LMS calls them."""

from __future__ import annotations

import re
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path

from autograder.errors import CourseError
from autograder.lms.rows import NotATable, Row, read_rows
from autograder.records import MAX_ID, Student, is_odd_id

COLUMNS = {field.name if field.name != "id" else "student": field.name for field in fields(Student)}
_OWN = ("id", "lms_id", "sis_id", "login", "email")  # nobody shares them: an LMS finds a student by any one
_FOLDER_NAME = re.compile(r"[^./\\\x00-\x1f][^/\\\x00-\x1f]*")


def read_roster(file: Path) -> tuple[Student, ...]:
    """The students in the file's order. CourseError (file:line) on a bad encoding, a missing column or a double id.

    Columns: student (needed: the name of the student's folder), name, email, lms_id, sis_id, login, section; others
    are passed over. A byte order mark, blank lines and any of `,`, `;` and tabs between cells are fine.
    """
    try:
        header, *rows = read_rows(file.read_bytes())
    except OSError as error:
        raise CourseError(f"{file}: cannot be read: {error.strerror}") from error
    except NotATable as bad:
        raise CourseError(f"{file}:{bad.line}: {bad}; the first line is `{','.join(COLUMNS)}`") from None
    columns = _header(file, header)
    students = []
    first_line: dict[tuple[str, str], int] = {}
    for row in rows:
        student = _student(file, columns, row)
        for field in _OWN:
            value = getattr(student, field)
            if value and first_line.setdefault((field, value.casefold()), row.line) != row.line:
                what = f"student {value!r}" if field == "id" else f"the {field} {value!r}"
                raise CourseError(
                    f"{file}:{row.line}: {what} is listed twice, first in line {first_line[field, value.casefold()]}; "
                    f"take one out"
                )
        students.append(student)
    return tuple(students)


def _header(file: Path, row: Row) -> list[str]:
    columns = [cell.strip().lower() for cell in row.cells]
    if "student" not in columns:
        near = get_close_matches("student", columns, n=1)
        advice = f"rename {near[0]!r} to student" if near else "add it: the name of each student's folder"
        raise CourseError(f"{file}:{row.line}: there is no column 'student'; {advice}")
    for column in COLUMNS:
        if columns.count(column) > 1:
            raise CourseError(f"{file}:{row.line}: there are two columns {column!r}; keep one")
    return columns


def is_folder_name(name: str) -> bool:
    """Whether a student's folder can be called so: no slashes, no dot in front."""
    return _FOLDER_NAME.fullmatch(name) is not None


def _student(file: Path, columns: list[str], row: Row) -> Student:
    line = row.line
    named = zip(columns, row.cells, strict=True)
    cells = {COLUMNS[column]: cell.strip() for column, cell in named if column in COLUMNS}
    if not cells.get("id"):
        raise CourseError(f"{file}:{line}: the cell 'student' is empty; write the name of the student's folder")
    if not is_folder_name(cells["id"]):
        raise CourseError(f"{file}:{line}: {cells['id']!r} cannot be a folder's name; no slashes, no dot in front")
    if is_odd_id(cells["id"]):
        raise CourseError(
            f"{file}:{line}: {cells['id'][:60]!a} has characters that cannot be shown, or more than {MAX_ID} bytes; "
            "a folder of that name would be left out"
        )
    return Student(**cells)
