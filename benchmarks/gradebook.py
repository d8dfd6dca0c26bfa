"""How long a big class takes into nbgrader's gradebook and out again to an LMS, and how long by nbgrader's own API.

Nothing is graded: results are made up, written as result.json, and from there on everything is what `grade` does. Run
it on a machine that does nothing else; nbgrader's own way is tried on a part of the class, as it would take an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from autograder.course.course_yml import load_course
from autograder.gradebook.write import COURSE_ID, write_scores
from autograder.records import CheckResult, Course, GradedSubmission, Late, Outcome
from autograder.results.result_json import load_results, result_file, write_result

NOW = datetime(2026, 10, 13, tzinfo=UTC)
_CPU = ("user", "system", "children_user", "children_system")
FORMATS = ("canvas", "moodle", "blackboard", "brightspace", "csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """Wall time, and the processor's, which other work on the machine stretches less."""

    wall: float
    cpu: float


def made_course(root: Path, students: int, assignments: int) -> Course:
    """course.yml and a roster, and empty files where suites and references would be."""
    slugs = [f"a{number:02}" for number in range(assignments)]
    blocks = [{"slug": slug, "title": f"Assignment {slug}", "lms": {"blackboard": int(slug[1:]) + 1}} for slug in slugs]
    course = {"title": "Big", "secret": "a-secret-of-benchmarks", "assignments": blocks}
    root.mkdir()
    (root / "course.yml").write_text(json.dumps(course), "utf-8")  # JSON is YAML
    lines = [
        f"s{n:04},Student {n},s{n:04}@example.org,{10000 + n},x{n:04},u{n:04},A" for n in range(students)
    ]  # fmt: skip
    (root / "roster.csv").write_text("\n".join(["student,name,email,lms_id,sis_id,login,section", *lines]), "utf-8")
    for slug in slugs:
        for file in (f"tests/suites/test_{slug}.py", f"reference/{slug}.py"):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).touch()
    config = Path(__file__).parents[1] / "nbgrader_config.py"
    (root / "nbgrader_config.py").write_text(config.read_text("utf-8"), "utf-8")
    return load_course(root)


def made_results(course: Course, cells: int) -> list[GradedSubmission]:
    """Everybody's, with about a third of the checks failed; one function a check, so one grade cell each."""
    draw = random.Random(0)
    worth = 100.0 / cells
    made = []
    for assignment in course.assignments:
        for student in course.roster:
            checks = tuple(_check(f"f{number:02}.values", worth, draw) for number in range(cells))
            score = round(sum(check.points for check in checks), 2)
            made.append(_graded(assignment.slug, student.id, checks, score))
    return made


def _check(name: str, worth: float, draw: random.Random) -> CheckResult:
    if draw.random() < 2 / 3:
        return CheckResult(id=name, title=f"{name} is right", outcome=Outcome.PASSED, points=worth, max_points=worth)
    return CheckResult(
        id=name,
        title=f"{name} is right",
        outcome=Outcome.FAILED,
        points=0.0,
        max_points=worth,
        message="the values of x_t are wrong: the largest difference is 0.31, at t = 7",
        expected="[0.12, 0.55, 0.91]",
        observed="[0.43, 0.55, 0.91]",
    )


def _graded(slug: str, student: str, checks: tuple[CheckResult, ...], score: float) -> GradedSubmission:
    return GradedSubmission(
        assignment=slug,
        student=student,
        submission_sha256="0" * 64,
        files=(f"{slug}.py",),
        received_at=NOW,
        format="py",
        suite_sha256="0" * 64,
        reference_sha256="0" * 64,
        engine_version="benchmark",
        seed="0",
        graded_at=NOW,
        seconds=1.0,
        layers=(),
        checks=checks,
        score_before_late=score,
        late=Late(),
        score=score,
        max_score=100.0,
        needs_human=False,
    )


def release(course: Course, cells: int) -> None:
    """A release notebook with a solution and a grade cell for each function, so that reports are written, too."""
    for assignment in course.assignments:
        notebook: list[dict[str, Any]] = []
        for number in range(cells):
            name = f"f{number:02}"
            for kind, source in (("answer", f"def {name}(x):\n    raise NotImplementedError"), ("", f"check({name})")):
                fields = {
                    "grade_id": f"{name}-answer" if kind else name,
                    "schema_version": 3,
                    "grade": not kind,
                    "solution": bool(kind),
                    "locked": not kind,
                    "task": False,
                } | ({} if kind else {"points": 100.0 / cells})
                notebook.append({"cell_type": "code", "source": source, "metadata": {"nbgrader": fields}})
        file = course.root / "assignments" / assignment.slug / "release" / f"{assignment.slug}.ipynb"
        file.parent.mkdir(parents=True)
        document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": notebook}
        file.write_text(json.dumps(document), "utf-8")


def seconds(work: Callable[[], object]) -> Seconds:
    """What it takes, the commands that it waits for included."""
    started, before = time.monotonic(), os.times()
    work()
    after = os.times()
    cpu = sum(getattr(after, part) - getattr(before, part) for part in _CPU)
    return Seconds(wall=round(time.monotonic() - started, 2), cpu=round(cpu, 2))


