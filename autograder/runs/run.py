"""The run, from paths to results: what must run, who runs it, and what is written as each verdict comes in."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from autograder import scoring
from autograder.course.overrides import read_overrides
from autograder.errors import OutputError
from autograder.executors.dispatch import OpenExecutor, verdicts
from autograder.pages.dashboard import write_dashboard
from autograder.pages.progress import write_progress_pages
from autograder.pages.student_page import write_student_page
from autograder.records import Course, GradedSubmission, Override
from autograder.results.history import Change, append_change, history_file, last_told, mend_history
from autograder.results.result_json import (
    ResultHead,
    head_from,
    head_of,
    load_head,
    load_result,
    load_results,
    result_file,
    write_result,
)
from autograder.runs import lock as one_run
from autograder.runs import upkeep
from autograder.submissions.find import find_submissions, missing_students, odd_folders, unknown_students
from autograder.submissions.plan import PlannedJob, plan

DATES_MOVED = "a due date, an extension, the time of arrival or max_score changed"
Verdict = tuple[PlannedJob, GradedSubmission]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run came to. results: every submission asked for, in course order, graded now or before.

    planned: what had to run, with the reason; fresh: the results that this run wrote; rescored: those among them that
    had nothing to run, but count differently since a date moved; missing: slug to roster students without a submission;
    unknown: students with one who are not on the roster; refused: a sentence on each folder that is nobody's.
    """

    results: tuple[ResultHead, ...] = ()
    fresh: tuple[GradedSubmission, ...] = ()
    planned: tuple[PlannedJob, ...] = ()
    kept: int = 0
    rescored: tuple[GradedSubmission, ...] = ()
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def need_human(self) -> tuple[ResultHead, ...]:
        """The results that a person must look at."""
        return tuple(graded for graded in self.results if graded.needs_human)

    @property
    def waited(self) -> float:
        """Which share of its time this run's grading waited for a processor, 0..1."""
        seconds = sum(graded.seconds for graded in self.fresh)
        return min(1.0, sum(graded.waited for graded in self.fresh) / seconds) if seconds else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One verdict came in: how many of how many, the verdict, and why it was asked for."""

    done: int
    total: int
    graded: GradedSubmission
    why: str


def survey(course: Course, paths: list[Path], *, out: Path | None = None, force: bool = False) -> Ran:
    """What a run would do: finds and compares, runs nothing. `planned` says why each job must run.

    out: the folder under which results lie instead of the course. Raises CourseError or UsageError.
    """
    submissions = find_submissions(course, paths)
    jobs = plan(course, submissions, force=force, overrides=read_overrides(course), out=out)
    slugs = dict.fromkeys(submission.assignment for submission in submissions)
    kept = [(job, _head(job)) for job in jobs if not job.runs]
    moved = [job for job, head in kept if not _counts_as_before(course, job, head)]
    rescored = tuple(under_todays_dates(course, job, job.result) for job in moved)
    now = {(graded.assignment, graded.student): head_of(graded) for graded in rescored}
    return Ran(
        planned=tuple(job for job in jobs if job.runs),
        kept=len(kept),
        missing={slug: gone for slug in slugs if (gone := missing_students(course, slug))},
        unknown=unknown_students(course, submissions),
        refused=odd_folders(course, paths),
        results=tuple(now.get((head.assignment, head.student), head) for _, head in kept),
        rescored=rescored,
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
    gradebook: Path | None = None,
    class_pages: bool = True,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Ran:
    """Grade what must be graded and write each result as it comes in.

    executor: opens a pool of graders; not called where there is nothing to run. fail_fast: stop at the first submission
    that needs a human. gradebook: nbgrader's, to be brought up to date. class_pages: whether to end with
    `write_class_pages`, for who calls this student by student. Raises BusyError, CourseError, JailError, OutputError;
    what was written until then stays, and the next run goes on from there.
    """
    root = out or course.root
    with one_run.one_run(root, clock()):
        found = survey(course, paths, out=out, force=force)
        with closing(graded_now(course, found.planned, executor, clock)) as judged:
            return record(
                course,
                found,
                judged,
                root,
                clock=clock,
                fail_fast=fail_fast,
                gradebook=gradebook,
                class_pages=class_pages,
                on_progress=on_progress,
            )


def graded_now(
    course: Course, planned: tuple[PlannedJob, ...], executor: OpenExecutor, clock: Callable[[], datetime]
) -> Generator[Verdict, None, None]:
    """The jobs' verdicts as the course scores them, as they come in. Close it to be rid of the graders."""
    overrides = read_overrides(course)
    with closing(verdicts(planned, executor)) as coming:
        for job, graded in coming:
            yield job, finished(course, graded, overrides, clock())


