"""What `grade status` says: tables of 80 columns for a person, one document for a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo

import rich.console
from rich.table import Table
from rich.text import Text

from autograder.pages.progress_view import Lesson, ProgressView, Stage
from autograder.records import Course
from autograder.runs.standings import Standing, State

_LISTED = 20  # of a kind; --json lists all
_STYLE = {
    Stage.COMPLETED: "green",
    Stage.BEGUN: "",
    Stage.UNJUDGED: "bold reverse yellow",
    Stage.OPEN: "dim",
    Stage.EXCUSED: "dim",
}


def class_document(
    found: Sequence[Standing], withdrawn: Sequence[tuple[str, str]] = (), refused: Sequence[str] = ()
) -> dict[str, Any]:
    """The document of `grade status --json`: everybody in each assignment, and counts.

    withdrawn: student and assignment of each result without a submission. refused: a sentence on each folder that is
    graded for nobody.
    """
    names = [field.name for field in fields(Standing)]
    rows = [
        {name: getattr(standing, name) for name in names}
        | {"received_at": standing.received_at.isoformat() if standing.received_at else None}
        for standing in found
    ]
    counts = {
        slug: {**{str(state): count[state] for state in State}, "late": sum(s.days_late > 0 for s in mine)}
        for slug, mine in _by_assignment(found).items()
        for count in [Counter(standing.state for standing in mine)]
    }
    gone = [{"assignment": slug, "student": student} for student, slug in withdrawn]
    return {"schema": 1, "standings": rows, "summary": counts, "without_submission": gone, "refused": list(refused)}


def show_class(
    course: Course,
    found: Sequence[Standing],
    withdrawn: Sequence[tuple[str, str]] = (),
    refused: Sequence[str] = (),
) -> None:
    """One line an assignment, then whatever somebody has to do something about. The rest: as in `class_document`."""
    out = rich.console.Console(highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("assignment", overflow="fold")
    for name in ("handed in", "graded", "to grade", "ungraded", "late", "missing"):
        table.add_column(name, justify="right")
    for slug, mine in _by_assignment(found).items():
        count = Counter(standing.state for standing in mine)
        absent = count[State.MISSING], count[State.NOT_DUE], count[State.EXCUSED]
        numbers = {
            "": len(mine) - sum(absent),
            "green": count[State.GRADED],
            "bold yellow": count[State.NEW] + count[State.CHANGED],
            "bold reverse yellow": count[State.UNGRADED],
            "magenta": sum(standing.days_late > 0 for standing in mine),
            "red": absent[0],
        }
        table.add_row(Text(slug), *(Text(str(n), style if n else "dim") for style, n in numbers.items()))
    out.print(table)
    _list(out, "to grade", [(s, s.reason) for s in found if s.reason])
    _list(out, "needs a human", [(s, "; ".join(s.human)) for s in found if s.human])
    _list(out, "by hand", [(s, "; ".join(s.given)) for s in found if s.given])
    _list(out, "late", [(s, _days(s.days_late)) for s in found if s.days_late])
    slugs = [assignment.slug for assignment in course.assignments]
    for state in (State.MISSING, State.NOT_DUE):
        groups: dict[tuple[str, ...], list[str]] = {}
        for slug in slugs:
            who = tuple(s.student for s in found if s.assignment == slug and s.state is state)
            if who:
                groups.setdefault(who, []).append(slug)
        for who, where in groups.items():
            out.print(Text(f"{state} in {', '.join(where)}: {_cut(who)}", style="dim"))
    unknown = sorted({standing.student for standing in found if not standing.on_roster})
    if unknown:
        out.print(Text(f"not on the roster: {_cut(unknown)}", style="dim"))
    if withdrawn:
        names = [f"{slug}/{student}" for student, slug in withdrawn]
        out.print(Text(f"result without a submission, counts nowhere: {_cut(names)}", style="yellow"))
    for sentence in refused:
        out.print(Text(f"graded for nobody: {sentence}", style="yellow"))
    if behind := sum(standing.behind for standing in found):
        told = "1 score differs" if behind == 1 else f"{behind} scores differ"
        out.print(
            Text(f"{told} from what pages and gradebook.db have; `grade assignments/` writes them", style="yellow")
        )


def student_document(view: ProgressView, mine: Mapping[str, Standing]) -> dict[str, Any]:
    """The document of `grade status --student ID --json`. mine: assignment to how the student stands there."""
    return {
        "schema": 1,
        "student": view.student,
        "name": view.name,
        "completed": view.completed,
        "asked": view.asked,
        "total": view.total,
        "so_far": view.so_far,
        "lessons": [_lesson_document(lesson, mine.get(lesson.assignment.slug)) for lesson in view.lessons],
        "ideas": [
            {
                "assignment": idea.assignment.slug,
                "id": idea.id,
                "hint": idea.hint,
                "points": round(idea.points, 6),
                "checks": [check.id for check in idea.checks],
            }
            for idea in view.ideas
        ],
    }


def _lesson_document(lesson: Lesson, standing: Standing | None) -> dict[str, Any]:
    graded = lesson.graded
    return {
        "assignment": lesson.assignment.slug,
        "title": lesson.assignment.title,
        "stage": str(lesson.stage),
        "state": str(standing.state) if standing else None,
        "reason": standing.reason if standing else "",
        "due": lesson.due.isoformat() if lesson.due else None,
        "score": graded.score if graded else None,
        "given": list(standing.given) if standing else [],
        "max_score": lesson.assignment.max_score,
        "days_late": standing.days_late if standing else 0,
        "right": lesson.right,
        "of": lesson.of,
        "open": [
            {"check": check.id, "title": check.title, "points": round(check.max_points - check.points, 6)}
            for check in lesson.open
        ],
    }


def show_student(course: Course, view: ProgressView, mine: Mapping[str, Standing]) -> None:
    """The lessons, then the ideas that are missing, then where that leaves the student."""
    out = rich.console.Console(highlight=False)
    out.print(Text(f"{view.student}, {view.name}" if view.name else view.student, style="bold"))
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("lesson", "stage", "checks", "score", "note"):
        table.add_column(name, justify="right" if name in ("checks", "score") else "left", overflow="fold")
    zone = ZoneInfo(course.timezone)
    for lesson in view.lessons:
        standing = mine.get(lesson.assignment.slug)
        table.add_row(
            Text(lesson.assignment.title),
            Text(str(lesson.stage), _STYLE[lesson.stage]),
            Text(f"{lesson.right}/{lesson.of}" if lesson.of else ""),
            Text(f"{lesson.graded.score:g}" if lesson.graded and lesson.graded.score is not None else ""),
            Text("; ".join(_notes(lesson, standing, zone))),
        )
    out.print(table)
    for standing in mine.values():
        for line in standing.given:
            out.print(Text(f"by hand: {standing.assignment}: {line}"))
    for lesson in view.lessons:
        for check in lesson.open:
            gain = f"{check.max_points - check.points:g} points"
            out.print(
                Text.assemble("open: ", (check.id, "bold"), f" ({lesson.assignment.slug}, {gain}): {check.title}")
            )
    for idea in view.ideas:
        out.print(Text.assemble("missing idea: ", (idea.id, "bold"), f" ({idea.assignment.slug}): {idea.hint}"))
    out.print(Text(f"{view.completed} of {view.asked} lessons completed."), end="")
    if view.so_far is not None:
        out.print(Text(f" {view.so_far:g} % of what is graded"), end="")
        out.print(Text(f", {view.total:g} % of the course." if view.total is not None else "."), end="")
    out.print()


def _notes(lesson: Lesson, standing: Standing | None, zone: ZoneInfo) -> list[str]:
    notes = []
    handed_in = standing is not None and standing.state is State.NEW
    if handed_in:
        notes.append("handed in, not graded yet")
    elif standing is not None and standing.reason:
        notes.append(f"to grade: {standing.reason}")
    if standing is not None and standing.days_late:
        notes.append(f"{_days(standing.days_late)} late")
    if lesson.stage is Stage.OPEN and not handed_in and lesson.due is not None:
        notes.append(f"due {lesson.due.astimezone(zone):%Y-%m-%d %H:%M}")
    return notes


def _by_assignment(found: Iterable[Standing]) -> dict[str, list[Standing]]:
    groups: dict[str, list[Standing]] = {}
    for standing in found:
        groups.setdefault(standing.assignment, []).append(standing)
    return groups


def _list(out: rich.console.Console, what: str, rows: Sequence[tuple[Standing, str]]) -> None:
    """Lines of one kind: students who share a reason in an assignment share a line, and so do alike assignments."""
    students: dict[tuple[str, str], list[str]] = {}
    for standing, why in rows:
        students.setdefault((standing.assignment, why), []).append(standing.student)
    lines: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (slug, why), who in students.items():
        lines.setdefault((why, tuple(who)), []).append(slug)
    for (why, names), where in list(lines.items())[:_LISTED]:
        out.print(Text(f"{what}: {', '.join(where)}: {_cut(names)}: {why}"))
    if len(lines) > _LISTED:
        out.print(Text(f"{what}: and {len(lines) - _LISTED} more; --json lists all"))


def _cut(students: Sequence[str]) -> str:
    rest = f" and {len(students) - _LISTED} more" if len(students) > _LISTED else ""
    return ", ".join(students[:_LISTED]) + rest


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
