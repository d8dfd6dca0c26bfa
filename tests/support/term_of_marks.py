"""A term as a state machine: what happens in it on disk, beside a small model that says what each mark is.

The model knows nothing of our code: it reckons from what was handed in, when, what the suite asks and what people gave.
"""

from __future__ import annotations

import json
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nbformat
from paper_grader import verdict
from tiny_course import make_tiny_course

from autograder.course.course_yml import load_course
from autograder.errors import InfrastructureError
from autograder.records import CheckResult, GradedSubmission, Job, Outcome

START = datetime(2026, 10, 12, 12, tzinfo=UTC)
STUDENTS = ("s01", "s02", "s03")


@dataclass
class Gift:
    """What a person entered in formgrader for one check."""

    manual: float | None
    extra: float


@dataclass
class Work:
    """A submission: points by check as a share of 1, when it came in."""

    shares: dict[str, float]
    at: datetime


@dataclass
class Model:
    """The state of the term, and the mark of everybody, from first principles."""

    checks: dict[str, float]
    due_days: int = 0
    extensions: dict[str, int] = field(default_factory=dict)
    excused: set[str] = field(default_factory=set)
    max_score: float = 100.0
    work: dict[str, Work] = field(default_factory=dict)
    roster: set[str] = field(default_factory=lambda: set(STUDENTS))
    overrides: dict[tuple[str, str], float] = field(default_factory=dict)
    gifts: dict[tuple[str, str], Gift] = field(default_factory=dict)
    comments: dict[tuple[str, str], str] = field(default_factory=dict)
    judged: dict[str, dict[str, tuple[float, float]] | None] = field(default_factory=dict)

    def mark(self, student: str) -> float | None:
        """The score that everything on record gives, None while nobody can say it."""
        verdict = self.judged.get(student)
        if verdict is None:
            return None
        total = sum(worth for _, worth in verdict.values())
        scale = self.max_score / total
        points = {}
        for check, (got, worth) in verdict.items():
            given = self.overrides.get((student, check))
            points[check] = (got if given is None else min(given, worth)) * scale
        top = 0.0
        for (who, check), gift in self.gifts.items():
            if who != student:
                continue
            if gift.manual is not None:
                if check in points:
                    points[check] = 0.0
                top += gift.manual
            top += gift.extra
        return round(max(0.0, sum(points.values()) + top - self.penalty(student)), 2)

    def penalty(self, student: str) -> float:
        """Ten points of a hundred for each begun day, at most fifty."""
        if student in self.excused:
            return 0.0
        days = max(self.due_days, self.extensions.get(student, self.due_days))
        due = START + timedelta(days=days)
        late = self.work[student].at - due
        begun = -(-late // timedelta(days=1)) if late > timedelta() else 0
        return min(10.0 * begun, 50.0) / 100 * self.max_score


class Paper(Executor):
    """A grader that reads each check's share off the submission; it dies of whom it is told to die of."""

    def __init__(self, model: Model, *, dies_of: str = "") -> None:
        self.model, self.dies_of = model, dies_of

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A future that is done, or failed as a lost grader fails."""
        (job,) = args
        future: Future[Any] = Future()
        if job.submission.student == self.dies_of:
            future.set_exception(InfrastructureError("the grader's process ended"))
        else:
            future.set_result(judge(self.model, job))
        return future

    @contextmanager
    def opened(self, *_):  # type: ignore[no-untyped-def]
        """What the pipeline opens."""
        yield self


def judge(model: Model, job: Job) -> GradedSubmission:
    """What a real grader would return: one result a check of the suite as it is now."""
    shares = read_shares(job.submission.folder / job.submission.main)
    checks = tuple(
        CheckResult(
            id=check,
            title=check,
            outcome=Outcome.PASSED if shares.get(check, 0.5) == 1 else Outcome.FAILED,
            points=shares.get(check, 0.5) * worth,
            max_points=worth,
        )
        for check, worth in model.checks.items()
    )
    return replace(verdict(job), checks=checks)


def read_shares(file: Path) -> dict[str, float]:
    """The shares that a submission of `hand_in` says."""
    shares: dict[str, float] = json.loads(file.read_text("utf-8").splitlines()[1][2:])
    return shares


def _released(name: str, points: float) -> list[Any]:
    """The cells of one function: the student's, and the grade cell."""
    common = {"cell_type": "code", "schema_version": 3, "task": False}
    answer = common | {"grade": False, "grade_id": f"{name}-answer", "locked": False, "solution": True}
    grade = common | {"grade": True, "grade_id": name, "locked": True, "solution": False, "points": points}
    new = nbformat.v4.new_code_cell
    source = f"def {name}():\n    raise NotImplementedError"
    return [new(source, metadata={"nbgrader": answer}), new(f"# {name}", metadata={"nbgrader": grade})]  # type: ignore[no-untyped-call]


class Term:
    """The course on disk of one run of the machine."""

    def __init__(self, root: Path) -> None:
        self.course = make_tiny_course(root)
        self.root = root
        self.model = Model(checks={"f.a": 20.0, "f.b": 30.0, "g.a": 50.0})
        self.clock = START
        self.write_course()
        self.write_roster()
        self.write_suite()

    def write_course(self) -> None:
        """course.yml as the model has it."""
        model = self.model
        extensions = {s: f"{START + timedelta(days=d):%Y-%m-%dT%H:%M:%S+00:00}" for s, d in model.extensions.items()}
        extensions |= dict.fromkeys(sorted(model.excused), "excused")
        due = START + timedelta(days=model.due_days)
        (self.root / "course.yml").write_text(
            "title: Sums\nsecret: a-secret-of-the-tests\nlate: {penalty_per_day: 10, cap: 50}\n"
            f'assignments:\n  - slug: sums\n    title: Adding up\n    due: "{due:%Y-%m-%dT%H:%M:%S+00:00}"\n'
            f"    max_score: {model.max_score}\n    extensions: {json.dumps(extensions)}\n",
            "utf-8",
        )

    def write_roster(self) -> None:
        """roster.csv as the model has it."""
        rows = ["student,login,sis_id", *(f"{student},{student},{student}" for student in sorted(self.model.roster))]
        (self.root / "roster.csv").write_text("\n".join(rows) + "\n", "utf-8")

    def write_suite(self) -> None:
        """A suite whose bytes change whenever its checks do; nobody runs it."""
        (self.root / "tests/suites/test_sums.py").write_text(f'"""{json.dumps(self.model.checks)}"""\n', "utf-8")

    def release(self) -> None:
        """A release notebook with one grade cell a function, as `grade release` makes it of the suite as it is now."""
        total = sum(self.model.checks.values())
        points: dict[str, float] = {}
        for check, worth in self.model.checks.items():
            function = check.partition(".")[0]
            points[function] = points.get(function, 0.0) + worth * self.model.max_score / total
        cells = [cell for name, worth in points.items() for cell in _released(name, worth)]
        file = self.root / "assignments/sums/release/sums.ipynb"
        file.parent.mkdir(exist_ok=True)
        nbformat.write(nbformat.v4.new_notebook(cells=cells), file)  # type: ignore[no-untyped-call]

    def write_overrides(self) -> None:
        """overrides.yml as the model has it."""
        entries = [
            {
                "student": student,
                "assignment": "sums",
                "check": check,
                "points": points,
                "reason": "read",
                "by": "A. T.",
            }
            for (student, check), points in self.model.overrides.items()
        ]
        (self.root / "overrides.yml").write_text(json.dumps(entries), "utf-8")

    def write_received(self) -> None:
        """received.json as `grade collect` would write it."""
        record = {student: {"received_at": work.at.isoformat()} for student, work in self.model.work.items()}
        (self.root / "assignments/sums/received.json").write_text(json.dumps(record), "utf-8")

    def hand_in(self, student: str, shares: dict[str, float], at: datetime) -> None:
        """Put work into a student's folder, with its time of arrival."""
        self.model.work[student] = Work(shares=shares, at=at)
        self.course.hand_in(student, f"# 0\n# {json.dumps(shares)}\n")
        self.write_received()

    def load(self) -> Any:
        """The course, as each command reads it."""
        return load_course(self.root)
