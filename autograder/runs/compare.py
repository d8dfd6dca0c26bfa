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

from autograder.errors import UsageError
from autograder.executors.dispatch import OpenExecutor
from autograder.records import CheckResult, Course, GradedSubmission, Late, Mark
from autograder.results.result_json import load_result, result_file, write_result
from autograder.runs import run as pipeline
from autograder.runs.book import Whose, mark_now
from autograder.runs.lock import STATE_FOLDER, one_run
from autograder.runs.why_changed import Cause, causes_of
from autograder.submissions.plan import PlannedJob, plan


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckChange:
    """One check that ends otherwise. before, after: None where the suite has no such check."""

    id: str
    before: CheckResult | None
    after: CheckResult | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a regrade does to one submission. before: its result as it stands, None if it has none that can be read.

    causes: why its mark would move, each with its share.
    """

    assignment: str
    student: str
    before: GradedSubmission | None
    after: Mark
    causes: tuple[Cause, ...]

    @property
    def why(self) -> str:
        """The causes without their shares."""
        return ", ".join(cause.why for cause in self.causes)

    @property
    def lateness(self) -> tuple[Late, Late] | None:
        """Lateness before and after, None if it stays."""
        if self.before is None or self.before.late == self.after.late:
            return None
        return self.before.late, self.after.late

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
        book, beside = found.book, _beside(course, found)
        todo = tuple(job for job in beside.values() if job.runs or force)
        why = {pipeline.whose(job): job.reason for job in found.planned}
        seen = {pipeline.whose(job): pipeline.given_before(job) for job in found.planned}
        with closing(pipeline.graded_now(book, todo, executor, clock, seen=seen)) as judged:
            for done, (job, graded) in enumerate(judged, start=1):
                write_result(graded, job.result)
                on_progress(pipeline.Progress(done=done, total=len(todo), graded=graded, why=why[pipeline.whose(job)]))
        pairs = [(job, _now(found, job, beside[pipeline.whose(job)])) for job in found.planned]
        changed = [(pipeline.stored_result(job.result), after, job.reason) for job, after in pairs]
        for after in found.rescored:
            changed.append((load_result(result_file(course.root, after.assignment, after.student)), after, ""))
        differences = [
            Difference(
                assignment=after.assignment,
                student=after.student,
                before=before,
                after=after,
                causes=causes_of(book, before, after, reason),
            )
            for before, after, reason in changed
        ]
        order = {assignment.slug: place for place, assignment in enumerate(course.assignments)}
        differences.sort(key=lambda difference: (order[difference.assignment], difference.student))
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
        ready = tuple(job for job in found.planned if not beside[pipeline.whose(job)].runs)
        if found.planned and not ready:
            raise UsageError(
                f"{len(found.planned)} submissions have changed, or what they are graded with has, since the last "
                "comparison; nothing was written. Run the same with --compare first"
            )
        judged = [(job, _now(found, job, beside[pipeline.whose(job)])) for job in ready]
        writing = pipeline.Writing(gradebook=gradebook)
        ran = pipeline.record(replace(found, planned=ready), judged, writing, clock=clock)
        for job in ready:
            beside[pipeline.whose(job)].result.unlink(missing_ok=True)
        return ran, len(found.planned) - len(ready)


def _beside(course: Course, found: pipeline.Ran) -> dict[Whose, PlannedJob]:
    """Each job of a survey as the side sees it: to run, or compared already."""
    submissions = [job.job.submission for job in found.planned]
    side = course.root / STATE_FOLDER / "compared"
    jobs = plan(course, submissions, out=side)
    return {
        pipeline.whose(job): replace(beside, seconds=job.seconds)
        for job, beside in zip(found.planned, jobs, strict=True)
    }


def _now(found: pipeline.Ran, job: PlannedJob, beside: PlannedJob) -> Mark:
    """What was graded beside the results, as the mark that it would be now."""
    arrived = pipeline.arrival_of(found.book, job)
    return mark_now(found.book, load_result(beside.result), arrived, pipeline.given_before(job))


def _ending(check: CheckResult | None) -> tuple[object, ...]:
    return () if check is None else (check.outcome, check.points, check.max_points)
