"""A stopwatch around the engine's own functions, set from outside, so that the engine carries none.

Each phase's own time is what its function took without the phases inside it. A judging fork appends its times to a file
before it answers; monotonic time is one clock for all processes, so the fork itself can be timed too.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.grading import judge as grading_judge
from autograder.grading import suite_process as grading_suite
from autograder.sandbox.session import Session
from autograder.sandbox.zygote import Zygote
from autograder.verdicts.collected import CollectedSuite

# What is timed, and where: (owner, function, phase). A function within another counts for its own phase only.
_TIMED: tuple[tuple[Any, str, str], ...] = (
    (grading_suite, "judge", "other"),
    (grading_judge, "read_files", "read"),
    (Zygote, "_spawn", "fork worker"),
    (Session, "_start_worker", "jail"),
    (Session, "load", "load"),
    (Session, "call", "calls"),
    (Session, "has", "calls"),
    (Session, "_end_worker", "end worker"),
    (CollectedSuite, "run", "pytest"),
    (CollectedSuite, "judge", "judge"),
)
PHASES = (
    ("fork judge", "the suite's process forks, until the child runs"),
    ("read", "the submission's files, checked against their hashes"),
    ("fork worker", "the zygote forks, and answers"),
    ("jail", "the worker goes behind its walls, and says so"),
    ("load", "the files travel and run"),
    ("calls", "the checks' calls of the student's functions, there and back"),
    ("pytest", "pytest around the checks"),
    ("judge", "drawing inputs, the reference, comparing"),
    ("end worker", "kill and reap"),
    ("other", "the rest of the judging child"),
    ("answer", "the verdict travels, the child ends, the grader assembles"),
)


@dataclass(slots=True, kw_only=True)
class _Stopwatch:
    """Seconds by phase, of the judging child it is in. stack: the time that phases within the open ones took."""

    file: Path
    seconds: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    stack: list[list[float]] = field(default_factory=list)
    worker_cpu: float = 0.0

    def timed(self, function: Callable[..., Any], phase: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self.stack.append([0.0, 0.0])
            wall, cpu = time.monotonic(), time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent = (time.monotonic() - wall, time.process_time() - cpu)
                inner = self.stack.pop()
                for kind, whole, within in zip((self.seconds, self.cpu), spent, inner, strict=True):
                    kind[phase] = kind.get(phase, 0.0) + whole - within
                if self.stack:
                    self.stack[-1] = [total + more for total, more in zip(self.stack[-1], spent, strict=True)]

        return wrapper


def install(file: Path) -> None:
    """Time every judging child forked from now on; each appends one line to `file`."""
    watch = _Stopwatch(file=file)
    for owner, name, phase in _TIMED:
        setattr(owner, name, watch.timed(getattr(owner, name), phase))
    begun = [0.0]
    fork, judge, close = grading_suite._judge_in_a_fork, grading_suite.judge, Session.close

    def timed_fork(*args: Any) -> Any:
        begun[0] = time.monotonic()
        return fork(*args)

    def timed_judge(*args: Any) -> Any:
        watch.cpu = {}
        watch.seconds = {"fork judge": time.monotonic() - begun[0]}  # the jail's self-test was timed before the fork
        verdict = judge(*args)
        line = {"seconds": watch.seconds, "cpu": watch.cpu, "worker_cpu": watch.worker_cpu}
        line["judge_cpu"] = time.process_time()
        with watch.file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
        return verdict

    def timed_close(session: Session) -> None:
        close(session)
        watch.worker_cpu = session.cpu_seconds

    grading_suite._judge_in_a_fork, grading_suite.judge, Session.close = timed_fork, timed_judge, timed_close
