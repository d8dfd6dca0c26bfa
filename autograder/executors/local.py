"""A pool of warm grader processes on this machine.

They are forked from one server that has imported torch and pytest once, so a second grader costs a fork and a zygote,
not another import. Each has a thread here that hands it one job at a time, so a grader that dies costs one job, it is
known which, and the others are not disturbed. Graders ignore Ctrl-C: who started the run decides what becomes of them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
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


@contextmanager
def local_pool(graders: int, course: Course) -> Iterator[Executor]:
    """A pool of warm grader processes, started as jobs come. On the way out, none of them or their children is left.

    Raises JailError from the first result where this machine lacks a required layer.
    """
    for name in _THREADS:  # one thread a grader: the pool is the parallelism, and a thread pool does not survive a fork
        os.environ[name] = "1"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # else pytest scans every installed distribution at each start
    pool = LocalPool(graders, course)
    try:
        yield pool
    finally:
        pool.end()


class LocalPool(ThreadPoolExecutor):
    """An executor whose threads each keep one grader process, and only wait for it."""

    def __init__(self, graders: int, course: Course) -> None:
        super().__init__(graders)
        self._course = course
        self._context = multiprocessing.get_context("forkserver")
        preload = ["autograder.grading.preload"]
        if threading.current_thread() is threading.main_thread():
            # The kernel means the thread that started the server, which must then be one that lives as long as we do.
            preload.append("autograder.executors.forkserver_ends")
        self._context.set_forkserver_preload(preload)
        ensure_running()
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._alive: set[_Grader] = set()
        self._ended = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a grader call fn. The future raises InfrastructureError if that grader dies of it, or near it."""
        return super().submit(self._in_a_grader, fn, *args, **kwargs)

    def end(self) -> None:
        """Drop what waits and kill what runs: a grader may be in the middle of a submission that has a minute left."""
        self.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._ended = True
            for grader in self._alive:
                grader.kill()
        self.shutdown()

    def _in_a_grader(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
        grader: _Grader | None = getattr(self._mine, "grader", None)
        if grader is None:
            grader = self._mine.grader = self._start()
        try:
            answer: T = grader.call(fn, args, kwargs)
        finally:
            if grader.is_spent:
                self._mine.grader = None
                with self._lock:
                    self._alive.discard(grader)
                grader.close()
        return answer

    def _start(self) -> _Grader:
        with self._lock:
            if self._ended:
                raise InfrastructureError("the run has ended")
            grader = _Grader(self._context, self._course)
            self._alive.add(grader)
            return grader


class _Grader:
    """One grader process as its thread sees it. Spent: dead, or to be replaced before the next job."""

    def __init__(self, context: Any, course: Course) -> None:
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, course))
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
        """End it for good, from the thread that talks to it."""
        self._process.kill()
        self._line.close()


def _serve(line: Connection, course: Course) -> None:
    """The life of a grader: warm up, then answer calls until the line closes, then end at once with all children."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        _answer_calls(line, course)
    except Exception:  # noqa: BLE001  the run learns only that this grader ended; the terminal tells why
        traceback.print_exc()
    finally:
        os._exit(0)  # multiprocessing would wait for the suites' processes, which wait for us


def _answer_calls(line: Connection, course: Course) -> None:
    from autograder.grading import grader as grading  # already imported by the server this process was forked from

    grading.start(course.required_layers, course.root, course.limits)
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
