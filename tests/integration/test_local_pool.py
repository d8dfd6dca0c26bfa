"""The pool of this machine: real grader processes, which die alone, are replaced, and are gone at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_course import TinyCourse

from autograder.boundary.huge_pages import WORTHWHILE
from autograder.course.course_yml import load_course
from autograder.errors import CourseError, InfrastructureError
from autograder.executors import local
from autograder.executors.local import local_pool
from autograder.grading import grader as grading
from autograder.submissions.find import find_submissions
from autograder.submissions.plan import plan


def course_error() -> None:
    """What a job may raise that concerns everybody."""
    raise CourseError("the points sum to 90")


@pytest.fixture
def pool(tiny_course: TinyCourse) -> Iterator[Executor]:
    """One grader."""
    with local_pool(1, load_course(tiny_course.root)) as opened:
        yield opened


def pid(pool: Executor) -> int:
    """Of the process that the next job runs in."""
    return pool.submit(os.getpid).result()


def test_one_grader_serves_many_jobs(pool: Executor) -> None:
    """And it is a process of its own."""
    first = pid(pool)
    assert first != os.getpid()
    assert pid(pool) == first


@pytest.mark.parametrize("limit", ["JOBS_A_LIFE", "MIB_A_LIFE"])
def test_a_grader_that_served_long_or_grew_is_replaced(
    pool: Executor, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    """After the job that reached the limit, so no job is lost by it."""
    first = pid(pool)
    monkeypatch.setattr(local, limit, 1)
    assert pid(pool) == first
    assert pid(pool) != first


def test_few_quick_jobs_have_one_grader_and_a_long_one_gets_company(
    tiny_course: TinyCourse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another grader is not worth its start for a second of work; nobody waits behind a submission that hangs."""
    with local_pool(2, load_course(tiny_course.root)) as opened:
        jobs = [opened.submit(os.getpid) for _ in range(6)]
        assert len({job.result() for job in jobs}) == 1
        monkeypatch.setattr(local, "PATIENCE_SECONDS", 0.01)
        long = opened.submit(time.sleep, 600)
        assert opened.submit(os.getpid).result() != jobs[0].result()
        assert not long.done()


def test_many_jobs_have_all_graders_at_once(tiny_course: TinyCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long one is asked to wait for another."""
    monkeypatch.setattr(local, "PATIENCE_SECONDS", 600.0)
    with local_pool(2, load_course(tiny_course.root)) as opened:
        jobs = [opened.submit(_pid_after, 0.2) for _ in range(3 * local.FEW_JOBS)]
        assert len({job.result() for job in jobs}) == 2


def _pid_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_a_grader_that_dies_costs_one_job(pool: Executor) -> None:
    """Its future says how it ended; those behind it are served by another."""
    jobs: list[Future[Any]] = [pool.submit(os.getpid), pool.submit(os._exit, 3), pool.submit(os.getpid)]
    with pytest.raises(InfrastructureError, match=r"the grader's process ended \(exit 3\)"):
        jobs[1].result()
    assert jobs[0].result() != jobs[2].result()


def test_the_first_verdict_and_a_late_one_are_the_same(pool: Executor, tiny_course: TinyCourse) -> None:
    """After some jobs zygotes and suites prepare for more, and it is not seen in what they say, messages included."""
    tiny_course.hand_in("s01", "def add(a, b):\n    return a - b\n\ndef total(numbers):\n    return sum(numbers)\n")
    course = load_course(tiny_course.root)
    (planned,) = plan(course, find_submissions(course, [course.root]))
    first, *_, last = [pool.submit(grading.grade, planned.job).result() for _ in range(WORTHWHILE + 3)]
    told = [[replace(check, seconds=0.0) for check in graded.checks] for graded in (first, last)]
    assert [check.outcome for check in first.checks] == ["failed", "passed"]
    assert told[0] == told[1]


def test_a_fault_in_our_own_code_costs_one_job_and_is_named(pool: Executor) -> None:
    """The grader lives on. What concerns the whole course is raised as it is."""
    first = pid(pool)
    with pytest.raises(InfrastructureError, match="the grader failed with ZeroDivisionError"):
        pool.submit(divmod, 1, 0).result()
    with pytest.raises(CourseError, match="sum to 90"):
        pool.submit(course_error).result()
    assert pid(pool) == first


def test_on_the_way_out_nothing_runs_and_nothing_waits(tiny_course: TinyCourse) -> None:
    """A grader in the middle of a job is killed, and what waited behind it is dropped."""
    with local_pool(1, load_course(tiny_course.root)) as opened:
        process = pid(opened)
        running, waiting = opened.submit(time.sleep, 600), opened.submit(time.sleep, 600)
        while not running.running():
            time.sleep(0.01)
    with pytest.raises(InfrastructureError):
        running.result()
    with pytest.raises(CancelledError):
        waiting.result()
    while Path(f"/proc/{process}").exists():
        time.sleep(0.01)
