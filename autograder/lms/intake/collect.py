"""An LMS's download into assignments/<slug>/submitted/<student>/: all of a student's attempt or nothing of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.lms.intake.archive import Archive, Entry, Unreadable, open_archive
from autograder.lms.intake.downloads import Claim, Download, NotNamed
from autograder.lms.intake.file_names import arrange, is_code, original_name
from autograder.lms.intake.matching import Matcher, Unmatched
from autograder.lms.intake.store import Incoming, Shelf, Status
from autograder.lms.intake.times import Times, read_times
from autograder.records import Course

_MAX_NAME = 200  # bytes of one part of a path, with room for what is put in front while writing
_MAX_PATH = 1000  # bytes of a path within a submission
_MAX_FILES = 500  # of code in one attempt
_STRANGER = "nobody on the roster fits this line, so its time of arrival was not used"
_OLDEST = datetime.min.replace(tzinfo=ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What became of one student's newest attempt. reason: why it was not taken, where it was not."""

    student: str
    status: Status
    files: tuple[str, ...]
    received_at: datetime | None
    late: bool = False
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Entries of the archive that went nowhere: whose they seem to be, why, and who on the roster has a like name."""

    who: str
    entries: tuple[str, ...]
    reason: str
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """All that one archive came to."""

    collected: tuple[Collected, ...]
    left: tuple[Left, ...]

    @property
    def need_human(self) -> bool:
        """Whether something was left out that only a person can place."""
        return bool(self.left) or any(each.status is Status.KEPT for each in self.collected)


_Handed = tuple[Claim, Entry]


def collect(
    course: Course,
    slug: str,
    archive: Path,
    source: Download,
    *,
    times: Path | None = None,
    replace_others: bool = False,
    dry_run: bool = False,
) -> Collection:
    """Take what is in the archive, whose names are those of source. UsageError if the archive is none.

    What is there already gives way to a newer attempt; to one that is only different, if replace_others. dry_run says
    the same and writes nothing.
    """
    if not course.roster:
        raise UsageError(f"{course.root / 'roster.csv'}: there is no roster to match the archive with; write one first")
    zone = ZoneInfo(course.timezone)
    matcher = Matcher(course.roster)
    known = read_times(times, matcher, zone) if times else Times()
    with open_archive(archive) as opened:
        people, left = _people(opened, source, slug, zone)
        matched, unmatched = _matched(people, matcher, known)
        left += unmatched
        left += [Left(who=who, entries=(place,), reason=_STRANGER) for place, who in known.strangers]
        collected: list[Collected] = []
        with Shelf(course.root, slug, replace_others=replace_others, dry_run=dry_run) as shelf:
            for student, handed in sorted(matched.items()):
                try:
                    incoming, notes = _incoming(opened, student, handed, slug, source.word, known)
                except Unreadable as refused:
                    left.append(_left(handed, str(refused)))
                    continue
                collected.append(_taken(shelf, incoming, notes))
    return Collection(collected=tuple(collected), left=tuple(left))


def _people(
    opened: Archive, source: Download, slug: str, zone: ZoneInfo
) -> tuple[dict[str, list[_Handed]], list[Left]]:
    people: dict[str, list[_Handed]] = defaultdict(list)
    left: list[Left] = []
    for entry in opened.entries:
        try:
            claim = source.read(entry.name, slug, zone)
        except NotNamed as reason:
            left.append(Left(who="", entries=(entry.name,), reason=entry.problem or str(reason)))
            continue
        if claim is not None:
            people[claim.person].append((claim, entry))
    return people, left


def _matched(
    people: dict[str, list[_Handed]], matcher: Matcher, known: Times
) -> tuple[dict[str, list[_Handed]], list[Left]]:
    claimed: dict[str, list[str]] = defaultdict(list)
    left: list[Left] = []
    for person, handed in people.items():
        claim = handed[0][0]
        try:
            claimed[matcher.match(claim, known.participants)].append(person)
        except Unmatched as reason:
            near = () if claim.anonymous else matcher.nearest(claim)
            left.append(replace(_left(handed, str(reason)), nearest=near))
    matched = {}
    for student, persons in claimed.items():
        if len(persons) == 1:
            matched[student] = people[persons[0]]
            continue
        for person in persons:
            told = f"{len(persons)} people of the archive fit {student}; add what tells them apart to roster.csv"
            left.append(_left(people[person], told))
    return matched, left


def _left(handed: list[_Handed], reason: str) -> Left:
    return Left(who=handed[0][0].label, entries=tuple(entry.name for _, entry in handed), reason=reason)


def _incoming(
    opened: Archive, student: str, handed: list[_Handed], slug: str, source: str, known: Times
) -> tuple[Incoming, list[str]]:
    """The newest attempt, read and arranged. Unreadable, naming the entry, if any code of it cannot be trusted."""
    newest = max(handed, key=_age)[0]
    attempt = [(claim, entry) for claim, entry in handed if claim.attempt == newest.attempt]
    notes = []
    if older := {claim.attempt for claim, _ in handed} - {newest.attempt}:
        notes.append(f"the newest of {len(older) + 1} attempts")
    files, passed_over = _code_of(opened, attempt, slug)
    if not files:
        raise Unreadable(f"no .py or .ipynb was handed in, only {', '.join(passed_over[:5])}")
    if passed_over:
        notes.append(f"left out: {', '.join(passed_over[:5])}{', ...' if len(passed_over) > 5 else ''}")
    if clash := next((str(up) for name in files for up in PurePosixPath(name).parents if str(up) in files), None):
        raise Unreadable(f"{clash}: is both a file and a folder")
    arranged, moved = arrange(files, slug)
    received_at = newest.received_at or known.received_at.get(student)
    late = any(claim.late for claim, _ in attempt)
    if late and received_at is None:
        notes.append("the LMS says late, but not when: without --times no penalty is taken")
    incoming = Incoming(
        student=student,
        files=arranged,
        received_at=received_at,
        order=max(claim.order for claim, _ in attempt),
        late=late,
        source=source,
        archive=opened.file.name,
    )
    return incoming, [*notes, *moved]


def _code_of(opened: Archive, attempt: list[_Handed], slug: str) -> tuple[dict[str, bytes], list[str]]:
    """The code of one attempt by name, later files over earlier ones, and the names of what is none."""
    files: dict[str, bytes] = {}
    passed_over = []
    for claim, entry in sorted(attempt, key=lambda pair: pair[0].order):
        name = _clean(claim.file)
        if not is_code(name):
            passed_over.append(name)
            continue
        if claim.order:
            name = original_name(name, slug)  # the running number says which of noising.py and noising-1.py is newer
        if any(len(part.encode()) > _MAX_NAME for part in name.split("/")) or len(name.encode()) > _MAX_PATH:
            too_long = f"has a name longer than {_MAX_NAME} bytes, or {_MAX_PATH} with its folders"
            raise Unreadable(f"{entry.name[:60]}...: {too_long}")
        if len(files) == _MAX_FILES:
            raise Unreadable(f"more than {_MAX_FILES} files of code were handed in")
        data = _read(opened, entry)
        if name in files and not claim.order and files[name] != data:
            raise Unreadable(f"{entry.name}: is in the archive twice, with different content")
        files[name] = data
    return files, passed_over


def _age(pair: _Handed) -> tuple[datetime, int, str]:
    claim = pair[0]
    return claim.received_at or _OLDEST, claim.order, claim.attempt


def _clean(name: str) -> str:
    return str(PurePosixPath(*(part for part in name.split("/") if part not in ("", "."))))


def _read(opened: Archive, entry: Entry) -> bytes:
    try:
        return opened.read(entry)
    except Unreadable as reason:
        raise Unreadable(f"{entry.name}: {reason}") from None


def _taken(shelf: Shelf, incoming: Incoming, notes: list[str]) -> Collected:
    status, reason = shelf.put(incoming)
    return Collected(
        student=incoming.student,
        status=status,
        files=tuple(sorted(incoming.files)),
        received_at=incoming.received_at,
        late=incoming.late,
        reason=reason,
        notes=tuple(notes),
    )
