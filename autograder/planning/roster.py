"""roster.csv: who is in the course, and what an LMS calls them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path

from autograder.contracts import Student
from autograder.errors import CourseError

COLUMNS = {field.name if field.name != "id" else "student": field.name for field in fields(Student)}
_FOLDER_NAME = re.compile(r"[^./\\\x00-\x1f][^/\\\x00-\x1f]*")


def read_roster(file: Path) -> tuple[Student, ...]:
    """The students in the file's order. CourseError (file:line) on a bad encoding, a missing column or a double id.

    Columns: student (needed: the name of the student's folder), name, email, lms_id, sis_id, login, section; others
    are passed over. A byte order mark, blank lines and either of `,` and `;` between cells are fine.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CourseError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CourseError(f"{file}:{line}: is not UTF-8; save the sheet as CSV UTF-8") from None
    header = text.partition("\n")[0]
    separator = ";" if header.count(";") > header.count(",") else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    students: dict[str, Student] = {}
    first_line: dict[str, int] = {}
    columns: list[str] | None = None
    try:
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if columns is None:
                columns = _header(file, rows.line_num, row)
                continue
            student = _student(file, rows.line_num, columns, row)
            if student.id in students:
                raise CourseError(
                    f"{file}:{rows.line_num}: student {student.id!r} is listed twice, first in line "
                    f"{first_line[student.id]}; take one out"
                )
            students[student.id] = student
            first_line[student.id] = rows.line_num
    except csv.Error as error:
        raise CourseError(f"{file}:{rows.line_num}: is not CSV: {error}") from None
    if columns is None:
        raise CourseError(f"{file}:1: is empty; the first line is `student,name,email,lms_id,sis_id,login,section`")
    return tuple(students.values())


def _header(file: Path, line: int, row: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in row]
    if "student" not in columns:
        near = get_close_matches("student", columns, n=1)
        advice = f"rename {near[0]!r} to student" if near else "add it: the name of each student's folder"
        raise CourseError(f"{file}:{line}: there is no column 'student'; {advice}")
    for column in COLUMNS:
        if columns.count(column) > 1:
            raise CourseError(f"{file}:{line}: there are two columns {column!r}; keep one")
    return columns


def _student(file: Path, line: int, columns: list[str], row: list[str]) -> Student:
    if len(row) > len(columns):
        raise CourseError(f"{file}:{line}: has {len(row)} cells under {len(columns)} columns; quote cells with commas")
    cells = {COLUMNS[column]: cell.strip() for column, cell in zip(columns, row, strict=False) if column in COLUMNS}
    if not cells.get("id"):
        raise CourseError(f"{file}:{line}: the cell 'student' is empty; write the name of the student's folder")
    if not _FOLDER_NAME.fullmatch(cells["id"]):
        raise CourseError(f"{file}:{line}: {cells['id']!r} cannot be a folder's name; no slashes, no dot in front")
    return Student(**cells)
