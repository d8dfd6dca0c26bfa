"""A student's page over the whole course: what is completed, what is open, which ideas are missing. One file.

It is handed to the student, so it leads to the student's own pages and to nobody else's. What `feedback` in course.yml
withholds on those pages is withheld here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from autograder.marks import given_of, said_of
from autograder.pages.progress_view import Lesson, MissingIdea, ProgressView, progress_name, progress_view
from autograder.pages.student_page import page_link
from autograder.pages.templates import inlined, template
from autograder.pages.write import write_page
from autograder.records import CheckResult, Course, GradedSubmission
from autograder.scoring import hundredths


def progress_file(root: Path, student: str) -> Path:
    """feedback/<student>.html under root (the course, or the folder that `--out` names)."""
    return root / "feedback" / progress_name(student)


def progress_page(course: Course, student: str, results: Sequence[GradedSubmission]) -> str:
    """The page as HTML. results: of this student, or of all."""
    view = progress_view(course, student, results)
    told = course.feedback != "scores"
    zone = ZoneInfo(course.timezone)
    return template("progress.html").render(
        course=course.title,
        view=view,
        share=_share(view),
        total=_number(view.total),
        so_far=_number(view.so_far),
        lessons=[_row(lesson, zone) for lesson in view.lessons],
        ideas=[_idea(idea, student) for idea in view.ideas] if told else [],
        told=told,
        style=inlined("style.css"),
    )


def write_progress_pages(
    course: Course, results: Sequence[GradedSubmission], root: Path, students: Iterable[str]
) -> tuple[Path, ...]:
    """Write the pages of these students under root, from results that may be of all. OutputError if one cannot be."""
    by_student: dict[str, list[GradedSubmission]] = {}
    for graded in results:
        by_student.setdefault(graded.student, []).append(graded)
    return tuple(
        write_page(progress_file(root, student), progress_page(course, student, by_student.get(student, [])))
        for student in dict.fromkeys(students)
    )


def _share(view: ProgressView) -> int:
    return round(100 * view.completed / view.asked) if view.asked else 100


def _row(lesson: Lesson, zone: ZoneInfo) -> dict[str, Any]:
    graded = lesson.graded
    return {
        "title": lesson.assignment.title,
        "stage": str(lesson.stage),
        "kind": lesson.stage.name.lower(),
        "link": _link(graded) if graded else None,
        "checks": f"{lesson.right} of {lesson.of}" if graded and lesson.of else "",
        "score": _score(graded) if graded else "",
        "late": graded.late.days if graded else 0,
        "due": f"{lesson.due.astimezone(zone):%Y-%m-%d %H:%M}" if lesson.due else "",
        "open": [_open(check, graded) for check in lesson.open] if graded else [],
        "given": [said_of(given) for given in given_of(graded)] if graded else [],
    }


def _open(check: CheckResult, graded: GradedSubmission) -> dict[str, str]:
    return {
        "title": check.title,
        "points": _number(check.max_points - check.points),
        "link": f"{_link(graded)}#{quote(f'check-{check.id}')}",
    }


def _idea(idea: MissingIdea, student: str) -> dict[str, Any]:
    page = page_link(idea.assignment.slug, student)
    return {
        "title": idea.assignment.title,
        "hint": idea.hint,
        "points": _number(idea.points),
        "link": f"{page}#{quote(f'check-{idea.checks[0].id}')}",
    }


def _link(graded: GradedSubmission) -> str:
    return page_link(graded.assignment, graded.student)


def _score(graded: GradedSubmission) -> str:
    return "" if graded.score is None else f"{_number(graded.score)} of {_number(graded.max_score)}"


def _number(value: float | None) -> str:
    return "" if value is None else hundredths(value)
