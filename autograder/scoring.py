"""Points to scores, lateness and the course total. Pure: the same records in, the same numbers out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from autograder.records import Assignment, CheckResult, Course, LatePolicy, Outcome

DAY = timedelta(days=1)
NEVER = datetime(9000, 1, 1, tzinfo=UTC)  # a date from then on is no deadline; before it, days can be added
DIGITS = 2  # a score is told to the hundredth of a point, here and in every LMS


def hundredths(value: float) -> str:
    """Points as people read them, to DIGITS places without needless zeros: 12.5, 100."""
    return f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseTotal:
    """One student's standing. percent: 0..100 of what counts; None if nothing counts or something is ungraded.

    counted, dropped, excused, missing, ungraded: slugs in the course's order. A missing assignment counts 0.
    """

    percent: float | None
    counted: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    excused: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    ungraded: tuple[str, ...] = ()


def score_of(checks: Iterable[CheckResult], max_score: float = 100.0) -> float | None:
    """The score before lateness, 0..max_score, as a share of the points that could be earned here.

    None if a check is ungraded or nothing could be earned. A skipped check is taken out of both sides, so it costs
    nothing. Points outside 0..max_points of a check count as its nearer end.
    """
    judged = [check for check in checks if check.outcome is not Outcome.SKIPPED]
    possible = sum(check.max_points for check in judged)
    if possible <= 0 or any(check.outcome is Outcome.UNGRADED for check in judged):
        return None
    earned = sum(min(max(check.points, 0.0), check.max_points) for check in judged)
    return round(min(earned / possible, 1.0) * max_score, DIGITS)


def days_late(received_at: datetime, due: datetime, policy: LatePolicy) -> int:
    """Whole days late, each begun day counting, once the grace time is over. Both times carry a zone.

    A day is a calendar day in the zone of `due`: handed in at the same hour of the next day is one day late, also in
    the night when the clocks change.
    """
    grace = timedelta(minutes=policy.grace_minutes)
    received = received_at.astimezone(UTC)

    def deadline(days: int) -> datetime:
        return (due + days * DAY).astimezone(UTC) + grace  # wall-clock addition, then absolute time

    days = max(0, ceil((received - deadline(0)) / DAY) - 1)
    while received > deadline(days):
        days += 1
    return days


def penalty_for(assignment: Assignment, days: int) -> float:
    """The points that so many days late cost, whatever the score is."""
    percent = min(days * assignment.late.penalty_per_day, assignment.late.cap)
    return percent / 100 * assignment.max_score


def due_for(assignment: Assignment, student: str) -> datetime | None:
    """A student's own deadline; None if there is none. Nobody has less time than the class.

    So an extension that is older than a deadline which was moved since costs nothing.
    """
    extended = assignment.extensions.get(student, assignment.due)
    if extended is None or extended >= NEVER:
        return None
    return extended if assignment.due is None else max(assignment.due, extended)


def late_for(assignment: Assignment, student: str, received_at: datetime | None) -> tuple[int, float]:
    """How many days late it was, with the student's extension, and the points that so many days cost, uncut.

    No deadline, an excused student or an unknown time of arrival: not late.
    """
    due = due_for(assignment, student)
    if due is None or received_at is None or student in assignment.excused:
        return 0, 0.0
    days = days_late(received_at, due, assignment.late)
    return days, penalty_for(assignment, days)


def course_total(course: Course, student: str, scores: Mapping[str, float | None]) -> CourseTotal:
    """The weighted mean of a student's assignments in percent. scores: slug to score; None is ungraded, absent missing.

    Excused assignments and those of weight 0 do not count. The drop_lowest lowest shares are left out, the lighter
    first among equals, but one always stays. With anything ungraded there is no total yet.
    """
    listed = [a for a in course.assignments if a.weight > 0]
    excused = tuple(a.slug for a in listed if student in a.excused)
    due = [a for a in listed if student not in a.excused]
    missing = tuple(a.slug for a in due if a.slug not in scores)
    ungraded = tuple(a.slug for a in due if scores.get(a.slug, 0.0) is None)
    if ungraded or not due:
        return CourseTotal(percent=None, excused=excused, missing=missing, ungraded=ungraded)
    share = {a.slug: (scores.get(a.slug) or 0.0) / a.max_score for a in due}
    ranked = sorted(due, key=lambda a: (share[a.slug], a.weight))
    dropped = {a.slug for a in ranked[: min(course.drop_lowest, len(due) - 1)]}
    kept = [a for a in due if a.slug not in dropped]
    total = sum(a.weight * share[a.slug] for a in kept) / sum(a.weight for a in kept)
    return CourseTotal(
        percent=round(total * 100, DIGITS),
        counted=tuple(a.slug for a in kept),
        dropped=tuple(a.slug for a in due if a.slug in dropped),
        excused=excused,
        missing=missing,
    )
