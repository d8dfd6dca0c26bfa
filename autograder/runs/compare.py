"""What a regrade would change, before it changes anything: graded into the side, shown, and then perhaps accepted.

The side is a folder in the course that holds results only. A result there is of use as long as everything that it was
made from is as it was, as any other.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from autograder.course.overrides import read_overrides
from autograder.errors import OutputError, UsageError
from autograder.executors.dispatch import OpenExecutor
from autograder.records import CheckResult, Course, GradedSubmission
from autograder.results.result_json import load_result, result_file, write_result
from autograder.runs import run as pipeline
from autograder.runs.lock import STATE_FOLDER, one_run
from autograder.submissions.plan import PlannedJob, plan


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckChange:
    """One check that ends otherwise. before, after: None where the suite has no such check."""

    id: str
    before: CheckResult | None
    after: CheckResult | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a regrade does to one submission. before: its result as it stands, None if it has none that can be read."""

    assignment: str
    student: str
    before: GradedSubmission | None
    after: GradedSubmission
    why: str

    @property
    def moves(self) -> bool:
        """Whether the score of a submission that had been graded changes."""
        return self.before is not None and self.before.score != self.after.score

    @property
    def gain(self) -> float | None:
        """By how many points, None where one of the two has no score."""
        if self.before is None or self.before.score is None or self.after.score is None:
            return None
        return round(self.after.score - self.before.score, 6)

    @property
    def checks(self) -> tuple[CheckChange, ...]:
        """The checks that end otherwise or are worth something else."""
        before = {check.id: check for check in self.before.checks} if self.before else {}
        after = {check.id: check for check in self.after.checks}
        pairs = [(id, before.get(id), after.get(id)) for id in dict.fromkeys([*before, *after])]
        return tuple(CheckChange(id=id, before=b, after=a) for id, b, a in pairs if _ending(b) != _ending(a))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What `compare` found: each submission that a run would write, in course order; how many it would leave."""

    differences: tuple[Difference, ...]
    kept: int


def compare(
    course: Course,
    paths: list[Path],
    executor: OpenExecutor,
    *,
    clock: Callable[[], datetime],
    force: bool = False,
    on_progress: Callable[[pipeline.Progress], None] = lambda _: None,
) -> Comparison:
    """Grade into the side what a run would grade, and hold it against the results, which stay as they are.

    What was compared before, and is as it was, is not graded again. Raises what `pipeline.run` raises.
    """
    with one_run(course.root, clock()):
        found = pipeline.survey(course, paths, force=force)
        beside = _beside(course, found)
        todo = tuple(job for job in beside.values() if job.runs or force)
        why = {_whose(job): job.reason for job in found.planned}
        with closing(pipeline.graded_now(course, todo, executor, clock)) as judged:
            for done, (job, graded) in enumerate(judged, start=1):
                write_result(graded, job.result)
                on_progress(pipeline.Progress(done=done, total=len(todo), graded=graded, why=why[_whose(job)]))
        regraded = [
            Difference(
                assignment=job.job.submission.assignment,
                student=job.job.submission.student,
                before=_standing(job.result),
                after=pipeline.under_todays_dates(course, job, beside[_whose(job)].result),
                why=job.reason,
            )
            for job in found.planned
        ]
        moved = [
            Difference(
                assignment=graded.assignment,
                student=graded.student,
                before=load_result(result_file(course.root, graded.assignment, graded.student)),
                after=graded,
                why=pipeline.DATES_MOVED,
            )
            for graded in found.rescored
        ]
        order = {assignment.slug: place for place, assignment in enumerate(course.assignments)}
        differences = sorted([*regraded, *moved], key=lambda d: (order[d.assignment], d.student))
        return Comparison(differences=tuple(differences), kept=found.kept - len(found.rescored))


def accept(
    course: Course, paths: list[Path], *, clock: Callable[[], datetime], gradebook: Path | None = None
) -> tuple[pipeline.Ran, int]:
    """Write what `compare` found, without grading. The run, whose `planned` was accepted, and how many are left.

    Left, as it stands, is a submission that must run, and was not compared since something of it changed, or could not
    be judged. UsageError if that is so of all of them.
    """
    with one_run(course.root, clock()):
        found = pipeline.survey(course, paths)
        beside = _beside(course, found)
        ready = tuple(job for job in found.planned if not beside[_whose(job)].runs)
        if found.planned and not ready:
            raise UsageError(
                f"{len(found.planned)} submissions have changed, or what they are graded with has, since the last "
                "comparison; nothing was written. Run the same with --compare first"
            )
        judged = [(job, pipeline.under_todays_dates(course, job, beside[_whose(job)].result)) for job in ready]
        ran = pipeline.record(
            course, replace(found, planned=ready), judged, course.root, clock=clock, gradebook=gradebook
        )
        for job in ready:
            beside[_whose(job)].result.unlink(missing_ok=True)
        return ran, len(found.planned) - len(ready)


def _beside(course: Course, found: pipeline.Ran) -> dict[tuple[str, str], PlannedJob]:
    """Each job of a survey as the side sees it: to run, or compared already."""
    submissions = [job.job.submission for job in found.planned]
    side = course.root / STATE_FOLDER / "compared"
    jobs = plan(course, submissions, overrides=read_overrides(course), out=side)
    return {_whose(job): replace(beside, seconds=job.seconds) for job, beside in zip(found.planned, jobs, strict=True)}


def _whose(job: PlannedJob) -> tuple[str, str]:
    return job.job.submission.assignment, job.job.submission.student


def _standing(file: Path) -> GradedSubmission | None:
    try:
        return load_result(file)
    except OutputError:
        return None


def _ending(check: CheckResult | None) -> tuple[object, ...]:
    return () if check is None else (check.outcome, check.points, check.max_points)