def record(
    course: Course,
    found: Ran,
    judged: Iterable[Verdict],
    root: Path,
    *,
    clock: Callable[[], datetime],
    fail_fast: bool = False,
    gradebook: Path | None = None,
    class_pages: bool = True,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Ran:
    """Write results, and what is made of them, under root. Only inside `one_run`.

    A result is written last of all that belongs to it, and the mark of a run at work goes when everything is written:
    so a run that is killed at any moment is made good by the next one.
    """
    cut_off = one_run.was_cut_off(root)
    if cut_off:
        one_run.sweep(root)
        for assignment in course.assignments:
            mend_history(root, assignment.slug)
    behind = gradebook is not None and not upkeep.gradebook_stands(course, gradebook)
    if found.planned or found.rescored:
        one_run.begun(root)
        if root == course.root:
            upkeep.gradebook_is_behind(course)
    told = {assignment.slug: last_told(history_file(root, assignment.slug)) for assignment in course.assignments}
    fresh = []
    for kept in found.rescored:
        _write(course, kept, root, told, DATES_MOVED, clock())
        fresh.append(kept)
    for job, graded in judged:
        _write(course, graded, root, told, job.reason, graded.graded_at)
        fresh.append(graded)
        done = len(fresh) - len(found.rescored)
        on_progress(Progress(done=done, total=len(found.planned), graded=graded, why=job.reason))
        if fail_fast and graded.needs_human:
            break
    if class_pages and (fresh or cut_off):
        write_class_pages(course, root, None if cut_off else [graded.student for graded in fresh])
    if gradebook is not None and (fresh or behind):
        from autograder.gradebook.write import write_scores  # it imports nbgrader: not for a run that changes nothing

        write_scores(course, load_results(course, root) if behind else fresh, gradebook)
        upkeep.gradebook_written(course, gradebook)
    if class_pages or not cut_off:
        one_run.completed(root)
    written = {(graded.assignment, graded.student) for graded in fresh}
    heads = [head for head in found.results if (head.assignment, head.student) not in written]
    order = {assignment.slug: place for place, assignment in enumerate(course.assignments)}
    results = sorted([*heads, *map(head_of, fresh)], key=lambda head: (order[head.assignment], head.student))
    return replace(found, results=tuple(results), fresh=tuple(fresh))


def write_class_pages(course: Course, root: Path, concerned: Iterable[str] | None) -> None:
    """The dashboard of the whole class under root, and the way through the course of those concerned; None: of all."""
    everything = load_results(course, root)
    students = [graded.student for graded in everything] if concerned is None else concerned
    write_progress_pages(course, everything, root, students)
    write_dashboard(course, everything, root)


def finished(
    course: Course, graded: GradedSubmission, overrides: tuple[Override, ...], now: datetime
) -> GradedSubmission:
    """A grader's verdict as the course scores it: overrides, lateness, time."""
    stamped = replace(graded, graded_at=now)
    judged = scoring.overridden(stamped, overrides)
    return scoring.rescored(judged, course.assignment(graded.assignment), graded.received_at)


def _write(
    course: Course,
    graded: GradedSubmission,
    root: Path,
    told: dict[str, dict[str, float | None]],
    why: str,
    now: datetime,
) -> None:
    """A submission's page, its line in the changelog if the score changed, and its result: in this order.

    told: the scores as the changelogs left them; a result that somebody took away does not begin them anew.
    """
    file = result_file(root, graded.assignment, graded.student)
    write_student_page(course, graded, root)
    before = told[graded.assignment].get(graded.student, _stored_score(file))
    if graded.score != before:
        change = Change(when=now, student=graded.student, before=before, after=graded.score, why=why)
        append_change(history_file(root, graded.assignment), change)
    write_result(graded, file)


def _stored_score(file: Path) -> float | None:
    try:
        return load_head(file).score
    except OutputError:
        return None


def _head(job: PlannedJob) -> ResultHead:
    try:
        return head_from(job.head)
    except (ValueError, KeyError, TypeError, AttributeError):
        return load_head(job.result)  # which says what is wrong


def _counts_as_before(course: Course, job: PlannedJob, head: ResultHead) -> bool:
    """Whether a result that still stands has the same score under today's due dates, told without its checks."""
    submission = job.job.submission
    assignment = course.assignment(submission.assignment)
    late = scoring.late_for(assignment, submission.student, submission.received_at, head.score_before_late)
    now = (submission.received_at, assignment.max_score, late)
    return now == (head.received_at, head.max_score, head.late)


def under_todays_dates(course: Course, job: PlannedJob, file: Path) -> GradedSubmission:
    """The result in file, of this job, as it counts today: a moved deadline needs no student code."""
    submission = job.job.submission
    assignment = course.assignment(submission.assignment)
    return scoring.rescored(load_result(file), assignment, submission.received_at)
