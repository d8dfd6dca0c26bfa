"""An executor that runs nothing: it reads the points of a submission off its first line, `# 60`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from records import graded_submission
from tiny_course import TinyCourse

from autograder.course.course_yml import load_course
from autograder.records import CheckResult, GradedSubmission, Job, Outcome
from autograder.runs import run as pipeline

NOON = datetime(2026, 10, 13, 12, tzinfo=UTC)


class PaperGrader(Executor):
    """Each job is done when it is handed in; `graded` are the students, in order."""

    def __init__(self) -> None:
        self.graded: list[str] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """A future that is done."""
        (job,) = args
        self.graded.append(job.submission.student)
        future: Future[Any] = Future()
        future.set_result(verdict(job))
        return future

    @contextmanager
    def opened(self, *_: object) -> Iterator[Executor]:
        """What the pipeline opens, whatever the jobs need."""
        yield self


def run_on_paper(course: TinyCourse, now: datetime = NOON, *, out: Path | None = None) -> pipeline.Ran:
    """Grade the course, into its gradebook too where results go into the course."""
    return pipeline.run(
        load_course(course.root),
        [course.root],
        PaperGrader().opened,
        pipeline.Writing(out=out, gradebook=None if out else course.root / "gradebook.db"),
        clock=lambda: now,
    )


def verdict(job: Job) -> GradedSubmission:
    """The record that a grader would return."""
    submission = job.submission
    points = float((submission.folder / submission.main).read_text("utf-8").split()[1])
    outcome = Outcome.PASSED if points == 100 else Outcome.FAILED
    return graded_submission(
        CheckResult(id="a.b", title="a", outcome=outcome, points=points, max_points=100.0),
        assignment=submission.assignment,
        student=submission.student,
        submission_sha256=submission.sha256,
        files=tuple(file.name for file in submission.files),
        received_at=submission.received_at,
        format=submission.format,
        suite_sha256=job.suite_sha256,
        reference_sha256=job.reference_sha256,
        engine_version=job.engine_version,
        seed=job.seed,
        graded_at=datetime.fromtimestamp(0, UTC),
        seconds=0.0,
        score_before_late=None,
        score=None,
        max_score=0.0,
    )
