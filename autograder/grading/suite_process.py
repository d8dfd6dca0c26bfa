"""A process that has collected one suite, and forks once for each submission to judge it.

What one submission did to memory on our side is gone with its fork, and collecting is paid for once.
"""

from __future__ import annotations

import ctypes
import gc
import itertools
import multiprocessing
import os
import resource
import signal
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy.ma  # -- numpy loads these two at first use, which would be in each fork anew: 20 ms for a median's
import numpy.random  # noqa: F401

from autograder.boundary import huge_pages
from autograder.errors import CourseError, GraderError, InfrastructureError
from autograder.grading.judge import Verdict, judge
from autograder.records import CheckSpec, Equipment, Job
from autograder.sandbox.clock import SLOWEST
from autograder.sandbox.zygote import Zygote
from autograder.verdicts.collected import CollectedSuite
from autograder.verdicts.collection import collect
from autograder.verdicts.trusted import warm_up

_FORK = multiprocessing.get_context("fork")
_prctl = ctypes.CDLL(None).prctl  # looked up once, not in each fork
_COLLECT_SECONDS = 120.0
# What the trusted side may need beyond the submission's own time: comparing, replaying misconceptions, tearing down.
_JUDGING_SECONDS = 60.0
_MEMORY = 2  # times what the submission itself may have


class SuiteProcess:
    """A child process that has collected one suite and forks once for each job sent to it."""

    def __init__(self, job: Job, zygote: Zygote) -> None:
        self._line, theirs = _FORK.Pipe()
        given = (theirs, job.suite, job.course_root, job.equipment, zygote)
        self._process = _FORK.Process(target=_serve_suite, args=given)
        self._process.start()
        theirs.close()
        ready = self._collected(job.suite)
        if isinstance(ready, GraderError):
            self.close()
            raise ready
        self.specs: tuple[CheckSpec, ...] = ready

    def _collected(self, suite: Path) -> Any:
        """What the process says of its suite. CourseError if it ended instead: whatever asked it next would end too."""
        try:
            return self._receive(_COLLECT_SECONDS, "collecting the suite")
        except InfrastructureError:
            self._process.join(1.0)
            code = self._process.exitcode
            if code is None or code == -signal.SIGKILL:  # it hangs, or somebody else ended it
                self.close()
                raise
            how = f"exit code {code}" if code >= 0 else f"signal {-code}"
            raise CourseError(
                f"{suite}: its process ended ({how}) while it was imported with its reference; run "
                f"`python -m autograder.suite.rehearse {suite}` to see where"
            ) from None

    def grade(self, job: Job, *, kills_are_ours: bool) -> Verdict:
        """Raises InfrastructureError if the process, or the fork that judged, failed; or a worker was killed."""
        seconds = _patience(job) + _JUDGING_SECONDS
        try:
            self._line.send((job, kills_are_ours))
        except OSError as error:
            raise InfrastructureError(f"the process of suite {job.suite.name} is gone: {error}") from error
        verdict = self._receive(seconds, f"grading {job.submission.student}")
        if isinstance(verdict, GraderError):
            raise verdict
        assert isinstance(verdict, Verdict)
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


def _serve_suite(line: Connection, suite: Path, course_root: Path, equipment: Equipment, zygote: Zygote) -> None:
    """The life of a suite process: collect, say so, then fork for each job until the line closes."""

    def serve(collected: CollectedSuite) -> None:
        gc.freeze()
        line.send(collected.specs)
        for served in itertools.count():
            if served == huge_pages.WORTHWHILE:
                warm_up(collected)
                gc.freeze()
                huge_pages.gather()
            try:
                job, kills_are_ours = line.recv()
            except EOFError:
                return
            line.send(_judge_in_a_fork(job, collected, zygote, kills_are_ours))

    end_with_parent()
    os.dup2(2, 1)  # what a suite prints must not stand among what the command says, such as --json
    try:
        collect(suite, course_root, serve, equipment=equipment)
    except GraderError as problem:
        line.send(problem)


def _judge_in_a_fork(job: Job, suite: CollectedSuite, zygote: Zygote, kills_are_ours: bool) -> Verdict | GraderError:
    receiver, sender = _FORK.Pipe(duplex=False)
    child = os.fork()  # not multiprocessing's Process, which takes 2 ms more
    if child == 0:
        try:
            end_with_parent()
            _limit_resources(job)
            sender.send(_judge_or_say_why_not(job, suite, zygote, kills_are_ours))
        except BaseException:  # noqa: BLE001 -- the parent only learns that this process ended; the terminal tells why
            traceback.print_exc()
        finally:
            os._exit(0)
    sender.close()
    try:
        if not receiver.poll(_patience(job)):
            return InfrastructureError("judging came to no end")
        verdict: Verdict | GraderError = receiver.recv()
        return verdict
    except (EOFError, OSError):
        return InfrastructureError("the judging process ended by itself")
    finally:
        receiver.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _limit_resources(job: Job) -> None:
    """No suite loops for ever, and whatever a submission asks of a model, the machine has memory left.

    Address space is counted from what is mapped now. With a GPU it has no limit: CUDA reserves it by the terabyte.
    """
    seconds = int(job.limits.submission_seconds + _JUDGING_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if job.equipment.gpu == "off":
        mapped = int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        most = mapped + _MEMORY * (job.limits.memory_mib << 20)
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _patience(job: Job) -> float:
    """Wall seconds after which judging has gone wrong, however busy the machine."""
    return SLOWEST * (job.limits.submission_seconds + _JUDGING_SECONDS)


def _judge_or_say_why_not(
    job: Job, suite: CollectedSuite, zygote: Zygote, kills_are_ours: bool
) -> Verdict | GraderError:
    try:
        return judge(job, suite, zygote, kills_are_ours)
    except (InfrastructureError, CourseError) as trouble:
        return trouble


def end_with_parent() -> None:
    """Ask the kernel to kill this process when its parent goes, however it goes (prctl PR_SET_PDEATHSIG)."""
    _prctl(1, signal.SIGKILL, 0, 0, 0)
