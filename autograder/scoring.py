"""Points to scores, lateness, overrides and the course total. Pure: the same records in, the same numbers out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil

from autograder.records import (
    Assignment,
    CheckResult,
    Course,
    GradedSubmission,
    Late,
    LatePolicy,
    Outcome,
    Override,
)

DAY = timedelta(days=1)
DIGITS = 2  # a score is told to the hundredth of a point, here and in every LMS


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


def late_for(assignment: Assignment, student: str, received_at: datetime | None, score: float | None) -> Late:
    """How late it was and what that costs, with the student's extension. Never more than the score itself.

    No deadline, an excused student or an unknown time of arrival: not late.
    """
    due = assignment.extensions.get(student, assignment.due)
    if due is None or received_at is None or student in assignment.excused:
        return Late()
    days = days_late(received_at, due, assignment.late)
    return Late(days=days, penalty=round(min(penalty_for(assignment, days), score or 0.0), DIGITS))


def rescored(graded: GradedSubmission, assignment: Assignment, received_at: datetime | None) -> GradedSubmission:
    """The same verdicts under the course as it is now: due dates, extensions, late policy, max_score. Idempotent."""
    before = score_of(graded.checks, assignment.max_score)
    late = late_for(assignment, graded.student, received_at, before)
    return replace(
        graded,
        received_at=received_at,
        score_before_late=before,
        late=late,
        score=None if before is None else round(before - late.penalty, DIGITS),
        max_score=assignment.max_score,
    )


def overridden(graded: GradedSubmission, overrides: Iterable[Override]) -> GradedSubmission:
    """With a human's points in place of the grader's, for fresh verdicts; call `rescored` on the result.

    Overrides for others are passed over. A check that was ungraded becomes passed or failed. Each override is told in
    `reasons`, also one that names a check this submission does not have. Judging the last ungraded check settles it.
    """
    mine = [o for o in overrides if (o.student, o.assignment) == (graded.student, graded.assignment)]
    if not mine:
        return graded
    by_check = {override.check: override for override in mine}
    checks = tuple(_judged(check, by_check[check.id]) if check.id in by_check else check for check in graded.checks)
    known = {check.id for check in checks}
    settled = _ungraded(graded.checks) and not _ungraded(checks)
    return replace(
        graded,
        checks=checks,
        needs_human=graded.needs_human and not settled,
        reasons=graded.reasons + tuple(_told(override, override.check in known) for override in by_check.values()),
    )


def _judged(check: CheckResult, override: Override) -> CheckResult:
    points = min(max(override.points, 0.0), check.max_points)
    outcome = check.outcome
    if outcome in (Outcome.UNGRADED, Outcome.SKIPPED):
        outcome = Outcome.PASSED if points == check.max_points else Outcome.FAILED
    note = f"{override.by} set this to {points:g} of {check.max_points:g} points: {override.reason}"
    return replace(check, points=points, outcome=outcome, message=f"{note}\n{check.message}".rstrip())


def _ungraded(checks: Iterable[CheckResult]) -> bool:
    return any(check.outcome is Outcome.UNGRADED for check in checks)


def _told(override: Override, known: bool) -> str:
    if known:
        return f"{override.check}: {override.points:g} points by {override.by}: {override.reason}"
    return f"overrides.yml names the check {override.check!r}, which {override.assignment} does not have"


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
