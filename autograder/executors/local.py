"""A pool of warm grader processes on this machine.

They are forked from one server that has imported pytest once, and torch where it is used, so a second grader costs a
fork and a zygote, not another import. Each is handed one job at a time, so a grader that dies costs one job, it is
known which, and the others are not disturbed. Graders ignore Ctrl-C: who started the run decides what becomes of them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.forkserver import ensure_running
from typing import Any, ParamSpec, TypeVar

from autograder.errors import GraderError, InfrastructureError
from autograder.records import Course

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# A grader is replaced after so many jobs, or with so much memory: whatever it hoards ends with it.
JOBS_A_LIFE = 2_000
MIB_A_LIFE = 2_048
# Another grader takes seconds to get warm. Few jobs wait for the first one, and so much longer, before it is started.
FEW_JOBS = 12
PATIENCE_SECONDS = 1.5


@contextmanager
def local_pool(
    graders: int, course: Course, libraries: Sequence[str] = ("torch",), jobs: int | None = None
) -> Iterator[Executor]:
    """A pool of warm grader processes, started as jobs come. On the way out, none of them or their children is left.

    libraries: of `sandbox.preload`, those that each imports at its start. jobs: how many there will be, if known.
    Raises JailError from the first result where this machine lacks a required layer.
    """
    for name in _THREADS:  # one thread a grader: the pool is the parallelism, and a thread pool does not survive a fork
        os.environ[name] = "1"
    # Else the server that graders are forked from, a `python -c`, looks for modules in the working directory first: a
    # student's numpy.py in the folder that an instructor stands in would run outside the jail.
    os.environ["PYTHONSAFEPATH"] = "1"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # else pytest scans every installed distribution at each start
    pool = LocalPool(graders, course, libraries, few=jobs is not None and jobs < FEW_JOBS)
    try:
        yield pool
    finally:
        pool.end()


class LocalPool(ThreadPoolExecutor):
    """An executor whose threads each take a grader process for a job, and only wait for it."""

    def __init__(self, graders: int, course: Course, libraries: Sequence[str], *, few: bool = False) -> None:
        super().__init__(graders)
        self._course, self._libraries = course, libraries
        self._context = multiprocessing.get_context("forkserver")
        preload = ["autograder.grading.preload"]
        if "torch" in libraries and not few:  # else the one grader imports it, while its zygote does on the other core
            preload.append("autograder.executors.forkserver_torch")
        if threading.current_thread() is threading.main_thread():
            # The kernel means the thread that started the server, which must then be one that lives as long as we do.
            preload.append("autograder.executors.forkserver_ends")
        self._context.set_forkserver_preload(preload)
        ensure_running()
        self._changed = threading.Condition()
        self._waiting = 0
        self._alive: set[_Grader] = set()
        self._idle: list[_Grader] = []
        self._one_is_warm = False
        self._ended = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a grader call fn. The future raises InfrastructureError if that grader dies of it, or near it."""
        with self._changed:
            self._waiting += 1
            self._changed.notify_all()
        return super().submit(self._in_a_grader, fn, *args, **kwargs)

    def end(self) -> None:
        """Drop what waits and kill what runs: a grader may be in the middle of a submission that has a minute left."""
        self.shutdown(wait=False, cancel_futures=True)
        with self._changed:
            self._ended = True
            for grader in self._alive:
                grader.kill()
            self._changed.notify_all()
        self.shutdown()
        for grader in self._idle:
            grader.close()

    def _in_a_grader(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        grader, is_new = self._take()
        try:
            if is_new:
                grader.call(_say_nothing, (), {})  # answered when it is warm
                with self._changed:
                    self._one_is_warm = True
                    self._changed.notify_all()
            answer: T = grader.call(fn, args, kwargs)
        finally:
            self._give_back(grader)
        return answer

    def _take(self) -> tuple[_Grader, bool]:
        """A grader that has nothing to do, or a new one; and whether it is new."""
        with self._changed:
            self._waiting -= 1
            self._changed.wait_for(lambda: self._one_is_warm or self._is_time_for_one())
            self._changed.wait_for(self._is_time_for_one, PATIENCE_SECONDS)
            if self._ended:
                raise InfrastructureError("the run has ended")
            if self._idle:
                return self._idle.pop(), False
            grader = _Grader(self._context, self._course, self._libraries)
            self._alive.add(grader)
            return grader, True

    def _is_time_for_one(self) -> bool:
        """Whether nothing is gained by waiting for a grader to become idle."""
        return bool(self._idle or not self._alive or self._waiting >= FEW_JOBS or self._ended)

    def _give_back(self, grader: _Grader) -> None:
        with self._changed:
            if grader.is_spent:
                self._alive.discard(grader)
                grader.close()
            else:
                self._idle.append(grader)
            self._changed.notify_all()


def _say_nothing() -> None:
    """The first thing that a grader is asked for."""


class _Grader:
    """One grader process as its thread sees it. Spent: dead, or to be replaced before the next job."""

    def __init__(self, context: Any, course: Course, libraries: Sequence[str]) -> None:
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, course, libraries))
        self._jobs = 0
        self.is_spent = False
        try:
            self._process.start()
        except (OSError, EOFError) as error:  # the server that forks graders was killed; the next start makes another
            raise InfrastructureError(f"no grader could be started: {error}") from error
        finally:
            theirs.close()

    def call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Ask it to call fn. Raises what fn raised, InfrastructureError if there was no answer."""
        self._jobs += 1
        try:
            self._line.send((fn, args, kwargs))
            answer, error, mib = self._line.recv()
        except (EOFError, OSError) as gone:
            self.is_spent = True
            self._process.join(5)
            raise InfrastructureError(f"the grader's process ended (exit {self._process.exitcode})") from gone
        self.is_spent = self._jobs >= JOBS_A_LIFE or mib > MIB_A_LIFE
        if error is not None:
            raise error
        return answer

    def kill(self) -> None:
        """End it; its children go with it. Whoever waits for its answer is told."""
        self._process.kill()

    def close(self) -> None:
        """End it for good; no other thread talks to it now."""
        self._process.kill()
        self._line.close()


def _serve(line: Connection, course: Course, libraries: Sequence[str]) -> None:
    """The life of a grader: warm up, then answer calls until the line closes, then end at once with all children."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _answer_calls(line, course, libraries)
    except Exception:  # noqa: BLE001  the run learns only that this grader ended; the terminal tells why
        traceback.print_exc()
    finally:
        os._exit(0)  # multiprocessing would wait for the suites' processes, which wait for us


def _answer_calls(line: Connection, course: Course, libraries: Sequence[str]) -> None:
    from autograder.grading import grader as grading  # already imported by the server this process was forked from

    grading.start(course.required_layers, course.root, course.limits, libraries)
    while True:
        try:
            fn, args, kwargs = line.recv()
        except EOFError:
            return
        answer = error = None
        try:
            answer = fn(*args, **kwargs)
        except GraderError as refusal:
            error = refusal
        except Exception as fault:  # noqa: BLE001  a fault in our own code costs this job, not the run
            error = InfrastructureError(f"the grader failed with {type(fault).__name__}: {fault}")
        try:
            line.send((answer, error, grading.largest_mib()))
        except OSError:  # nobody is there to hear it
            return
