"""One student's way through the course, counted from results. Pure: records in, records out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from autograder.marks import raised
from autograder.records import Assignment, CheckResult, Course, GradedSubmission, Outcome
from autograder.scoring import course_total, due_for

# Nobody needs to do anything about a check that could not run here, and nobody can about one that we did not judge.
_NOTHING_TO_DO = (Outcome.SKIPPED, Outcome.UNGRADED)


class Stage(StrEnum):
    """How far one student is with one assignment."""

    COMPLETED = "completed"
    BEGUN = "begun"
    UNJUDGED = "not judged yet"
    OPEN = "open"
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One assignment as one student has it. due: the student's own date.

    graded: None where there is no result. open: checks with points to gain. right, of: checks without a point lost, of
    those that count here.
    """

    assignment: Assignment
    stage: Stage
    due: datetime | None
    graded: GradedSubmission | None = None
    open: tuple[CheckResult, ...] = ()
    right: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingIdea:
    """A wrong idea that still costs points. checks: the checks it was seen in, of one assignment."""

    assignment: Assignment
    id: str
    hint: str
    checks: tuple[CheckResult, ...]

    @property
    def points(self) -> float:
        """What there is to gain, in points of the checks."""
        return sum(check.max_points - check.points for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    """All lessons in the course's order, ideas by what they cost.

    total: percent of the course if nothing more comes in; so_far: percent of what was graded. None while there is none.
    """

    student: str
    name: str
    lessons: tuple[Lesson, ...]
    ideas: tuple[MissingIdea, ...]
    total: float | None
    so_far: float | None

    @property
    def completed(self) -> int:
        """How many lessons are completed."""
        return sum(lesson.stage is Stage.COMPLETED for lesson in self.lessons)

    @property
    def asked(self) -> int:
        """How many lessons there are without the excused ones."""
        return sum(lesson.stage is not Stage.EXCUSED for lesson in self.lessons)


def progress_name(student: str) -> str:
    """The name of a student's page beside the dashboard: no two students share one, and nobody has the dashboard's."""
    return f"{student}_.html" if student.casefold().rstrip("_") == "index" else f"{student}.html"


def progress_view(course: Course, student: str, results: Sequence[GradedSubmission]) -> ProgressView:
    """Count one student's results; those of others are passed over."""
    mine = {graded.assignment: graded for graded in results if graded.student == student}
    lessons = tuple(_lesson(assignment, student, mine.get(assignment.slug)) for assignment in course.assignments)
    scores = {slug: graded.score for slug, graded in mine.items()}
    judged = tuple(assignment for assignment in course.assignments if scores.get(assignment.slug) is not None)
    so_far = course_total(replace(course, assignments=judged), student, scores)
    return ProgressView(
        student=student,
        name=next((known.name for known in course.roster if known.id == student), ""),
        lessons=lessons,
        ideas=tuple(sorted(_ideas(lessons), key=lambda idea: -idea.points)),
        total=course_total(course, student, scores).percent,
        so_far=so_far.percent,
    )


def _lesson(assignment: Assignment, student: str, graded: GradedSubmission | None) -> Lesson:
    due = due_for(assignment, student)
    if graded is None:
        stage = Stage.EXCUSED if student in assignment.excused else Stage.OPEN
        return Lesson(assignment=assignment, stage=stage, due=due)
    counting = [check for check in graded.checks if check.outcome not in _NOTHING_TO_DO]
    done = raised(graded)
    lost = tuple(check for check in counting if check.points < check.max_points and check.id not in done)
    if graded.score is None:
        stage = Stage.UNJUDGED
    elif student in assignment.excused:
        stage = Stage.EXCUSED
    else:
        stage = Stage.BEGUN if lost else Stage.COMPLETED
    return Lesson(
        assignment=assignment,
        stage=stage,
        due=due,
        graded=graded,
        open=lost,
        right=len(counting) - len(lost),
        of=len(counting),
    )


def _ideas(lessons: Sequence[Lesson]) -> list[MissingIdea]:
    found: dict[tuple[str, str], MissingIdea] = {}
    for lesson in lessons:
        for check in lesson.open:
            if check.misconception is None:
                continue
            key = (lesson.assignment.slug, check.misconception.id)
            before = found.get(key)
            found[key] = MissingIdea(
                assignment=lesson.assignment,
                id=check.misconception.id,
                hint=check.misconception.hint,
                checks=(*(before.checks if before else ()), check),
            )
    return list(found.values())
