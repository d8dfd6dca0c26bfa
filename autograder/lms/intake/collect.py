"""An LMS's download into assignments/<slug>/submitted/<student>/: all of a student's attempt or nothing of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from autograder.errors import UsageError
from autograder.lms.intake.archive import Archive, Entry, Unreadable, open_archive
from autograder.lms.intake.attempts import Attempt, attempts_of, choose
from autograder.lms.intake.contents import Handed, read_attempt
from autograder.lms.intake.downloads import Download, NotNamed
from autograder.lms.intake.matching import Matcher, Unmatched
from autograder.lms.intake.store import Incoming, Shelf, Status
from autograder.lms.intake.times import Times, read_times
from autograder.records import Assignment, Course

_STRANGER = "nobody on the roster fits this line, so its time of arrival was not used"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matched:
    """What the archive has for one student, and what a person should know of how it was found."""

    handed: tuple[Handed, ...]
    notes: tuple[str, ...] = ()


def collect(
    course: Course,
    slug: str,
    archive: Path,
    source: Download,
    *,
    times: Path | None = None,
    replace_others: bool = False,
    dry_run: bool = False,
    blind: bool = False,
) -> Collection:
    """Take what is in the archive, whose names are those of source. UsageError if the archive is none.

    What is there already gives way to a newer attempt; to one that is only different, if replace_others. dry_run says
    the same and writes nothing. blind: the LMS hid the names, and each student gets the id that the LMS knows.
    """
    if not course.roster and not blind:
        raise UsageError(f"{course.root / 'roster.csv'}: there is no roster to match the archive with; write one first")
    assignment = next(each for each in course.assignments if each.slug == slug)
    zone = ZoneInfo(course.timezone)
    matcher = Matcher(course.roster, fold=source.fold, teams=assignment.groups)
    known = read_times(times, matcher, zone, blind=blind) if times else Times()
    matcher.add_teams(known.teams)
    with open_archive(archive) as opened:
        people, left = _people(opened.entries, source, slug, zone)
        _stamped(opened, source, people)
        matched, unmatched = _matched(people, matcher, known, blind=blind)
        left += unmatched
        left += [Left(who=who, entries=(place,), reason=_STRANGER) for place, who in known.strangers]
        matched = _shared(matched, assignment, known)
        collected: list[Collected] = []
        with Shelf(course.root, slug, replace_others=replace_others, dry_run=dry_run) as shelf:
            for student, found in sorted(matched.items()):
                try:
                    collected.append(_taken(opened, shelf, course, assignment, student, found, source, known))
                except Unreadable as refused:
                    left.append(_left(found.handed, str(refused)))
    return Collection(collected=tuple(collected), left=tuple(dict.fromkeys(left)))


def _people(
    entries: Iterable[Entry], source: Download, slug: str, zone: ZoneInfo
) -> tuple[dict[str, list[Handed]], list[Left]]:
    people: dict[str, list[Handed]] = defaultdict(list)
    left: list[Left] = []
    for entry in entries:
        try:
            claim = source.read(entry.name, slug, zone)
        except NotNamed as reason:
            left.append(Left(who="", entries=(entry.name,), reason=entry.problem or str(reason)))
            continue
        if claim is not None:
            people[claim.person].append((claim, entry))
    return people, left


def _stamped(opened: Archive, source: Download, people: dict[str, list[Handed]]) -> None:
    """Give each claim the time that the LMS wrote into a file of its own beside that person's."""
    if source.stamp is None or source.time_in is None:
        return
    for entry in opened.entries:
        person = source.stamp(entry.name)
        if person not in people:
            continue
        try:
            at = source.time_in(opened.read(entry).decode("utf-8", "replace"))
        except Unreadable:
            continue
        people[person] = [(replace(claim, received_at=at), each) for claim, each in people[person]]


def _matched(
    people: Mapping[str, list[Handed]], matcher: Matcher, known: Times, *, blind: bool
) -> tuple[dict[str, _Matched], list[Left]]:
    claimed: dict[str, list[tuple[str, str]]] = defaultdict(list)
    left: list[Left] = []
    for person, handed in people.items():
        claim = handed[0][0]
        if blind and claim.blind:
            claimed[claim.blind].append((person, ""))
            continue
        try:
            match = matcher.match(claim, known.participants)
        except Unmatched as reason:
            near = () if claim.anonymous else matcher.nearest(claim)
            left.append(replace(_left(handed, str(reason)), nearest=near))
            continue
        for student in match.students:
            claimed[student].append((person, match.note))
    matched = {}
    for student, persons in claimed.items():
        if len(persons) == 1:
            ((person, note),) = persons
            matched[student] = _Matched(handed=tuple(people[person]), notes=(note,) if note else ())
            continue
        for person, _ in persons:
            told = f"{len(persons)} people of the archive fit {student}; add what tells them apart to roster.csv"
            left.append(_left(people[person], told))
    return matched, left


