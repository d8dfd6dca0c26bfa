"""What the service's own pages show, counted from hand-ins and results. Reads only."""

from __future__ import annotations

import difflib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from autograder.lms.intake.archive import Archive, Unreadable
from autograder.lms.intake.contents import Contents, read_attempt
from autograder.lms.intake.downloads import Claim
from autograder.reading import cells
from autograder.records import RECEIVED_FILE, Assignment, Course, GradedSubmission
from autograder.results.disclosure import OUTCOME_WORDS
from autograder.scoring import due_for, hundredths
from autograder.server.store import HandIn, State
from autograder.submissions.candidates import format_of

_MOST_LINES = 400  # of what changed between two attempts
_WORDS = {
    State.QUEUED: "waiting to be graded",
    State.DONE: "graded",
    State.KEPT: "kept, not graded",
    State.STUCK: "waiting: something on our side went wrong, and it is tried again",
}
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One hand-in as a row of a list. score: as words, "" if there is none. counts: whether it lies in the course."""

    hand_in: HandIn
    when: str
    state: str
    score: str
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an attempt changed since the one before. checks: sentences; lines: (kind, text) of a unified diff."""

    checks: tuple[str, ...]
    lines: tuple[tuple[str, str], ...]
    cut: bool = False


def upload(
    files: Sequence[tuple[str, bytes]], slug: str, others: Iterable[str], room: int, texts: Sequence[str] = ()
) -> Contents:
    """What a browser sent, read as `grade collect` reads an archive: zips opened, names cleaned, code whole or nothing.

    files: name and bytes; slug: of the assignment; others: the course's other slugs; room: bytes that grading reads.
    texts: what is handed in beside code or without any.
    Unreadable, in the student's words, if nothing can be taken.
    """
    named: dict[str, bytes] = {}
    for name, data in files:
        if named.setdefault(_plain(name), data) != data:
            raise Unreadable(f"{_plain(name)}: was chosen twice, with different content")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, data in named.items():
            made.writestr(zipfile.ZipInfo(name), data)
    opened = Archive(Path("what was handed in"), zipfile.ZipFile(packed))
    handed = []
    for entry in opened.entries:
        if entry.problem:
            raise Unreadable(f"{entry.name[:60]}: {entry.problem}")
        handed.append((Claim(person="", label="", who=(), file=entry.name), entry))
    if not handed:
        raise Unreadable(f"no file was chosen; choose {' and '.join(texts) or 'a .py or .ipynb file'}")
    return read_attempt(opened, handed, slug, others=others, room=room, texts=texts)


def _plain(name: str) -> str:
    """A file's name without the folders that a browser may put before it."""
    return PurePosixPath(name.replace("\\", "/").replace("\0", "")).name or "unnamed"


def counting(course: Course, slug: str, student: str) -> int | None:
    """The number of the hand-in that lies in the course; None if another way than this service put it there."""
    try:
        record = json.loads((course.root / "assignments" / slug / RECEIVED_FILE).read_bytes())
        entry = record.get(student, {})
        return int(entry["order"]) if entry.get("from") == "serve" else None
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return None


def attempts(
    course: Course, hand_ins: Iterable[HandIn], counts: Mapping[str, int | None], at_work: Iterable[int]
) -> list[Attempt]:
    """Rows of hand-ins, the newest first. counts: slug to the one that counts."""
    working = set(at_work)
    rows = []
    for each in sorted(hand_ins, key=lambda each: -each.id):
        rows.append(
            Attempt(
                hand_in=each,
                when=when(course, each.received_at),
                state="being graded now" if each.id in working else state_words(each),
                score=score_words(each.score, each.max_score),
                counts=counts.get(each.assignment) == each.id,
            )
        )
    return rows


def state_words(hand_in: HandIn) -> str:
    """A hand-in's state in words."""
    if hand_in.state is State.DONE and hand_in.score is None and hand_in.kind == "hand-in":
        return "not judged: something on our side went wrong, and a person will look at it"
    return _WORDS[hand_in.state]


def score_words(score: float | None, of: float | None) -> str:
    """A score as pages show it, "" if there is none."""
    return "" if score is None or of is None else f"{hundredths(score)} of {hundredths(of)}"


def when(course: Course, at: datetime) -> str:
    """A time in the course's zone."""
    return f"{at.astimezone(ZoneInfo(course.timezone)):%Y-%m-%d %H:%M:%S}"


def due_words(course: Course, assignment: Assignment, student: str, now: datetime) -> str:
    """Until when a student has time, and what lateness costs."""
    due = due_for(assignment, student)
    if student in assignment.excused:
        return "You are excused from this one."
    if due is None:
        return "It has no deadline."
    told = f"Due {due.astimezone(ZoneInfo(course.timezone)):%Y-%m-%d %H:%M} ({course.timezone})."
    if now <= due:
        return told
    if assignment.attempts == "last_on_time":
        return f"{told} That has passed: a hand-in of before it stays the one that counts."
    if assignment.late.penalty_per_day:
        cost = hundredths(assignment.late.penalty_per_day)
        return f"{told} That has passed: each day begun costs {cost} % of the points."
    return f"{told} That has passed; handing in late costs nothing here."


def team_of(assignment: Assignment, student: str) -> tuple[str, tuple[str, ...]]:
    """A student's team and its members; without one, "" and the student."""
    for name, members in assignment.groups.items():
        if student in members:
            return name, tuple(members)
    return "", (student,)


def change(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    graded_before: GradedSubmission | None,
    graded_after: GradedSubmission | None,
) -> Change:
    """What changed between two attempts: code, and how checks ended."""
    lines: list[tuple[str, str]] = []
    for name in sorted({*before, *after}):
        if format_of(name) is None:
            if before.get(name) != after.get(name):
                lines.append(("file", f"{name}: {_fate(name, before, after)}"))
            continue
        told = list(difflib.unified_diff(_code(before.get(name)), _code(after.get(name)), name, name, lineterm="", n=2))
        lines += [(_kind(line, place), line) for place, line in enumerate(told)]
    return Change(
        checks=tuple(_checks(graded_before, graded_after)),
        lines=tuple(lines[:_MOST_LINES]),
        cut=len(lines) > _MOST_LINES,
    )


def _fate(name: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> str:
    if name not in before:
        return "new"
    return "changed" if name in after else "gone"


def _kind(line: str, place: int) -> str:
    if place < 2:
        return "file"
    return {"+": "added", "-": "removed", "@": "place"}.get(line[:1], "same")


def _code(data: bytes | None) -> list[str]:
    if data is None:
        return []
    text = data.decode("utf-8", "replace")
    if cells.is_notebook(text):
        with suppress(ValueError, RecursionError):
            text = "\n\n".join(cells.notebook(text).code)
    lines = text.splitlines()
    return ["".join(c if c.isprintable() or c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in line) for line in lines]


def _checks(before: GradedSubmission | None, after: GradedSubmission | None) -> Iterable[str]:
    if before is None or after is None:
        return
    earlier = {check.id: check for check in before.checks}
    for check in after.checks:
        old = earlier.get(check.id)
        if old is not None and (old.outcome, old.points) != (check.outcome, check.points):
            words = f"{OUTCOME_WORDS[old.outcome]} to {OUTCOME_WORDS[check.outcome]}"
            yield f"{check.title}: {words} ({hundredths(old.points)} to {hundredths(check.points)} points)"
