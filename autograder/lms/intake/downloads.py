"""How each LMS names the files in its download: whose each file is, which attempt, and when it came in.

Only names are read here. A time inside a file is a student's word; a time in a name that the LMS gave is the LMS's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

FORMATS = ("canvas", "moodle", "blackboard", "brightspace", "nbgrader")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the name of one entry says.

    person: tells people of this archive apart; label: how to speak of them; who: (roster field, value) to try, the
    surest first; file: its name in the submission; attempt: files of one attempt share it; order: the LMS's running
    number where it has one, the higher the newer. anonymous: the LMS hid who it is.
    """

    person: str
    label: str
    who: tuple[tuple[str, str], ...]
    file: str
    attempt: str = ""
    order: int = 0
    received_at: datetime | None = None
    late: bool = False
    anonymous: bool = False


class NotNamed(Exception):
    """The name is not one that this LMS gives, or not one of this assignment: the reason."""


def read_name(name: str, source: str, slug: str, zone: ZoneInfo) -> Claim | None:
    """What an entry's name says in the manner of source (one of FORMATS); None for files the LMS adds of its own.

    Local times are in zone. NotNamed, with the form that was looked for, for any other name.
    """
    return _READERS[source](name, slug, zone)


# In all of these names the front is the LMS's and the end the student's, who may have put another name of this form
# into it, behind a backslash too: whatever is looked for is the first that fits.
def _first_fit(form: re.Pattern[str], name: str) -> re.Match[str] | None:
    parts = name.split("/")
    fits = (form.fullmatch("/".join(parts[start:])) for start in range(len(parts)))
    return next(filter(None, fits), None)


_CANVAS = re.compile(
    r"(?:anon_(?P<hidden>[^_/]+)_(?:LATE_)?\d+|(?P<name>[^/]+?)(?P<late>_LATE)?_(?P<user>\d+)_(?P<order>\d+))_(?P<file>.+)",
    re.IGNORECASE,
)


def _canvas(name: str, slug: str, zone: ZoneInfo) -> Claim:
    said = _first_fit(_CANVAS, name)
    if not said:
        raise NotNamed("is not named as Canvas names it: name_userid_fileid_file")
    if hidden := said["hidden"]:
        return Claim(person=hidden, label=f"anonymous {hidden}", who=(), file=said["file"], anonymous=True)
    return Claim(
        person=said["user"],
        label=f"{said['name']} ({said['user']})",
        who=(("lms_id", said["user"]), ("mash", said["name"])),
        file=said["file"],
        order=int(said["order"]),
        late=bool(said["late"]),
    )


_MOODLE = re.compile(
    r"(?:.*?/)??(?P<name>[^_/]*)_(?P<id>\d+)_assignsubmission_(?P<plugin>file|onlinetext)(?:_?/|_)(?P<file>.+)"
)
_PARTICIPANT = re.compile(r"\D*\d+")


def _moodle(name: str, slug: str, zone: ZoneInfo) -> Claim:
    said = _MOODLE.fullmatch(name)
    if not said:
        raise NotNamed("is not named as Moodle names it: Full name_number_assignsubmission_file_/file")
    full = said["name"].strip()
    names = [full, *([full.partition("-")[2]] if "-" in full else [])]  # in group work the group stands in front
    return Claim(
        person=said["id"],
        label=f"{full} (participant {said['id']})",
        who=(("participant", said["id"]), *(("name", each) for each in names)),
        file=said["file"],
        anonymous=bool(_PARTICIPANT.fullmatch(full)),
    )


_BLACKBOARD = re.compile(r"(?P<who>[^/]+?)_attempt_(?P<at>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)")


def _blackboard(name: str, slug: str, zone: ZoneInfo) -> Claim | None:
    said = _first_fit(_BLACKBOARD, name)
    if not said:
        raise NotNamed("is not named as Blackboard names it: assignment_username_attempt_date_file")
    if not said["file"]:
        return None  # the receipt
    # Titles and user names may both hold `_`: the longest end that is somebody's login is the login.
    parts = said["who"].split("_")
    ends = ["_".join(parts[start:]) for start in range(1, len(parts))] or parts
    return Claim(
        person=said["who"],
        label=ends[-1],
        who=tuple((field, end) for field in ("login", "id", "sis_id", "email") for end in ends),
        file=said["file"],
        attempt=said["at"],
        received_at=_time(said["at"], "%Y-%m-%d-%H-%M-%S", zone),
    )


