"""How each student stands in each assignment, from what is handed in and what is stored. Runs and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from autograder.marks import said_of
from autograder.records import Assignment, Course
from autograder.results.result_json import ResultHead, head_from, head_of, load_result
from autograder.runs.book import Book, mark_now, stands
from autograder.runs.run import arrival_of
from autograder.scoring import due_for, late_for
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

    reason: why the next run grades it, or "". score: of the stored verdict as it counts now, also if what was handed in
    has changed since; None without one. behind: the last run told another mark, which pages and gradebook have. human:
    why a person must look at it. given: what people gave, in words.
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
    behind: bool = False
    given: tuple[str, ...] = ()


def standings(book: Book, path: Path, *, now: datetime) -> tuple[Standing, ...]:
    """Everybody in each assignment under path, in the course's order, then by student. CourseError or UsageError."""
    course = book.course
    out = None if book.root == course.root else book.root
    known = frozenset(student.id for student in course.roster)
    jobs = plan(course, find_submissions(course, [path]), out=out, whole=False)
    found = [_handed_in(book, job, known) for job in jobs]
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


def _handed_in(book: Book, job: PlannedJob, known: frozenset[str]) -> Standing:
    submission = job.job.submission
    assignment = book.course.assignment(submission.assignment)
    arrived = arrival_of(book, job)
    head = head_from(job.head) if job.head else None
    behind = head is not None and not stands(book, head, arrived)
    if behind:
        head = head_of(mark_now(book, load_result(job.result), arrived))
    return Standing(
        assignment=assignment.slug,
        student=submission.student,
        state=_state(head, job.reason),
        max_score=assignment.max_score,
        reason=job.reason,
        received_at=arrived,
        days_late=late_for(assignment, submission.student, arrived)[0],
        score=head.score if head else None,
        human=head.reasons or ("look at its checks",) if head and head.needs_human else (),
        on_roster=not known or submission.student in known,
        behind=behind,
        given=tuple(map(said_of, head.given)) if head else (),
    )


def _state(graded: ResultHead | None, reason: str) -> State:
    if graded is None:
        return State.NEW
    if graded.score is None:
        return State.UNGRADED
    return State.CHANGED if reason else State.GRADED


def _absent(assignment: Assignment, student: str, now: datetime) -> Standing:
    due = due_for(assignment, student)
    if student in assignment.excused:
        state = State.EXCUSED
    else:
        state = State.NOT_DUE if due is not None and now <= due else State.MISSING
    return Standing(assignment=assignment.slug, student=student, state=state, max_score=assignment.max_score)
