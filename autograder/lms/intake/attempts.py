"""Which of a student's attempts counts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from autograder.lms.intake.contents import Handed

_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Files that were handed in together. by: who handed them in, as the archive tells people apart."""

    by: str
    handed: tuple[Handed, ...]
    received_at: datetime | None
    order: int

    @property
    def label(self) -> str:
        """A folder's name that tells this attempt from the student's others."""
        if self.received_at:
            return f"{self.received_at.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}"
        return f"number-{self.order}"


def attempts_of(handed: Iterable[Handed], received_at: datetime | None = None) -> list[Attempt]:
    """The attempts, the oldest first. received_at: when the newest came in, where the names do not say."""
    together: dict[tuple[str, str], list[Handed]] = defaultdict(list)
    for claim, entry in handed:
        together[claim.person, claim.attempt].append((claim, entry))
    found = [
        Attempt(
            by=by,
            handed=tuple(pairs),
            received_at=max((c.received_at for c, _ in pairs if c.received_at), default=None),
            order=max(c.order for c, _ in pairs),
        )
        for (by, _), pairs in together.items()
    ]
    found.sort(key=lambda attempt: (attempt.received_at or _OLDEST, attempt.order, attempt.handed[0][0].attempt))
    if found[-1].received_at is None and received_at:
        last = found[-1]
        found[-1] = Attempt(by=last.by, handed=last.handed, received_at=received_at, order=last.order)
    return found


def choose(
    attempts: list[Attempt], *, counts: str, at_most: int | None, deadline: datetime | None
) -> tuple[Attempt, list[str]]:
    """The attempt that counts, and what a person should know of the others.

    counts: "last"; "last_on_time": the last before the deadline, where there is one; or "best", which `grade` finds out
    among all that are kept, so that the last is taken here. at_most: attempts after so many
    do not count.
    """
    notes = []
    allowed = attempts[:at_most] if at_most else attempts
    if len(allowed) < len(attempts):
        notes.append(f"{len(attempts)} attempts, of which the first {at_most} count")
    chosen = allowed[-1]
    if counts == "best":
        if len(allowed) > 1:
            notes.append(f"the newest of {len(allowed)} attempts that count; `grade` takes the best")
        return chosen, notes
    in_time = [a for a in allowed if deadline and a.received_at and a.received_at <= deadline]
    if in_time and in_time[-1] is not chosen:
        at = f"{in_time[-1].received_at:%Y-%m-%d %H:%M}"
        if counts == "last_on_time":
            chosen = in_time[-1]
            notes.append(f"the last of {len(in_time)} attempts in time counts, of {len(attempts)}")
        else:
            notes.append(f"an earlier attempt of {at} was in time; `attempts: last_on_time` in course.yml takes that")
    if len(attempts) > 1 and not notes:
        notes.append(f"the newest of {len(attempts)} attempts")
    elif len(attempts) > 1 and chosen is attempts[-1]:
        notes.insert(0, f"the newest of {len(attempts)} attempts")
    return chosen, notes
