"""Jobs to an executor and verdicts back: the longest first, and each lost one once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import AbstractContextManager
from statistics import fmean
from typing import TYPE_CHECKING

from autograder.errors import InfrastructureError
from autograder.records import GradedSubmission, Job

if TYPE_CHECKING:  # a grader imports this module, and plans nothing
    from autograder.submissions.plan import PlannedJob

OpenExecutor = Callable[[], AbstractContextManager[Executor]]


def verdicts(
    planned: Sequence[PlannedJob], executor: OpenExecutor
) -> Generator[tuple[PlannedJob, GradedSubmission], None, None]:
    """Each job with its verdict, as they come in. A job that the executor lost twice is ungraded.

    executor: not opened where there is nothing to do; closed when the last verdict is in, or nobody wants more.
    """
    if not planned:
        return
    with executor() as pool:
        lost: list[PlannedJob] = []
        for job, outcome in _attempt(longest_first(planned), pool):
            if isinstance(outcome, InfrastructureError):
                lost.append(job)
            else:
                yield job, outcome
        for job, outcome in _attempt(lost, pool):
            if isinstance(outcome, InfrastructureError):
                from autograder.grading import (
                    grader as grading,  # it imports torch, which a run that goes well leaves to the graders
                )

                outcome = grading.unjudged(job.job, f"our side failed twice over this submission: {outcome}")
            yield job, outcome


def longest_first(planned: Iterable[PlannedJob]) -> list[PlannedJob]:
    """By the time that each took last time, else by the mean of its assignment; what is quite unknown goes first."""
    jobs = list(planned)
    of_assignment: defaultdict[str, list[float]] = defaultdict(list)
    for job in jobs:
        if job.seconds is not None:
            of_assignment[job.job.submission.assignment].append(job.seconds)
    means = {slug: fmean(seconds) for slug, seconds in of_assignment.items()}

    def expected(job: PlannedJob) -> float:
        if job.seconds is not None:
            return job.seconds
        return means.get(job.job.submission.assignment, float("inf"))

    return sorted(jobs, key=expected, reverse=True)


def _attempt(
    planned: Iterable[PlannedJob], pool: Executor
) -> Iterator[tuple[PlannedJob, GradedSubmission | InfrastructureError]]:
    running = {pool.submit(grade, job.job): job for job in planned}
    for future in as_completed(list(running)):
        job = running.pop(future)
        try:
            yield job, future.result()
        except InfrastructureError as lost:
            yield job, lost


def grade(job: Job) -> GradedSubmission:
    """Grade one job in a process that an executor made a grader. Here, so that who submits it need not import torch."""
    from autograder.grading import grader as grading

    return grading.grade(job)
