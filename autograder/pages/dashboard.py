"""The class dashboard: one self-contained page that shows an instructor what the class has not understood."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autograder.pages.class_view import Cell, ClassView, Row, class_view
from autograder.pages.progress_view import progress_name
from autograder.pages.student_page import PAGE, page_link
from autograder.pages.templates import inlined, policy_hash, template
from autograder.pages.write import write_page
from autograder.records import Course, GradedSubmission
from autograder.scoring import course_total


def dashboard_file(root: Path) -> Path:
    """feedback/index.html under root (the course, or the folder that `--out` names)."""
    return root / "feedback" / PAGE


def dashboard(course: Course, results: Iterable[GradedSubmission], *, unknown: Sequence[str] = ()) -> str:
    """The page as HTML. results: the marks of the class, of which none is kept; unknown: who is not on the roster."""
    view = class_view(course, results)
    slugs = [assignment.slug for assignment in view.assignments]
    return template("dashboard.html").render(
        course=course.title,
        view=view,
        unknown=unknown,
        rows=_rows(course, view, slugs),
        link=_link,
        number=_number,
        style=inlined("style.css"),
        script=inlined("dashboard.js"),
        script_sha=policy_hash(inlined("dashboard.js")),
    )


def write_dashboard(
    course: Course, results: Iterable[GradedSubmission], root: Path, *, unknown: Sequence[str] = ()
) -> Path:
    """Write the page under root and return its path. OutputError if it cannot be written. unknown: as `dashboard`."""
    return write_page(dashboard_file(root), dashboard(course, results, unknown=unknown))


def _rows(course: Course, view: ClassView, slugs: list[str]) -> list[dict[str, Any]]:
    names = {student.id: student.name for student in course.roster}
    rows = []
    for student in sorted(names.keys() | view.cells.keys()):
        mine = view.cells.get(student, {})
        total = course_total(course, student, {slug: cell.score for slug, cell in mine.items()})
        rows.append(
            {
                "student": student,
                "link": quote(progress_name(student)) if mine else None,
                "name": names.get(student, ""),
                "cells": [_cell(slug, student, mine[slug]) if slug in mine else None for slug in slugs],
                "total": _number(total.percent),
            }
        )
    return rows


def _cell(slug: str, student: str, cell: Cell) -> dict[str, str]:
    late = " late" if cell.late else ""
    by_hand = " by hand" if cell.by_hand else ""
    score = "ungraded" if cell.score is None else _number(cell.score)
    return {"link": page_link(slug, student), "text": score + late + by_hand}


def _link(row: Row) -> str:
    return page_link(row.assignment, row.student)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")
