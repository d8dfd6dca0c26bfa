"""When submissions came in, for archives that do not say it: from an LMS's own sheet.

Moodle's grading worksheet also says whose participant number is whose, which a zip with two students of one name needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.lms.intake.matching import Matcher
from autograder.lms.rows import NotATable, read_rows

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(
    r"(?:\w+,\s*)?(?P<day>\d{1,2})\s+(?P<month>[A-Za-z]{3})[a-z]*\s+(?P<year>\d{4}),?\s+"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s*(?P<half>[AaPp][Mm])?"
)
_IDENTITY = {  # column to the roster field it speaks of, the surest first
    "student": "id",
    "id number": "sis_id",
    "email address": "email",
    "email": "email",
    "username": "login",
    "full name": "name",
}
_WHEN = ("last modified (submission)", "received_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """received_at: student id to time. participants: Moodle's participant number to student id.

    strangers: lines with a time that fit nobody on the roster, (file:line, what they say).
    """

    received_at: dict[str, datetime] = field(default_factory=dict)
    participants: dict[str, str] = field(default_factory=dict)
    strangers: list[tuple[str, str]] = field(default_factory=list)


def read_times(file: Path, matcher: Matcher, zone: ZoneInfo) -> Times:
    """The times in Moodle's worksheet, or in any CSV with the columns student and received_at. UsageError (file:line).

    Times without an offset are in zone. A student whom two lines give different times is an error, too.
    """
    try:
        header, *rows = read_rows(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    except NotATable as bad:
        raise UsageError(f"{file}:{bad.line}: {bad}") from None
    columns = [name.strip().casefold() for name in header.cells]
    when = next((name for name in _WHEN if name in columns), None)
    if when is None or not _IDENTITY.keys() & set(columns):
        raise UsageError(
            f"{file}:1: names no times; it needs Moodle's `Last modified (submission)` (worksheet in English) "
            f"or the columns student and received_at"
        )
    times = Times()
    for row in rows:
        place = f"{file}:{row.line}"
        cells = dict(zip(columns, (cell.strip() for cell in row.cells), strict=True))
        student, told = _student(cells, matcher), cells[when].removeprefix("-")
        if student is None:
            if told:
                who = next(cells[name] for name in _IDENTITY if name in cells)
                times.strangers.append((place, f"{who}, {told}"))
            continue
        if number := re.search(r"\d+", cells.get("identifier", "")):
            times.participants[number[0]] = student
        if told:
            moment = _moment(told, zone)
            if moment is None:
                raise UsageError(f'{place}: {told!r} is no time; write "2026-10-12 23:59"')
            if times.received_at.setdefault(student, moment) != moment:
                raise UsageError(f"{place}: gives {student} another time than a line above it; take one out")
    return times


def _student(cells: dict[str, str], matcher: Matcher) -> str | None:
    for name, roster_field in _IDENTITY.items():
        if value := cells.get(name, ""):
            found = matcher.find(roster_field, value)
            if len(found) == 1:
                return next(iter(found))
    return None


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        said = _WRITTEN.fullmatch(text)
        if not said or said["month"].lower() not in _MONTHS:
            return None
        hour = int(said["hour"])
        if said["half"]:
            hour = hour % 12 + (12 if said["half"].lower() == "pm" else 0)
        month = _MONTHS.index(said["month"].lower()) + 1
        try:
            moment = datetime(
                int(said["year"]), month, int(said["day"]), hour, int(said["minute"]), int(said["second"] or 0)
            )
        except ValueError:
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