_BRIGHTSPACE = re.compile(
    r"(?P<user>\d+)-(?P<folder>\d+) - (?P<name>.+?) - (?P<month>[A-Za-z]{3})[a-z]*\.? (?P<day>\d{1,2}), (?P<year>\d{4})"
    r" (?P<hour>\d{1,2}?):?(?P<minute>\d\d) ?(?P<half>[AP]M)(?: - (?P<file>.+))?"
)


def _brightspace(name: str, slug: str, zone: ZoneInfo) -> Claim | None:
    parts = name.split("/")
    for index, part in enumerate(parts):
        if said := _BRIGHTSPACE.fullmatch(part):
            file = "/".join(filter(None, [said["file"], *parts[index + 1 :]]))
            return Claim(
                person=f"{said['user']} {said['name']}",
                label=said["name"],
                who=(("name", said["name"]),),
                file=file,
                attempt=part if not said["file"] else part.removesuffix(f" - {said['file']}"),
                received_at=_brightspace_time(said, zone),
            )
    if parts[-1] == "index.html":
        return None
    raise NotNamed("is not named as Brightspace names it: number-number - First Last - Oct 12, 2026 1159 PM/file")


def _brightspace_time(said: re.Match[str], zone: ZoneInfo) -> datetime | None:
    if said["month"].lower() not in _MONTHS:
        return None
    month = _MONTHS.index(said["month"].lower()) + 1
    hour = int(said["hour"]) % 12 + (12 if said["half"] == "PM" else 0)
    try:
        return datetime(int(said["year"]), month, int(said["day"]), hour, int(said["minute"]), tzinfo=zone)
    except ValueError:
        return None


_INBOUND = re.compile(
    r"(?P<student>[^+]+)\+(?P<slug>[^+]+)\+(?P<at>\d{4}-\d\d-\d\d \d\d.\d\d.\d\d(?:\.\d+)?) "
    r"(?P<zone>[\w/+-]+?)(?:\+.*)?"
)


def _nbgrader(name: str, slug: str, zone: ZoneInfo) -> Claim | None:
    parts = name.split("/")
    if parts[-1] == "timestamp.txt":
        return None  # a file that the student could have written
    for index, part in enumerate(parts[:-1]):
        if said := _INBOUND.fullmatch(part):
            if said["slug"] != slug:
                raise NotNamed(f"is of the assignment {said['slug']!r}, not {slug!r}")
            local = said["at"][:19]
            clock = "-".join((local[:10], local[11:13], local[14:16], local[17:19]))
            told = ZoneInfo("UTC") if said["zone"] in ("UTC", "GMT", "Z") else zone
            return _of_nbgrader(
                said["student"], parts[index + 1 :], attempt=part, at=_time(clock, "%Y-%m-%d-%H-%M-%S", told)
            )
    student, rest = _in_tree(parts, slug)
    return _of_nbgrader(student, rest)


def _of_nbgrader(student: str, rest: list[str], *, attempt: str = "", at: datetime | None = None) -> Claim:
    who = tuple((field, student) for field in ("id", "login", "sis_id", "lms_id", "email"))
    return Claim(person=student, label=student, who=who, file="/".join(rest), attempt=attempt, received_at=at)


def _in_tree(parts: list[str], slug: str) -> tuple[str, list[str]]:
    """Student and path in each shape that nbgrader's tree has: submitted/student/slug, slug/submitted/student..."""
    wanted = f"is not where nbgrader keeps it: submitted/student/{slug}/file or {slug}/submitted/student/file"
    if "submitted" in parts[:-2]:
        index = parts.index("submitted")
        student, rest = parts[index + 1], parts[index + 2 :]
        if parts[max(index - 1, 0)] == slug or len(rest) == 1:
            return student, rest
        if rest[0] != slug:
            raise NotNamed(f"is of the assignment {rest[0]!r}, not {slug!r}")
        return student, rest[1:]
    if slug in parts[:-1]:
        index = parts.index(slug)
        if index > 0:
            return parts[index - 1], parts[index + 1 :]
        if len(parts) >= 3:
            return parts[1], parts[2:]
    if len(parts) == 2:
        return parts[0], parts[1:]
    raise NotNamed(wanted)


def _time(text: str, form: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=zone)
    except ValueError:
        return None


_READERS: dict[str, Callable[[str, str, ZoneInfo], Claim | None]] = {
    "canvas": _canvas,
    "moodle": _moodle,
    "blackboard": _blackboard,
    "brightspace": _brightspace,
    "nbgrader": _nbgrader,
}
