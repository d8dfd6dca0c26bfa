"""When submissions came in, for archives that do not say it: from an LMS's own sheet.

Moodle's grading worksheet also says whose participant number is whose, which a zip with two students of one name needs.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.planning.matching import Matcher

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
    """received_at: student id to time. participants: Moodle's participant number to student id."""

    received_at: dict[str, datetime] = field(default_factory=dict)
    participants: dict[str, str] = field(default_factory=dict)


def read_times(file: Path, matcher: Matcher, zone: ZoneInfo) -> Times:
    """The times in Moodle's worksheet, or in any CSV with the columns student and received_at. UsageError (file:line).

    Times without an offset are in zone. Lines of people who are not on the roster are passed over.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: is not UTF-8; save it as CSV UTF-8") from None
    first = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    columns = {name.strip().casefold(): name for name in rows.fieldnames or () if name}
    when = next((columns[name] for name in _WHEN if name in columns), None)
    if when is None or not _IDENTITY.keys() & columns.keys():
        raise UsageError(
            f"{file}:1: names no times; it needs Moodle's `Last modified (submission)` (worksheet in English) "
            f"or the columns student and received_at"
        )
    times = Times()
    for row in rows:
        student = _student(row, columns, matcher)
        if student is None:
            continue
        number = re.search(r"\d+", row.get(columns.get("identifier", "")) or "")
        if number:
            times.participants[number[0]] = student
        told = (row.get(when) or "").strip()
        if told not in ("", "-"):
            moment = _moment(told, zone)
            if moment is None:
                raise UsageError(f'{file}:{rows.line_num}: {told!r} is no time; write "2026-10-12 23:59"')
            times.received_at[student] = moment
    return times


def _student(row: dict[str, str | None], columns: dict[str, str], matcher: Matcher) -> str | None:
    for name, roster_field in _IDENTITY.items():
        if value := (row.get(columns.get(name, "")) or "").strip():
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
