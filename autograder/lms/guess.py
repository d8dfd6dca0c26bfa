"""Whose download an archive is, by how its entries are named. Only names are read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.lms.intake.archive import open_archive
from autograder.lms.intake.downloads import Download, NotNamed
from autograder.lms.registry import DOWNLOADS


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """download: whose names most entries have; named: how many have, of how many."""

    download: Download
    named: int
    entries: int


def guess(archive: Path, slug: str, zone: ZoneInfo) -> Guess | None:
    """The one LMS whose names most entries of the archive have; None if no LMS or several know as many.

    An LMS whose names could be anybody's is taken only where no other knows any. UsageError if the archive is none.
    """
    with open_archive(archive) as opened:
        names = [entry.name for entry in opened.entries]
    for vague in (False, True):
        known = {each.word: _named(each, names, slug, zone) for each in DOWNLOADS.values() if each.vague == vague}
        most = max(known.values(), default=0)
        best = [word for word, count in known.items() if count == most]
        if most:
            return Guess(download=DOWNLOADS[best[0]], named=most, entries=len(names)) if len(best) == 1 else None
    return None


def guessed(archive: Path, slug: str, zone: ZoneInfo) -> Guess:
    """The same; UsageError where nobody knows."""
    found = guess(archive, slug, zone)
    if found is None:
        raise UsageError(
            f"{archive}: no LMS names files so, or several do; say whose it is: --from {', '.join(DOWNLOADS)}"
        )
    return found


def _named(download: Download, names: list[str], slug: str, zone: ZoneInfo) -> int:
    count = 0
    for name in names:
        try:
            count += download.read(name, slug, zone) is not None
        except NotNamed:
            continue
    return count
