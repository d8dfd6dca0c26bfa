"""Jobs to an executor and verdicts back: the longest first, and each lost one once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from autograder.errors import InfrastructureError
from autograder.records import GradedSubmission, Job
from autograder.sandbox.preload import has_sign_of

if TYPE_CHECKING:  # a grader imports this module, and plans nothing
    from autograder.submissions.plan import PlannedJob

OpenExecutor = Callable[[Sequence[str], int], AbstractContextManager[Executor]]


def verdicts(
    planned: Sequence[PlannedJob], executor: OpenExecutor
) -> Generator[tuple[PlannedJob, GradedSubmission], None, None]:
    """Each job with its verdict, as they come in. A job that the executor lost twice is ungraded.

    executor: given the libraries that the jobs need, and their number; not opened where there is nothing to do; closed
    when the last verdict is in, or nobody wants more.
    """
    if not planned:
        return
    assignments = {(job.job.course_root, job.job.submission.assignment) for job in planned}
    handed_in = (file.path for job in planned for file in job.job.submission.files)
    with executor(libraries(assignments, handed_in), len(planned)) as pool:
        yield from judged(planned, pool)


def judged(planned: Sequence[PlannedJob], pool: Executor) -> Iterator[tuple[PlannedJob, GradedSubmission]]:
    """The same of an executor that is open, and stays so."""
    lost: list[PlannedJob] = []
    for job, outcome in _attempt(longest_first(planned), pool):
        if isinstance(outcome, InfrastructureError):
            lost.append(job)
        else:
            yield job, outcome
    for job, outcome in _attempt(lost, pool):
        if isinstance(outcome, InfrastructureError):
            from autograder.grading import grader as grading  # it imports pytest, which is left to the graders else

            outcome = grading.unjudged(job.job, f"our side failed twice over this submission: {outcome}")
        yield job, outcome


def libraries(assignments: Iterable[tuple[Path, str]], handed_in: Iterable[Path] = ()) -> list[str]:
    """Those that each grader imports at its start. torch, where anything that judges or is judged has a sign of it.

    assignments: the course's root and the slug of each. handed_in: files of submissions.
    """
    from autograder.course.course_yml import lent_file
    from autograder.submissions.plan import judged_with

    ours = (file for root, slug in assignments for file in [*judged_with(root, slug), lent_file(root, slug)])
    return ["torch"] if any(has_sign_of("torch", file) for file in chain(ours, handed_in)) else []


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
    """Grade one job in a process that an executor made a grader. Here, so that who submits it need not import that."""
    from autograder.grading import grader as grading

    return grading.grade(job)
