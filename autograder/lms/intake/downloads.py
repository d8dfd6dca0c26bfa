"""How each LMS names the files in its download: whose each file is, which attempt, and when it came in.

Only names are read here. A time inside a file is a student's word; a time in a name that the LMS gave is the LMS's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What the name of one entry says.

    person: tells people of this archive apart; label: how to speak of them; who: (roster field, value) to try, the
    surest first; file: its name in the submission; attempt: files of one attempt share it; order: the LMS's running
    number where it has one, the higher the newer. anonymous: the LMS hid who it is; blind: the id to use for such a
    student, if the LMS takes grades back under it. name: of the person or team, as the LMS wrote it; advice: what to
    try if nobody fits.
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
    blind: str = ""
    name: str = ""
    advice: str = ""


class NotNamed(Exception):
    """The name is not one that this LMS gives, or not one of this assignment: the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One LMS's archive of submissions, `--from`'s word for it.

    read: what an entry's name says, given the assignment's slug and the course's time zone; None for files that the LMS
    adds of its own, NotNamed for any name that this LMS does not give. made: where in the LMS the archive is made;
    times: where it says when each came in. Both are Markdown for the documents. fold: what the LMS makes of a name that
    it puts into a file's. vague: its names could be anybody's, so that an archive is not taken for this LMS's while
    another knows the names. stamp: the person whose time of arrival an entry holds, as the LMS wrote it, or None;
    time_in: that time in the entry's text.
    """

    word: str
    name: str
    read: Callable[[str, str, ZoneInfo], Claim | None]
    made: str
    times: str
    fold: Callable[[str], str] = str
    vague: bool = False
    stamp: Callable[[str], str | None] | None = None
    time_in: Callable[[str], datetime | None] | None = None


# In all of these names the front is the LMS's and the end the student's, who may have put another name of this form
# into it, behind a backslash too: whatever is looked for is the first that fits.
def first_fit(form: re.Pattern[str], name: str) -> re.Match[str] | None:
    """The first end of a path that has this form."""
    parts = name.split("/")
    fits = (form.fullmatch("/".join(parts[start:])) for start in range(len(parts)))
    return next(filter(None, fits), None)


def time_of(text: str, form: str, zone: ZoneInfo) -> datetime | None:
    """A local time in a name; None if it is none."""
    try:
        return datetime.strptime(text, form).replace(tzinfo=zone)
    except ValueError:
        return None
