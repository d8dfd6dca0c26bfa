"""Who runs the jobs. The pipeline speaks `concurrent.futures.Executor`; here is the one for a single machine.

The pool's processes are forked from one server that has imported torch and pytest once, so a second grader costs a fork
and a zygote, not another import. They ignore Ctrl-C: the process that started the run decides what becomes of them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from autograder.contracts import Course, GradedSubmission, Job, Limits

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def local_pool(graders: int, course: Course) -> Iterator[Executor]:
    """A pool of warm grader processes. On the way out, none of them or of their children is left.

    Raises JailError from the first result where this machine lacks a required layer.
    """
    for name in _THREADS:  # one thread a grader: the pool is the parallelism, and a thread pool does not survive a fork
        os.environ[name] = "1"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # else pytest scans every installed distribution at each start
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["autograder.grading"])
    pool = ProcessPoolExecutor(graders, context, _start, (course.required_layers, course.root, course.limits))
    try:
        yield pool
    finally:
        # Not `shutdown(wait=True)`: a grader may be in the middle of a submission that has a minute left.
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.kill()


def _start(required_layers: tuple[str, ...], course_root: Path, limits: Limits) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from autograder import grading  # already imported by the server this process was forked from

    grading.start(required_layers, course_root, limits)


def grade(job: Job) -> GradedSubmission:
    """Grade one job in a process of the pool. Here, so that whoever submits it need not import torch."""
    from autograder import grading

    return grading.grade(job)
