"""One job, from a submission's bytes to its verdict.

A grader process is warm: it has pytest, torch where that is used, a zygote, and one child process for each suite that
has collected its checks. For a submission that child forks; the fork talks to a jailed worker, judges, sends the
verdict and is gone. So nothing that one submission did to memory on our side is seen by the next.

    grader (warm) -> suite process (collected) -> fork: pytest checks <-> session <-> jailed worker
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from autograder.errors import GraderError, InfrastructureError, JailError, WorkerLost
from autograder.grading.judge import Verdict, none_judged
from autograder.grading.suite_process import SuiteProcess, end_with_parent
from autograder.records import Equipment, GradedSubmission, Job, Late, Limits, Outcome
from autograder.sandbox.zygote import Zygote

_ATTEMPTS = 2


class Grader:
    """What stays warm between jobs: a zygote for each equipment, and a process for each suite that was asked for."""

    def __init__(
        self, required_layers: tuple[str, ...], course_root: Path, limits: Limits, libraries: Sequence[str] = ("torch",)
    ) -> None:
        self._libraries = libraries
        self._required, self._root, self._limits = required_layers, course_root, limits
        self._zygotes: dict[Equipment, Zygote] = {}
        self._suites: dict[tuple[str, Equipment], SuiteProcess] = {}
        gc.collect()
        gc.freeze()

    def grade(self, job: Job) -> GradedSubmission:
        """Grade one job. A failure of ours is tried again once; then every check is ungraded."""
        started, trouble = time.monotonic(), ""
        verdict: Verdict | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            if not self._zygote(job.equipment).alive():
                self.close()  # else each fork from now on would start a zygote of its own
            try:
                verdict = self._suite(job).grade(job, kills_are_ours=attempt < _ATTEMPTS)
                break
            except InfrastructureError as failure:
                trouble = str(failure)
                if not isinstance(failure, WorkerLost):
                    self.close()
        if verdict is None:
            verdict = Verdict(checks=none_judged(self._suite(job).specs, trouble))
        return _assemble(job, verdict, self._zygote(job.equipment).layers, time.monotonic() - started)

    def pids(self) -> list[int]:
        """The processes that live through many jobs, this one included."""
        return [os.getpid(), *(suite.pid for suite in self._suites.values())]

    def close(self) -> None:
        """End every process this grader started; those that the next job needs start anew."""
        for suite in self._suites.values():
            suite.close()
        self._suites.clear()
        for zygote in self._zygotes.values():
            zygote.close()
        self._zygotes.clear()

    def _suite(self, job: Job) -> SuiteProcess:
        key = (job.suite_sha256 + job.reference_sha256, job.equipment)
        if key not in self._suites:
            self._suites[key] = SuiteProcess(job, self._zygote(job.equipment))
        return self._suites[key]

    def _zygote(self, equipment: Equipment) -> Zygote:
        if equipment not in self._zygotes:
            self._zygotes[equipment] = self._start_zygote(equipment)
        return self._zygotes[equipment]

    def _start_zygote(self, equipment: Equipment) -> Zygote:
        forbidden = tuple(self._root / name for name in ("tests", "reference", "course.yml"))
        there = tuple(path for path in forbidden if path.exists())
        zygote = Zygote(
            required_layers=self._required,
            forbidden=there,
            limits=self._limits,
            equipment=equipment,
            libraries=self._libraries,
        )
        try:
            return zygote.start(meanwhile=self._import_libraries)
        except JailError:
            return zygote.start()  # it was killed, perhaps; walls that are missing are missing again

    def _import_libraries(self) -> None:
        """Import what suites need, before any suite's process, while a zygote imports the same on another core."""
        if "torch" not in self._libraries:
            return
        is_new = "torch" not in sys.modules
        gc.disable()  # collections find nothing while modules are imported
        import torch

        gc.enable()
        torch.set_num_threads(1)  # before any fork: a thread pool does not survive one
        if is_new:
            gc.collect()
            gc.freeze()


def _assemble(job: Job, verdict: Verdict, layers: tuple[str, ...], seconds: float) -> GradedSubmission:
    """The record without scores and time: those need the course and a clock, which a grader does not have."""
    submission = job.submission
    unsettled = [check.id for check in verdict.checks if check.outcome is Outcome.UNGRADED]
    problems = sorted(verdict.report.problems, key=lambda problem: problem.kind != "syntax")
    lost = [str(problem) for problem in problems if problem.kind == "syntax"]
    reasons = [*lost, *submission.notes, *(str(problem) for problem in problems if problem.kind != "syntax")]
    reasons += [submission.problem] if submission.problem else []
    reasons += [f"could not be judged: {', '.join(unsettled)}"] if unsettled else []
    return GradedSubmission(
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
        graded_at=datetime.fromtimestamp(0, UTC),  # the pipeline has the clock
        seconds=round(seconds, 3),
        layers=layers,
        checks=verdict.checks,
        score_before_late=None,
        late=Late(),
        score=None,
        max_score=0.0,
        needs_human=bool(unsettled or submission.asks),
        reasons=tuple(reasons),
        lost=len(lost),
        stdout=verdict.stdout,
        stderr=verdict.stderr,
        waited=round(verdict.waited, 3),
    )


def unjudged(job: Job, why: str) -> GradedSubmission:
    """The record of a job that no grader survived. It has no checks, so it has no score."""
    verdict = replace(_assemble(job, Verdict(checks=()), (), 0.0), needs_human=True)
    return replace(verdict, reasons=(*verdict.reasons, why))


_grader: Grader | GraderError | None = None


def start(required_layers: tuple[str, ...], course_root: Path, limits: Limits, libraries: Sequence[str]) -> None:
    """Warm this process up as a grader. A refusal is told with the first job.

    libraries: of `sandbox.preload`, those that are imported now; others follow when a submission asks for them.
    """
    global _grader
    end_with_parent()
    try:
        _grader = Grader(required_layers, course_root, limits, libraries)
    except GraderError as refusal:
        _grader = refusal


def grade(job: Job) -> GradedSubmission:
    """Grade one job in this process, which must be warm (`start`). Raises JailError, CourseError."""
    if isinstance(_grader, GraderError):
        raise _grader
    if _grader is None:
        raise InfrastructureError("this process was not started as a grader")
    return _grader.grade(job)


def largest_mib() -> float:
    """The resident memory of this grader's largest process, in MiB, shared pages included."""
    if not isinstance(_grader, Grader):
        return 0.0
    pages = 0
    for pid in _grader.pids():
        with contextlib.suppress(OSError):  # it ended; the next job finds out
            pages = max(pages, int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]))
    return pages * resource.getpagesize() / 2**20