def command(root: Path, *words: str) -> Callable[[], object]:
    """A command, from the start of its process to the end; a failure ends the benchmark."""
    folder = Path(sys.executable).parent
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return lambda: subprocess.run(words, cwd=root, env=os.environ | {"PATH": path}, check=True, capture_output=True)


def through_nbgrader(results: list[GradedSubmission], database: Path) -> None:
    """The same scores by nbgrader's own calls, one by one."""
    with Gradebook(f"sqlite:///{database}", COURSE_ID) as gradebook:
        for slug in dict.fromkeys(graded.assignment for graded in results):
            gradebook.add_assignment(slug)
            gradebook.add_notebook(slug, slug)
            for check in next(graded for graded in results if graded.assignment == slug).checks:
                gradebook.add_grade_cell(check.id, slug, slug, max_score=check.max_points, cell_type="code")
        for student in dict.fromkeys(graded.student for graded in results):
            gradebook.add_student(student)
        for graded in results:
            gradebook.add_submission(graded.assignment, graded.student)
            for check in graded.checks:
                grade = gradebook.find_grade(check.id, graded.assignment, graded.assignment, graded.student)
                grade.auto_score = check.points
            gradebook.db.commit()


def rows(database: Path) -> list[str]:
    """All that the gradebook holds, as SQL."""
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def measured(root: Path, options: argparse.Namespace) -> dict[str, Seconds]:
    """Every step's seconds, in order."""
    course = made_course(root, options.students, options.assignments)
    made = made_results(course, options.cells)
    times = {
        "write result.json (what grading does, not part of the claim)": seconds(
            lambda: [write_result(graded, result_file(root, graded.assignment, graded.student)) for graded in made]
        )
    }
    database = root / "gradebook.db"
    if options.released:
        release(course, options.cells)
    times["read result.json"] = seconds(lambda: load_results(course, root))
    times["write"] = seconds(lambda: write_scores(course, made, database))
    before = rows(database)
    times["write again, nothing changed"] = seconds(lambda: write_scores(course, made, database))
    assert rows(database) == before, "the second write changed the gradebook"
    checks = tuple(replace(check, points=0.0) for check in made[0].checks)
    one = replace(made[0], checks=checks, score=0.0, score_before_late=0.0)
    times["write one student's regrade"] = seconds(lambda: write_scores(course, [one], database))
    write_scores(course, made[:1], database)
    for to in FORMATS:
        times[f"grade export --to {to}"] = seconds(
            command(root, "grade", "export", "--to", to, "--output", f"{to}.out")
        )
    preview = ("grade", "export", "--to", "canvas", "--against", "canvas.out")
    times["grade export --to canvas, preview"] = seconds(command(root, *preview))
    plugin = "--exporter=autograder.nbgrader_plugin.CanvasExport"
    times["nbgrader export, our Canvas plugin"] = seconds(command(root, "nbgrader", "export", plugin, "--to", "n.out"))
    assert (root / "n.out").read_bytes() == (root / "canvas.out").read_bytes()
    return times


def theirs(root: Path, options: argparse.Namespace) -> dict[str, Seconds]:
    """nbgrader's API and its own export, on a part of the class."""
    course = made_course(root, options.nbgrader_students, options.assignments)
    made = made_results(course, options.cells)
    times = {"nbgrader's API, an empty gradebook": seconds(lambda: through_nbgrader([], root / "gradebook.db"))}
    times["nbgrader's API, write"] = seconds(lambda: through_nbgrader(made, root / "gradebook.db"))
    times["nbgrader export, its own CSV"] = seconds(command(root, "nbgrader", "export", "--to", "n.csv"))
    ours = root / "ours.db"
    times["ours, write, the same part"] = seconds(lambda: write_scores(course, made, ours))
    return times


def main() -> None:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=1000)
    parser.add_argument("--assignments", type=int, default=10)
    parser.add_argument("--cells", type=int, default=12, help="grade cells an assignment")
    parser.add_argument("--released", action="store_true", help="with release notebooks, so with 10,000 reports, too")
    parser.add_argument(
        "--nbgrader-students", type=int, default=20, help="the part for nbgrader's API; 0 leaves it out"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    size = f"{options.assignments} assignments, {options.cells} grade cells each"
    with tempfile.TemporaryDirectory() as folder:
        tables = {f"{options.students} students, {size}": measured(Path(folder) / "ours", options)}
        if options.nbgrader_students:
            tables[f"{options.nbgrader_students} students, {size}"] = theirs(Path(folder) / "theirs", options)
    if options.json:
        steps = {title: {what: asdict(took) for what, took in table.items()} for title, table in tables.items()}
        print(json.dumps({"options": vars(options), "seconds": steps}, indent=2))
        return
    for title, table in tables.items():
        print(f"{title}\n\n| step | wall s | CPU s |\n| --- | --- | --- |")
        for what, took in table.items():
            print(f"| {what} | {took.wall:.2f} | {took.cpu:.2f} |")
        print()


if __name__ == "__main__":
    main()
