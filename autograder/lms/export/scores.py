"""The table that every export is made of: students by columns, each cell a score or the reason why there is none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from autograder.marks import FORMGRADER, given_of, raised, said_of
from autograder.records import Assignment, Course, GradedSubmission, Late, Outcome, Student
from autograder.scoring import DIGITS, course_total

Unit = Literal["points", "percent", "total"]
TOTAL = "total"  # the slug of the column that holds the course total
_LOSSES = 12  # checks named in a comment; the pages of `grade report` name all


class State(StrEnum):
    """What a cell holds. Only `SCORED` has a number: the others are never 0."""

    SCORED = "scored"
    UNGRADED = "ungraded"
    MISSING = "missing"
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one student has for one assignment, wherever it comes from. score: lateness taken off; None while ungraded.

    feedback: what is told besides score and lateness.
    """

    student: str
    assignment: str
    score: float | None
    late: Late = Late()  # noqa: RUF009  frozen
    graded_at: datetime | None = None
    feedback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One cell. feedback: plain text for the student, or ""."""

    state: State
    score: float | None = None
    feedback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One assignment, or the total. title: what the LMS calls it, unless its own file, or lms of course.yml, says else.

    lms: `--to`'s word to the number or title under which that LMS knows it. percent: the scores are percents, not
    points.
    """

    slug: str
    title: str
    max_score: float
    lms: Mapping[str, str] = field(default_factory=dict)
    percent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """students: in the roster's order. unknown: who has a verdict but is not on the roster: no LMS knows them."""

    columns: tuple[Column, ...]
    students: tuple[Student, ...]
    cells: Mapping[tuple[str, str], Mark]
    unknown: tuple[str, ...] = ()

    def mark(self, student: Student, column: Column) -> Mark:
        """The cell; missing if nothing is known."""
        return self.cells.get((student.id, column.slug), Mark(state=State.MISSING))

    def only(self, students: Collection[str]) -> Marks:
        """The same table with these students' rows."""
        return replace(self, students=tuple(student for student in self.students if student.id in students))


def verdicts_of(course: Course, results: Iterable[GradedSubmission]) -> list[Verdict]:
    """The marks as verdicts, with comments as open as course.yml's `feedback` allows; what people gave comes first.

    Those with points of formgrader have no time of grading, as nbgrader keeps none: to `--since` they are always new.
    """
    return [
        Verdict(
            student=graded.student,
            assignment=graded.assignment,
            score=graded.score,
            late=graded.late,
            graded_at=None if _by_hand(graded) else graded.graded_at,
            feedback="\n".join(filter(None, [*map(said_of, given_of(graded)), _feedback(graded, course.feedback)])),
        )
        for graded in results
    ]


def tabulate(
    course: Course, verdicts: Iterable[Verdict], *, unit: Unit = "points", slugs: Collection[str] = ()
) -> Marks:
    """The table of these assignments, by default of all that anybody has a verdict for.

    unit: "points" of each assignment's max_score, "percent" of it, or "total": one column, the weighted total of these
    assignments in percent, where what was not handed in counts 0.
    """
    last = {(verdict.student, verdict.assignment): verdict for verdict in verdicts}
    graded = {assignment for _, assignment in last}
    chosen = [a for a in course.assignments if (a.slug in slugs if slugs else a.slug in graded)]
    known = {student.id for student in course.roster}
    strangers = dict.fromkeys(sorted({student for student, _ in last} - known))
    students = course.roster or tuple(Student(id=student, login=student) for student in strangers)
    if unit == "total":
        part = replace(course, assignments=tuple(chosen))
        columns: tuple[Column, ...] = (Column(slug=TOTAL, title="Course total", max_score=100.0),)
        scores: dict[str, dict[str, float | None]] = {}
        for (student, slug), verdict in last.items():
            scores.setdefault(student, {})[slug] = verdict.score
        cells = {(s.id, TOTAL): _total(part, s.id, scores.get(s.id, {})) for s in students}
    else:
        shares = unit == "percent"
        columns = tuple(
            Column(slug=a.slug, title=a.title, max_score=100.0 if shares else a.max_score, lms=a.lms, percent=shares)
            for a in chosen
        )
        scale = {a.slug: 100.0 / a.max_score if shares else 1.0 for a in chosen}
        cells = {
            (s.id, a.slug): _mark(a, s.id, last.get((s.id, a.slug)), scale[a.slug]) for s in students for a in chosen
        }
    return Marks(columns=columns, students=students, cells=cells, unknown=tuple(strangers) if course.roster else ())


def _mark(assignment: Assignment, student: str, verdict: Verdict | None, scale: float) -> Mark:
    if student in assignment.excused:
        return Mark(state=State.EXCUSED)
    if verdict is None:
        return Mark(state=State.MISSING)
    if verdict.score is None:
        return Mark(state=State.UNGRADED, feedback="Not graded yet: a teacher looks at it.")
    told = [f"{round(verdict.score, DIGITS):g} of {assignment.max_score:g} points."]
    if days := verdict.late.days:
        told.append(f"{verdict.late.penalty:g} points off for {days} {'day' if days == 1 else 'days'} late.")
    feedback = "\n".join(filter(None, [*told, verdict.feedback]))
    return Mark(state=State.SCORED, score=round(verdict.score * scale, DIGITS), feedback=feedback)


def _total(course: Course, student: str, scores: Mapping[str, float | None]) -> Mark:
    total = course_total(course, student, scores)
    if total.percent is not None:
        return Mark(state=State.SCORED, score=total.percent)
    return Mark(state=State.UNGRADED if total.ungraded else State.EXCUSED)


def _by_hand(graded: GradedSubmission) -> bool:
    return any(given.source == FORMGRADER for given in given_of(graded))


def _feedback(graded: GradedSubmission, openness: str) -> str:
    if openness == "scores":
        return ""
    lines = []
    done = raised(graded)
    lost = [
        c for c in graded.checks if c.points < c.max_points and c.outcome is not Outcome.SKIPPED and c.id not in done
    ]
    for check in lost[:_LOSSES]:
        hint = f" {check.misconception.hint}" if check.misconception else ""
        why = check.message.partition("\n")[0] if openness == "full" else check.outcome.value
        lines.append(f"{check.id} ({check.points:g}/{check.max_points:g}): {why or check.outcome.value}{hint}")
    if len(lost) > _LOSSES:
        lines.append(f"and {len(lost) - _LOSSES} checks more.")
    return "\n".join(lines)
