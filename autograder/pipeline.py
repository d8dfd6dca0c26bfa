"""The run, from paths to results: what must run, who runs it, and what is written as each verdict comes in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from autograder import executors, scoring
from autograder.contracts import Course, GradedSubmission, Job, Override
from autograder.output.feedback.dashboard import write_dashboard
from autograder.output.feedback.progress import write_progress_pages
from autograder.output.feedback.student_page import write_student_page
from autograder.output.results import load_result, load_results, result_file, write_result
from autograder.planning.overrides import read_overrides
from autograder.planning.plan import PlannedJob, plan
from autograder.planning.submissions import find_submissions, missing_students, unknown_students

OpenExecutor = Callable[[], AbstractContextManager[Executor]]
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run came to. results: every submission asked for, in course order, graded now or before.

    planned: what had to run, with the reason; rescored: what did not, but counts differently since a date moved;
    missing: slug to roster students without a submission; unknown: students
    with one who are not on the roster.
    """

    results: tuple[GradedSubmission, ...] = ()
    planned: tuple[PlannedJob, ...] = ()
    kept: int = 0
    rescored: tuple[GradedSubmission, ...] = ()
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()

    @property
    def need_human(self) -> tuple[GradedSubmission, ...]:
        """The results that a person must look at."""
        return tuple(graded for graded in self.results if graded.needs_human)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One verdict came in: how many of how many, and the verdict."""

    done: int
    total: int
    graded: GradedSubmission


def survey(course: Course, paths: list[Path], *, out: Path | None = None, force: bool = False) -> Ran:
    """What a run would do: finds and compares, runs nothing. `planned` says why each job must run.

    out: the folder under which results lie instead of the course. Raises CourseError or UsageError.
    """
    submissions = find_submissions(course, paths)
    jobs = plan(course, submissions, force=force, overrides=read_overrides(course), out=out)
    slugs = dict.fromkeys(submission.assignment for submission in submissions)
    stored = [(load_result(job.result), job) for job in jobs if not job.runs]
    today = [(before, _rescored(course, before, job)) for before, job in stored]
    return Ran(
        planned=tuple(job for job in jobs if job.runs),
        kept=len(stored),
        missing={slug: gone for slug in slugs if (gone := missing_students(course, slug))},
        unknown=unknown_students(course, submissions),
        results=tuple(now for _, now in today),
        rescored=tuple(now for before, now in today if now != before),
    )


def run(
    course: Course,
    paths: list[Path],
    executor: OpenExecutor,
    *,
    out: Path | None = None,
    clock: Callable[[], datetime],
    force: bool = False,
    fail_fast: bool = False,
    class_pages: bool = True,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Ran:
    """Grade what must be graded and write each result as it comes in.

    executor: opens a pool of graders; not called where there is nothing to run. fail_fast: stop at the first submission
    that needs a human. class_pages: whether to end with `write_class_pages`, for who calls this student by student.
    Raises CourseError, JailError, OutputError; what was written until then stays.
    """
    found = survey(course, paths, out=out, force=force)
    overrides = read_overrides(course)
    results = list(found.results)
    for kept in found.rescored:
        write_result(kept, result_file(out or course.root, kept.assignment, kept.student))
        write_student_page(course, kept, out or course.root)
    files = {job.job: job.result for job in found.planned}
    for job, graded in _graded(found.planned, executor):
        done = finished(course, graded, overrides, clock())
        write_result(done, files[job])
        write_student_page(course, done, out or course.root)
        results.append(done)
        on_progress(Progress(done=len(results) - found.kept, total=len(found.planned), graded=done))
        if fail_fast and done.needs_human:
            break
    order = {assignment.slug: place for place, assignment in enumerate(course.assignments)}
    ordered = sorted(results, key=lambda graded: (order[graded.assignment], graded.student))
    if class_pages and (found.planned or found.rescored):
        concerned = [graded.student for graded in (*found.rescored, *results[len(found.results) :])]
        write_class_pages(course, out or course.root, concerned)
    return replace(found, results=tuple(ordered))


def write_class_pages(course: Course, root: Path, concerned: Iterable[str]) -> None:
    """The dashboard of the whole class under root, and the way through the course of the students concerned."""
    everything = load_results(course, root)
    write_progress_pages(course, everything, root, concerned)
    write_dashboard(course, everything, root)


def finished(
    course: Course, graded: GradedSubmission, overrides: tuple[Override, ...], now: datetime
) -> GradedSubmission:
    """A grader's verdict as the course scores it: overrides, lateness, time."""
    stamped = replace(graded, graded_at=now)
    judged = scoring.overridden(stamped, overrides)
    return scoring.rescored(judged, course.assignment(graded.assignment), graded.received_at)


def _graded(planned: tuple[PlannedJob, ...], executor: OpenExecutor) -> Iterator[tuple[Job, GradedSubmission]]:
    """Verdicts as they come in. A pool that breaks is opened anew; a job that breaks it three times is ungraded."""
    waiting = [job.job for job in planned]
    deaths: Counter[Job] = Counter()
    while waiting:
        # After a death the jobs go one at a time: only so is it known which of them a grader died of.
        batch = waiting[:1] if deaths else waiting
        with executor() as pool:
            running = {pool.submit(executors.grade, job): job for job in batch}
            try:
                for future in _as_they_finish(running):
                    graded = future.result()
                    waiting.remove(running[future])
                    yield running[future], graded
            except BrokenProcessPool:
                deaths[waiting[0]] += 1
        if waiting and deaths[waiting[0]] == _ATTEMPTS:
            from autograder import grading  # it imports torch, which a run that goes well leaves to the graders

            culprit = waiting.pop(0)
            yield culprit, grading.unjudged(culprit, f"the grader died {_ATTEMPTS} times over this submission")


def _as_they_finish(futures: Iterable[Future[GradedSubmission]]) -> Iterator[Future[GradedSubmission]]:
    left = set(futures)
    while left:
        done, left = wait(left, return_when=FIRST_COMPLETED)
        yield from done


def _rescored(course: Course, graded: GradedSubmission, planned: PlannedJob) -> GradedSubmission:
    """A result that still stands, under today's due dates: a moved deadline needs no student code."""
    submission = planned.job.submission
    return scoring.rescored(graded, course.assignment(submission.assignment), submission.received_at)
