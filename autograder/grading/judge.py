"""One submission judged: its files go into a worker, the suite's checks look at what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.errors import StudentDied, StudentFault, StudentTimeout
from autograder.records import Answer, CheckResult, CheckSpec, Job, LoadProblem, LoadReport
from autograder.sandbox.jail import gpu_devices
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote
from autograder.submissions.find import read_files
from autograder.verdicts.collected import CollectedSuite, Run
from autograder.verdicts.inputs import Identity
from autograder.verdicts.trusted import over_reference, with_one_idea
from autograder.verdicts.verdict import merge, ungraded


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What judging one submission came to. waited: seconds in which it had no processor."""

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

    def use(
        self, thing: Any, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, timeout: float | None = None
    ) -> Answer:
        raise self._fault

    def text(self, name: str) -> str | None:
        raise self._fault

    def adopting(self, make: Callable[[Any], object]) -> None:
        """Do nothing: no object will come."""

    def has(self, name: str) -> bool:
        raise self._fault

    def lend(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Answer:
        raise self._fault

    def replace(self, name: str, value: object) -> None:
        raise self._fault

    def restore(self) -> None:
        raise self._fault

    def renew(self, *, prints: bool = False) -> bool:
        """Do nothing: nothing is there to remember anything."""
        return prints


def judge(job: Job, suite: CollectedSuite, zygote: Zygote, kills_are_ours: bool) -> Verdict:
    """Judge one submission, in a process that may be thrown away. Raises InfrastructureError if our side failed."""
    submission = job.submission
    if submission.fault is not None:
        return Verdict(checks=none_judged(suite.specs, submission.fault))
    if submission.problem is not None:
        return Verdict(checks=suite.run(_run(job, _Unloadable(StudentDied(submission.problem)), LoadReport())))
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
        return Verdict(
            checks=checks, report=report, stdout=session.stdout, stderr=session.stderr, waited=session.waited
        )


def _identity(job: Job) -> Identity:
    submission = job.submission
    return Identity(
        secret=job.secret, student=submission.student, assignment=submission.assignment, content=submission.sha256
    )


def _run(job: Job, backend: Session | _Unloadable, report: LoadReport) -> Run:
    return Run(
        identity=_identity(job),
        backend=backend,
        report=report,
        lend=lambda name, args, kwargs: backend.lend(name, args, kwargs).value,
        cuda=job.equipment.gpu != "off" and bool(gpu_devices()),
        carries=job.carries,
        with_idea=with_one_idea,
        over=over_reference,
    )


def none_judged(specs: tuple[CheckSpec, ...], why: str) -> tuple[CheckResult, ...]:
    """Every check of a suite, ungraded."""
    return tuple(merge(spec, [ungraded(why)], partial=False, seconds=0.0) for spec in specs)
