"""Who of an LMS is whom of roster.csv, and rows for those of the LMS's course whom the roster lacks."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase

from autograder.course.roster import COLUMNS, is_folder_name, read_roster
from autograder.errors import CourseError
from autograder.lms.rows import NotATable, read_rows
from autograder.records import Student, is_odd_id
from autograder.server.lti.book import Known
from autograder.server.lti.launch import LEARNER

_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


def student_of(person: Known, roster: Iterable[Student], taken: Collection[str]) -> str | None:
    """The student whom an LMS means: by the numbers and names that only one can have, the surest first. None if unsure.

    Two that point to different students are no answer. taken: students whom somebody else of the LMS is.
    """
    found: list[str] = []
    for said, fields in (
        (person.sourced_id, ("sis_id", "id")),
        (person.username, ("login", "id")),
        (person.sub, ("lms_id",)),
        (person.email, ("email",)),
    ):
        if not said:
            continue
        for field in fields:
            same = [each.id for each in roster if _same(getattr(each, field), said)]
            if len(same) == 1:
                found.append(same[0])
                break
    if not found or len(set(found)) > 1 or found[0] in taken:
        return None
    known = next((each.sis_id for each in roster if each.id == found[0]), "")
    if person.sourced_id and known and not _same(known, person.sourced_id) and not _same(found[0], person.sourced_id):
        return None  # an address that somebody entered, with an ID number that the roster contradicts
    return found[0]


def _same(one: str, other: str) -> bool:
    """Whether two names are one, as systems for signing in see it.

    Only the 26 letters fold: `casefold` would make one of ß and ss, and of k and the Kelvin sign, which are two names.
    """
    return one == other or one.translate(_SMALL) == other.translate(_SMALL)


def rows_for(people: Sequence[Known], roster: Sequence[Student]) -> list[Student]:
    """Rows of roster.csv for the learners whom nobody of the roster is. Nobody gets an id that somebody has."""
    ids = {each.id.casefold() for each in roster}
    mails = {each.email.casefold() for each in roster if each.email}
    made = []
    for person in people:
        if person.role != LEARNER or person.student is not None:
            continue
        mailbox = person.email.partition("@")[0]
        wanted = [person.username, person.sourced_id, mailbox, f"lms-{person.sub}"]
        id = next((name for name in wanted if _can_be_id(name) and name.casefold() not in ids), None)
        if id is None:
            continue
        email = person.email if person.email.casefold() not in mails else ""
        ids.add(id.casefold())
        mails.add(email.casefold())
        sis_id = person.sourced_id if person.sourced_id != id else ""
        made.append(Student(id=id, name=person.name, email=email, sis_id=sis_id))
    return made


def _can_be_id(name: str) -> bool:
    return is_folder_name(name) and not is_odd_id(name)


def add_to_roster(file: Path, students: Sequence[Student]) -> None:
    """Write rows behind those of roster.csv, or a new one; what stands there is left as it is, to the byte.

    CourseError, and the file unchanged, if the result could not be read.
    """
    before = file.read_bytes() if file.exists() else b""
    if before.strip():
        try:
            header, *_ = read_rows(before)
        except NotATable as bad:
            raise CourseError(f"{file}:{bad.line}: {bad}") from None
        columns = [cell.strip().lower() for cell in header.cells]
        first = before.splitlines()[0].decode("utf-8-sig", "replace")
        separator = next((mark for mark in (";", "\t") if mark in first and "," not in first), ",")
    else:
        columns, separator = ["student", "name", "email", "sis_id"], ","
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n", delimiter=separator)
    if not before.strip():
        table.writerow(columns)
    for student in students:
        table.writerow([getattr(student, COLUMNS[column]) if column in COLUMNS else "" for column in columns])
    joint = b"" if not before.strip() or before.endswith((b"\n", b"\r")) else b"\n"
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_bytes((before if before.strip() else b"") + joint + out.getvalue().encode())
        read_roster(part)
        part.replace(file)
    except CourseError as wrong:
        raise CourseError(str(wrong).replace(str(part), str(file))) from None
    finally:
        part.unlink(missing_ok=True)
