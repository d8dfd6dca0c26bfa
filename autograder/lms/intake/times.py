"""What an LMS's own sheet says beside its archive: when submissions came in, whose number and whose team is whose.

Moodle's grading worksheet also says who has more time there, and whose submission is a draft.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.lms.intake.downloads import MONTHS
from autograder.lms.intake.matching import Matcher, Participant
from autograder.lms.rows import NotATable, read_rows

# Moodle writes the day first ("Friday, 2 October 2026, 11:30 AM"), its en_us the month ("Friday, October 2, 2026").
_WRITTEN = re.compile(
    r"(?:\w+,\s*)?(?:(?P<day>\d{1,2})\s+(?P<month>[A-Za-z]{3})[a-z]*|(?P<month2>[A-Za-z]{3})[a-z]*\s+(?P<day2>\d{1,2}),)"
    r"\s+(?P<year>\d{4}),?\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s*(?P<half>[AaPp][Mm])?"
)
_EXTENDED = re.compile(r"Extension granted until: (?P<until>.+?)(?: - |$)")
_IDENTITY = {  # column to the roster field it speaks of, the surest first
    "student": "id",
    "id number": "sis_id",
    "email address": "email",
    "email": "email",
    "username": "login",
    "full name": "name",
}
_WHEN = ("last modified (submission)", "received_at")
_IDENTIFIER = "identifier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """name: of the file, "" without one. received_at: student id to time. participants: Moodle's number to whose it is.

    teams: what the sheet calls a team to its members. drafts: who has not submitted what is there. extensions: until
    when the LMS gave somebody more time. strangers: lines with a time that fit nobody on the roster, (file:line, what
    they say).
    """

    name: str = ""
    received_at: dict[str, datetime] = field(default_factory=dict)
    participants: dict[str, Participant] = field(default_factory=dict)
    teams: dict[str, tuple[str, ...]] = field(default_factory=dict)
    drafts: set[str] = field(default_factory=set)
    extensions: dict[str, datetime] = field(default_factory=dict)
    strangers: list[tuple[str, str]] = field(default_factory=list)


def read_times(file: Path, matcher: Matcher, zone: ZoneInfo, *, blind: bool = False) -> Times:
    """The times in Moodle's worksheet, or in any CSV with the columns student and received_at. UsageError (file:line).

    Times without an offset are in zone. A student whom two lines give different times is an error, too. blind: the
    sheet has no names, and `Participant 25` is the student p25.
    """
    try:
        header, *rows = read_rows(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    except NotATable as bad:
        raise UsageError(f"{file}:{bad.line}: {bad}") from None
    columns = [name.strip().casefold() for name in header.cells]
    when = next((name for name in _WHEN if name in columns), None)
    nameless = not _IDENTITY.keys() & set(columns)
    if when is not None and nameless and _IDENTIFIER in columns and not blind:
        raise UsageError(
            f"{file}:1: is a worksheet of blind marking, which names nobody; collect with --blind, or reveal the "
            f"identities in Moodle and download both files again"
        )
    if when is None or (nameless and not (blind and _IDENTIFIER in columns)):
        raise UsageError(
            f"{file}:1: names no times; it needs Moodle's `Last modified (submission)` (worksheet in English) "
            f"or the columns student and received_at"
        )
    times = Times(name=file.name)
    for row in rows:
        cells = dict(zip(columns, (cell.strip() for cell in row.cells), strict=True))
        number = re.search(r"\d+", cells.get(_IDENTIFIER, ""))
        student = f"p{number[0]}" if blind and nameless and number else _student(cells, matcher)
        if number:
            times.participants[number[0]] = Participant(student=student, name=cells.get("full name", ""))
        _read(times, f"{file}:{row.line}", cells, cells[when].removeprefix("-"), student, zone)
    return times


def _read(times: Times, place: str, cells: dict[str, str], told: str, student: str | None, zone: ZoneInfo) -> None:
    if student is None:
        if told:
            who = next(cells[name] for name in _IDENTITY if name in cells)
            times.strangers.append((place, f"{who}, {told}"))
        return
    if team := cells.get("group", ""):
        times.teams[team] = (*times.teams.get(team, ()), student)
    status = cells.get("status", "")
    if status.startswith("Draft"):
        times.drafts.add(student)
    if (said := _EXTENDED.search(status)) and (until := _moment(said["until"].strip(), zone)):
        times.extensions[student] = until
    if told:
        moment = _moment(told, zone)
        if moment is None:
            raise UsageError(f'{place}: {told!r} is no time; write "2026-10-12 23:59"')
        if times.received_at.setdefault(student, moment) != moment:
            raise UsageError(f"{place}: gives {student} another time than a line above it; take one out")


def _student(cells: dict[str, str], matcher: Matcher) -> str | None:
    return matcher.identify({field: cells[name] for name, field in _IDENTITY.items() if cells.get(name)})


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        said = _WRITTEN.fullmatch(text)
        month = (said["month"] or said["month2"]).lower() if said else ""
        if not said or month not in MONTHS:
            return None
        hour = int(said["hour"])
        if said["half"]:
            hour = hour % 12 + (12 if said["half"].lower() == "pm" else 0)
        try:
            moment = datetime(
                int(said["year"]),
                MONTHS.index(month) + 1,
                int(said["day"] or said["day2"]),
                hour,
                int(said["minute"]),
                int(said["second"] or 0),
            )
        except ValueError:
            return None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
