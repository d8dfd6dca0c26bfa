"""nbgrader: its exchange, or any tree of `submitted/`, as a zip. Its own export is nbgrader's affair."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from autograder.lms.intake.downloads import Claim, Download, NotNamed, time_of
from autograder.lms.system import System

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
                said["student"], parts[index + 1 :], attempt=part, at=time_of(clock, "%Y-%m-%d-%H-%M-%S", told)
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


SYSTEM = System(
    download=Download(
        word="nbgrader",
        name="nbgrader",
        read=_nbgrader,
        made="a zip of the exchange's `inbound/`, or of any tree of `submitted/`",
        times="in the names in `inbound/`",
        vague=True,
    ),
)
