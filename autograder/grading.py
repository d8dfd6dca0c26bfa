"""One job, from a submission's bytes to its verdict.

A grader process is warm: it has torch, pytest and a zygote, and one child process for each suite that has collected its
checks. For a submission that child forks; the fork talks to a jailed worker, judges, sends the verdict and is gone. So
nothing that one submission did to memory on our side is seen by the next.

    grader (warm) -> suite process (collected) -> fork: pytest checks <-> session <-> jailed worker
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import itertools
import multiprocessing
import os
import resource
import signal
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy.random  # noqa: F401 -- numpy loads it at first use, which would be in each fork anew
import torch

from autograder.contracts import (
    Answer,
    CheckResult,
    CheckSpec,
    Equipment,
    GradedSubmission,
    Job,
    Late,
    Limits,
    LoadProblem,
    LoadReport,
    Outcome,
)
from autograder.errors import (
    CourseError,
    GraderError,
    InfrastructureError,
    JailError,
    StudentDied,
    StudentFault,
    StudentTimeout,
    WorkerLost,
)
from autograder.planning.submissions import read_files
from autograder.sandbox import huge_pages
from autograder.sandbox.clock import SLOWEST
from autograder.sandbox.jail import gpu_devices
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote
from autograder.suite.plugin import CollectedSuite, Identity, Run, collect
from autograder.suite.verdict import merge, ungraded

_FORK = multiprocessing.get_context("fork")
_COLLECT_SECONDS = 120.0
# What the trusted side may need beyond the submission's own time: comparing, replaying misconceptions, tearing down.
_JUDGING_SECONDS = 60.0
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    checks: tuple[CheckResult, ...]
    report: LoadReport = field(default_factory=LoadReport)
    stdout: str = ""
    stderr: str = ""
    waited: float = 0.0


class _Unloadable:
    """A backend for a submission that cannot be asked anything: each question meets the same fault."""

    def __init__(self, fault: StudentFault) -> None:
        self._fault = fault

    def call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, timeout: float | None = None) -> Answer:
        raise self._fault

    def method(
        self, handle: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, timeout: float | None = None
    ) -> Answer:
        raise self._fault

    def has(self, name: str) -> bool:
        raise self._fault

    def lend(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:
        raise self._fault

    def replace(self, name: str, value: object) -> None:
        raise self._fault

    def restore(self, name: str) -> None:
        raise self._fault


class _SuiteProcess:
    """A child process that has collected one suite and forks once for each job sent to it."""

    def __init__(self, job: Job, zygote: Zygote) -> None:
        self._line, theirs = _FORK.Pipe()
        given = (theirs, job.suite, job.course_root, job.equipment, zygote)
        self._process = _FORK.Process(target=_serve_suite, args=given)
        self._process.start()
        theirs.close()
        ready = self._receive(_COLLECT_SECONDS, "collecting the suite")
        if isinstance(ready, GraderError):
            self.close()
            raise ready
        self.specs: tuple[CheckSpec, ...] = ready

    def grade(self, job: Job, *, kills_are_ours: bool) -> _Verdict:
        """Raises InfrastructureError if the process, or the fork that judged, failed; or a worker was killed."""
        seconds = _patience(job) + _JUDGING_SECONDS
        try:
            self._line.send((job, kills_are_ours))
        except OSError as error:
            raise InfrastructureError(f"the process of suite {job.suite.name} is gone: {error}") from error
        verdict = self._receive(seconds, f"grading {job.submission.student}")
        if isinstance(verdict, GraderError):
            raise verdict
        assert isinstance(verdict, _Verdict)
        return verdict

    def _receive(self, seconds: float, doing: str) -> Any:
        try:
            if self._line.poll(seconds):
                return self._line.recv()
        except (EOFError, OSError) as error:
            raise InfrastructureError(f"the suite's process ended while {doing}") from error
        raise InfrastructureError(f"the suite's process was silent for {seconds:g} s while {doing}")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid or 0

    def close(self) -> None:
        """End the process and whatever it was judging."""
        self._line.close()
        self._process.join(0.5)
        self._process.kill()
        self._process.join()


class Grader:
    """What stays warm between jobs: a zygote for each equipment, and a process for each suite that was asked for."""

    def __init__(self, required_layers: tuple[str, ...], course_root: Path, limits: Limits) -> None:
        torch.set_num_threads(1)  # before any fork: a thread pool does not survive one
        self._required, self._root, self._limits = required_layers, course_root, limits
        self._zygotes: dict[Equipment, Zygote] = {}
        self._suites: dict[tuple[str, Equipment], _SuiteProcess] = {}
        gc.collect()
        gc.freeze()

    def grade(self, job: Job) -> GradedSubmission:
        """Grade one job. A failure of ours is tried again once; then every check is ungraded."""
        started, trouble = time.monotonic(), ""
        verdict: _Verdict | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            if not self._zygote(job.equipment).alive():
                self.close()  # else each fork from now on would start a warm process of its own
            try:
                verdict = self._suite(job).grade(job, kills_are_ours=attempt < _ATTEMPTS)
                break
            except InfrastructureError as failure:
                trouble = str(failure)
                if not isinstance(failure, WorkerLost):
                    self.close()
        if verdict is None:
            verdict = _Verdict(checks=_none_judged(self._suite(job).specs, trouble))
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

    def _suite(self, job: Job) -> _SuiteProcess:
        key = (job.suite_sha256 + job.reference_sha256, job.equipment)
        if key not in self._suites:
            self._suites[key] = _SuiteProcess(job, self._zygote(job.equipment))
        return self._suites[key]

    def _zygote(self, equipment: Equipment) -> Zygote:
        if equipment not in self._zygotes:
            self._zygotes[equipment] = self._start_zygote(equipment)
        return self._zygotes[equipment]

    def _start_zygote(self, equipment: Equipment) -> Zygote:
        forbidden = tuple(self._root / name for name in ("tests", "reference", "course.yml"))
        there = tuple(path for path in forbidden if path.exists())
        zygote = Zygote(required_layers=self._required, forbidden=there, limits=self._limits, equipment=equipment)
        try:
            return zygote.start()
        except JailError:
            return zygote.start()  # it was killed, perhaps; walls that are missing are missing again


def _serve_suite(line: Connection, suite: Path, course_root: Path, equipment: Equipment, zygote: Zygote) -> None:
    """The life of a suite process: collect, say so, then fork for each job until the line closes."""

    def serve(collected: CollectedSuite) -> None:
        gc.freeze()
        line.send(collected.specs)
        for served in itertools.count():
            if served == huge_pages.WORTHWHILE:
                huge_pages.gather()
            try:
                job, kills_are_ours = line.recv()
            except EOFError:
                return
            line.send(_judge_in_a_fork(job, collected, zygote, kills_are_ours))

    _end_with_parent()
    try:
        collect(suite, course_root, serve, equipment=equipment)
    except GraderError as problem:
        line.send(problem)


def _judge_in_a_fork(job: Job, suite: CollectedSuite, zygote: Zygote, kills_are_ours: bool) -> _Verdict | GraderError:
    receiver, sender = _FORK.Pipe(duplex=False)
    child = os.fork()  # not multiprocessing's Process, which takes 2 ms more
    if child == 0:
        try:
            _end_with_parent()
            seconds = int(job.limits.submission_seconds + _JUDGING_SECONDS)  # of a processor: no suite loops for ever
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            sender.send(_judge_or_say_why_not(job, suite, zygote, kills_are_ours))
        except BaseException:  # noqa: BLE001 -- the parent only learns that this process ended; the terminal tells why
            traceback.print_exc()
        finally:
            os._exit(0)
    sender.close()
    try:
        if not receiver.poll(_patience(job)):
            return InfrastructureError("judging came to no end")
        verdict: _Verdict | GraderError = receiver.recv()
        return verdict
    except (EOFError, OSError):
        return InfrastructureError("the judging process ended by itself")
    finally:
        receiver.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _patience(job: Job) -> float:
    """Wall seconds after which judging has gone wrong, however busy the machine."""
    return SLOWEST * (job.limits.submission_seconds + _JUDGING_SECONDS)


def _judge_or_say_why_not(
    job: Job, suite: CollectedSuite, zygote: Zygote, kills_are_ours: bool
) -> _Verdict | GraderError:
    try:
        return _judge(job, suite, zygote, kills_are_ours)
    except (InfrastructureError, CourseError) as trouble:
        return trouble


def _judge(job: Job, suite: CollectedSuite, zygote: Zygote, kills_are_ours: bool) -> _Verdict:
    submission = job.submission
    if submission.fault is not None:
        return _Verdict(checks=_none_judged(suite.specs, submission.fault))
    if submission.problem is not None:
        return _Verdict(checks=suite.run(_run(job, _Unloadable(StudentDied(submission.problem)), LoadReport())))
    files: Mapping[str, bytes] = read_files(submission)
    seed = int.from_bytes(_identity(job).rng("worker").bytes(4), "big")
    with Session(zygote, job.limits, seed=seed, kills_are_ours=kills_are_ours) as session:
        backend: Session | _Unloadable = session
        try:
            report = session.load(files, submission.main)
        except StudentFault as fault:
            kind = "timeout" if isinstance(fault, StudentTimeout) else "error"
            problem = LoadProblem(kind=kind, file=submission.main, line=1, message=fault.text)
            report, backend = LoadReport(problems=(problem,)), _Unloadable(fault)
        checks = suite.run(_run(job, backend, report))
        session.close()
        return _Verdict(
            checks=checks, report=report, stdout=session.stdout, stderr=session.stderr, waited=session.waited
        )


def _identity(job: Job) -> Identity:
    return Identity(secret=job.secret, student=job.submission.student, assignment=job.submission.assignment)


def _run(job: Job, backend: Session | _Unloadable, report: LoadReport) -> Run:
    return Run(
        identity=_identity(job),
        backend=backend,
        report=report,
        lend=lambda name, args, kwargs: backend.lend(name, args, kwargs).value,
        cuda=job.equipment.gpu != "off" and bool(gpu_devices()),
        carries=job.carries,
    )


def _none_judged(specs: tuple[CheckSpec, ...], why: str) -> tuple[CheckResult, ...]:
    return tuple(merge(spec, [ungraded(why)], partial=False, seconds=0.0) for spec in specs)


def _assemble(job: Job, verdict: _Verdict, layers: tuple[str, ...], seconds: float) -> GradedSubmission:
    """The record without scores and time: those need the course and a clock, which a grader does not have."""
    submission = job.submission
    unsettled = [check.id for check in verdict.checks if check.outcome is Outcome.UNGRADED]
    reasons = [*submission.notes, *(str(problem) for problem in verdict.report.problems)]
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
        needs_human=bool(unsettled),
        reasons=tuple(reasons),
        stdout=verdict.stdout,
        stderr=verdict.stderr,
        waited=round(verdict.waited, 3),
    )


def unjudged(job: Job, why: str) -> GradedSubmission:
    """The record of a job that no grader survived. It has no checks, so it has no score."""
    verdict = replace(_assemble(job, _Verdict(checks=()), (), 0.0), needs_human=True)
    return replace(verdict, reasons=(*verdict.reasons, why))


_grader: Grader | GraderError | None = None


def start(required_layers: tuple[str, ...], course_root: Path, limits: Limits) -> None:
    """Warm this process up as a grader. An executor's initializer, so a refusal is told with the first job instead."""
    global _grader
    _end_with_parent()
    try:
        _grader = Grader(required_layers, course_root, limits)
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


def _end_with_parent() -> None:
    """Ask the kernel to kill this process when its parent goes, however it goes (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