def _shared(matched: Mapping[str, _Matched], assignment: Assignment, known: Times) -> dict[str, _Matched]:
    """The same with each member of a group of course.yml having what the newest of its members handed in."""
    shared = dict(matched)
    for name, members in assignment.groups.items():
        there = [member for member in members if member in matched]
        if not there:
            continue
        newest = max(there, key=lambda member: _age(attempts_of(matched[member].handed, known.received_at.get(member))))
        others = [member for member in there if matched[member].handed != matched[newest].handed]
        note = f"handed in by {newest} for the group {name}"
        if others:
            note += f", and by {', '.join(others)} as well: the newest counts"
        for member in members:
            shared[member] = _Matched(handed=matched[newest].handed, notes=(*matched[newest].notes, note))
            if newest in known.received_at and member not in there:
                known.received_at.setdefault(member, known.received_at[newest])
    return shared


def _age(attempts: list[Attempt]) -> tuple[datetime, int]:
    last = attempts[-1]
    return last.received_at or datetime.min.replace(tzinfo=UTC), last.order


def _left(handed: Iterable[Handed], reason: str) -> Left:
    pairs = list(handed)
    return Left(who=pairs[0][0].label, entries=tuple(entry.name for _, entry in pairs), reason=reason)


def _taken(
    opened: Archive,
    shelf: Shelf,
    course: Course,
    assignment: Assignment,
    student: str,
    found: _Matched,
    source: Download,
    known: Times,
) -> Collected:
    """One student's attempt that counts, put where it is graded, and the others kept beside."""
    deadline = _deadline(assignment, student)
    attempts = attempts_of(found.handed, known.received_at.get(student))
    chosen, told = choose(attempts, counts=assignment.attempts, at_most=assignment.max_attempts, deadline=deadline)
    others = [each.slug for each in course.assignments if each.slug != assignment.slug]
    room = round(course.limits.submission_mib * 2**20)
    contents = read_attempt(opened, chosen.handed, assignment.slug, others=others, room=room, texts=assignment.files)
    notes = [*found.notes, *told, *contents.notes, *_said_there(assignment, student, known)]
    late = any(claim.late for claim, _ in chosen.handed)
    if late and chosen.received_at is None:
        where = f"{known.name} has no line for {student}, so" if known.name else "without --times"
        notes.append(f"the LMS says late, but not when: {where} no penalty is taken")
    status, reason = shelf.put(
        Incoming(
            student=student,
            files=contents.files,
            received_at=chosen.received_at,
            order=chosen.order,
            late=late,
            source=source.word,
            archive=opened.file.name,
            deadline=deadline if assignment.attempts == "last_on_time" else None,
            best=assignment.attempts == "best",
        )
    )
    for other in attempts:
        if other is not chosen:
            try:
                shelf.keep(
                    student,
                    other.label,
                    read_attempt(opened, other.handed, assignment.slug, texts=assignment.files).files,
                )
            except Unreadable as refused:
                notes.append(f"the attempt {other.label} could not be kept: {refused}")
    return Collected(
        student=student,
        status=status,
        files=tuple(sorted(contents.files)),
        received_at=chosen.received_at,
        late=late,
        reason=reason,
        notes=tuple(notes),
    )


def _said_there(assignment: Assignment, student: str, known: Times) -> list[str]:
    """What the LMS's own sheet says of a submission beside its time."""
    notes = []
    if student in known.drafts:
        notes.append("a draft in the LMS: the student has not submitted it")
    until, ours = known.extensions.get(student), assignment.extensions.get(student)
    if until and (ours is None or ours < until):
        notes.append(
            f"the LMS gave more time; in course.yml that is "
            f'`extensions: {{{student}: "{until:%Y-%m-%d %H:%M}"}}` of {assignment.slug}'
        )
    return notes


def _deadline(assignment: Assignment, student: str) -> datetime | None:
    """Until when work of a student is in time: the due date or the extension, whichever is later, and the grace."""
    dates = [each for each in (assignment.due, assignment.extensions.get(student)) if each]
    return max(dates).astimezone(UTC) + timedelta(minutes=assignment.late.grace_minutes) if dates else None
