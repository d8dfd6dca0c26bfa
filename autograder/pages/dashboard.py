"""The class dashboard: one self-contained page that shows an instructor what the class has not understood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autograder.pages.class_view import class_view
from autograder.pages.progress_view import progress_name
from autograder.pages.student_page import PAGE, page_link
from autograder.pages.templates import inlined, policy_hash, template
from autograder.pages.write import write_page
from autograder.records import Course, GradedSubmission
from autograder.scoring import course_total


def dashboard_file(root: Path) -> Path:
    """feedback/index.html under root (the course, or the folder that `--out` names)."""
    return root / "feedback" / PAGE


def dashboard(course: Course, results: Sequence[GradedSubmission]) -> str:
    """The page as HTML."""
    view = class_view(course, results)
    slugs = [assignment.slug for assignment in view.assignments]
    return template("dashboard.html").render(
        course=course.title,
        count=len(results),
        view=view,
        rows=_rows(course, results, slugs),
        link=_link,
        number=_number,
        style=inlined("style.css"),
        script=inlined("dashboard.js"),
        script_sha=policy_hash(inlined("dashboard.js")),
    )


def write_dashboard(course: Course, results: Sequence[GradedSubmission], root: Path) -> Path:
    """Write the page under root and return its path. OutputError if it cannot be written."""
    return write_page(dashboard_file(root), dashboard(course, results))


def _rows(course: Course, results: Sequence[GradedSubmission], slugs: list[str]) -> list[dict[str, Any]]:
    by_student: dict[str, dict[str, GradedSubmission]] = {student.id: {} for student in course.roster}
    for graded in results:
        by_student.setdefault(graded.student, {})[graded.assignment] = graded
    names = {student.id: student.name for student in course.roster}
    rows = []
    for student, mine in sorted(by_student.items()):
        total = course_total(course, student, {slug: graded.score for slug, graded in mine.items()})
        rows.append(
            {
                "student": student,
                "link": quote(progress_name(student)) if mine else None,
                "name": names.get(student, ""),
                "cells": [_cell(mine[slug]) if slug in mine else None for slug in slugs],
                "total": _number(total.percent),
            }
        )
    return rows


def _cell(graded: GradedSubmission) -> dict[str, str]:
    late = " late" if graded.late.days else ""
    score = "ungraded" if graded.score is None else _number(graded.score)
    return {"link": _link(graded), "text": score + late}


def _link(graded: GradedSubmission) -> str:
    return page_link(graded.assignment, graded.student)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")
