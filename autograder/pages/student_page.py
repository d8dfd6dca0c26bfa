"""A student's page for one assignment: what was asked, what came back, which idea is missing. One file, no network.

What may be shown is the course's choice (`feedback` in course.yml): "full" shows all; "hints" withholds expected
values, pictures and messages that tell them; "scores" shows outcomes and points alone. Everything of the student's is
escaped by the template; the one thing that is not is our own picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from autograder.marks import given_of, raised, said_of
from autograder.pages.templates import inlined, template
from autograder.pages.write import write_page
from autograder.records import Assignment, CheckResult, Course, GradedSubmission, Mark, Outcome
from autograder.results.disclosure import OUTCOME_WORDS, disclosed
from autograder.scoring import hundredths

PAGE = "index.html"
_NEXT_STEPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    anchor: str
    title: str
    hint: str


def page_file(root: Path, assignment: str, student: str) -> Path:
    """Where a student's page lies under root (the course, or the folder that `--out` names)."""
    return root / "assignments" / assignment / "feedback" / student / PAGE


def page_link(assignment: str, student: str) -> str:
    """The address of a student's page from a page in feedback/, such as the dashboard."""
    return f"../assignments/{quote(assignment)}/feedback/{quote(student)}/{PAGE}"


def student_page(course: Course, graded: GradedSubmission) -> str:
    """The page as HTML."""
    assignment = course.assignment(graded.assignment)
    names = {student.id: student.name for student in course.roster}
    page = {
        "course": course.title,
        "title": assignment.title,
        "student": graded.student,
        "name": names.get(graded.student, ""),
        "score": None if graded.score is None else hundredths(graded.score),
        "max_score": hundredths(graded.max_score),
        "share": 0 if not graded.score or not graded.max_score else round(100 * graded.score / graded.max_score),
        "how": _how(graded, assignment),
        "given": [said_of(given) for given in given_of(graded)],
        "file": f"{graded.assignment}.{graded.format}",
        "next_steps": _next_steps(graded, course.feedback),
        "notes": [] if course.feedback == "scores" else list(graded.reasons),
        "checks": [_check(check, course.feedback) for check in graded.checks],
        "printed": _printed(graded) if course.feedback != "scores" else [],
        "graded_at": f"{graded.graded_at:%Y-%m-%d %H:%M} UTC",
        "layers": ", ".join(graded.layers) or "no jail: nothing was run",
        "sha": graded.submission_sha256[:12],
    }
    return template("student.html").render(page=page, style=inlined("style.css"))


def write_student_page(course: Course, graded: GradedSubmission, root: Path) -> Path:
    """Write the page under root and return its path. OutputError if it cannot be written."""
    return write_page(page_file(root, graded.assignment, graded.student), student_page(course, graded))


def _check(check: CheckResult, level: str) -> dict[str, Any]:
    lost = check.points < check.max_points
    told = disclosed(check, level)
    return {
        "id": check.id,
        "anchor": f"check-{check.id}",
        "title": check.title,
        "outcome": str(check.outcome),
        "word": "not written yet" if check.unwritten else OUTCOME_WORDS[check.outcome],
        "inputs": told.inputs,
        "points": hundredths(check.points),
        "max_points": hundredths(check.max_points),
        "message": told.message,
        "hint": _hint(told),
        "expected": told.expected,
        "observed": told.observed,
        "picture": told.picture,
        "open": level != "scores" and lost and check.outcome is not Outcome.SKIPPED,
    }


def _how(graded: GradedSubmission, assignment: Assignment) -> list[str]:
    """How the score came about, where it is not simply the sum of the checks."""
    lines = []
    by_hand = graded.by_hand if isinstance(graded, Mark) else 0.0
    if by_hand and graded.score_before_late is not None:
        more = "more" if by_hand > 0 else "less"
        checks = hundredths(graded.score_before_late)
        lines.append(
            f"{checks} points by the checks, and {hundredths(abs(by_hand))} {more} because a teacher looked at it"
        )
    if graded.late.days and graded.score is not None:
        days = "1 day" if graded.late.days == 1 else f"{graded.late.days} days"
        lines.append(
            f"{hundredths(graded.score + graded.late.penalty)} points for the work, "
            f"less {hundredths(graded.late.penalty)} because it came {days} late"
        )
    skipped = [check for check in graded.checks if check.outcome is Outcome.SKIPPED]
    if skipped:
        lines.append(f"{len(skipped)} of the checks could not run here; they cost nothing")
    if assignment.max_score != 100:
        lines.append(f"scaled to {hundredths(assignment.max_score)} points")
    return lines


def _next_steps(graded: GradedSubmission, level: str) -> list[_Step]:
    """Where most points wait, one step an idea: mending one idea often mends several checks."""
    done = raised(graded)
    lost = [
        c for c in graded.checks if c.points < c.max_points and c.outcome is not Outcome.SKIPPED and c.id not in done
    ]
    gains: dict[str, float] = {}
    first: dict[str, CheckResult] = {}
    for check in (disclosed(check, level) for check in lost):
        idea = check.misconception.id if check.misconception else check.id.partition(".")[0]
        gains[idea] = gains.get(idea, 0.0) + check.max_points - check.points
        first.setdefault(idea, check)
    mend = [
        _Step(anchor="notes", title="A part of your file that does not parse", hint=reason)
        for reason in graded.reasons[: graded.lost if level != "scores" else 0]
    ]
    best = sorted(gains, key=lambda idea: -gains[idea])[:_NEXT_STEPS]
    return mend[:_NEXT_STEPS] + [
        _Step(
            anchor=f"check-{first[idea].id}",
            title=f"{first[idea].id.partition('.')[0]} ({hundredths(gains[idea])} points)",
            hint=_hint(first[idea]),
        )
        for idea in best
    ]


def _hint(check: CheckResult) -> str:
    return check.misconception.hint if check.misconception else ""


def _printed(graded: GradedSubmission) -> list[tuple[str, str]]:
    return [(name, text) for name, text in (("Output", graded.stdout), ("Errors", graded.stderr)) if text.strip()]
