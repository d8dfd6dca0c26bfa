"""How each student stands in each assignment, from what is handed in and what is stored. Runs and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from autograder.course.overrides import read_overrides
from autograder.records import Assignment, Course, GradedSubmission
from autograder.scoring import late_for, rescored
from autograder.submissions.find import find_submissions, missing_students
from autograder.submissions.plan import PlannedJob, plan


class State(StrEnum):
    """What is said of a student in an assignment.

    GRADED: and nothing to do. UNGRADED: our side could not judge it. NEW: never graded. CHANGED: the submission, or
    what it is graded with, since it was graded. NOT_DUE: missing, with time left.
    """

    GRADED = "graded"
    UNGRADED = "ungraded"
    NEW = "new"
    CHANGED = "changed"
    MISSING = "missing"
    NOT_DUE = "not due"
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One student in one assignment.

    reason: why the next run grades it, or "". score: of the stored result under today's dates, also if that has changed
    since; None without one. human: why a person must look at it.
    """

    assignment: str
    student: str
    state: State
    max_score: float
    reason: str = ""
    received_at: datetime | None = None
    days_late: int = 0
    score: float | None = None
    human: tuple[str, ...] = ()
    on_roster: bool = True


def standings(
    course: Course, path: Path, results: Iterable[GradedSubmission], *, now: datetime, out: Path | None = None
) -> tuple[Standing, ...]:
    """Everybody in each assignment under path, in the course's order, then by student.

    results: what was graded before; out: the folder it lies in instead of the course. CourseError or UsageError.
    """
    jobs = plan(course, find_submissions(course, [path]), overrides=read_overrides(course), out=out)
    stored = {(graded.assignment, graded.student): graded for graded in results}
    found = [_handed_in(course, job, stored) for job in jobs]
    for assignment in _whole_assignments(course, path):
        found += [_absent(assignment, student, now) for student in missing_students(course, assignment.slug)]
    order = {assignment.slug: index for index, assignment in enumerate(course.assignments)}
    return tuple(sorted(found, key=lambda standing: (order[standing.assignment], standing.student)))


def _whole_assignments(course: Course, path: Path) -> tuple[Assignment, ...]:
    """Those of which path means every student, so that somebody can be missing."""
    parts = path.resolve().relative_to(course.root).parts
    if len(parts) < 2:
        return course.assignments
    return (course.assignment(parts[1]),) if parts[2:] in ((), ("submitted",)) else ()


def _handed_in(course: Course, job: PlannedJob, stored: dict[tuple[str, str], GradedSubmission]) -> Standing:
    submission = job.job.submission
    assignment = course.assignment(submission.assignment)
    before = stored.get((submission.assignment, submission.student))
    graded = rescored(before, assignment, submission.received_at) if before else None
    late = late_for(assignment, submission.student, submission.received_at, None)
    return Standing(
        assignment=assignment.slug,
        student=submission.student,
        state=_state(graded, job.reason),
        max_score=assignment.max_score,
        reason=job.reason,
        received_at=submission.received_at,
        days_late=late.days,
        score=graded.score if graded else None,
        human=graded.reasons or ("look at its checks",) if graded and graded.needs_human else (),
        on_roster=not course.roster or submission.student in {student.id for student in course.roster},
    )


def _state(graded: GradedSubmission | None, reason: str) -> State:
    if graded is None:
        return State.NEW
    if graded.score is None:
        return State.UNGRADED
    return State.CHANGED if reason else State.GRADED


def _absent(assignment: Assignment, student: str, now: datetime) -> Standing:
    due = assignment.extensions.get(student, assignment.due)
    if student in assignment.excused:
        state = State.EXCUSED
    else:
        state = State.NOT_DUE if due is not None and now <= due else State.MISSING
    return Standing(assignment=assignment.slug, student=student, state=state, max_score=assignment.max_score)
