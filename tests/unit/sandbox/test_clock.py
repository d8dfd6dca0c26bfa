"""The clock by which a submission's time is measured: it stands still for who waits for a processor."""

import hashlib
import os
import threading
import time

import pytest

from autograder.sandbox import clock as clock_module
from autograder.sandbox.clock import SLOWEST, SubmissionClock


@pytest.fixture
def crowd():
    """Processes that spin, all on one processor, and the descriptor of one of them."""
    processor = min(os.sched_getaffinity(0))
    children = []
    for _ in range(4):
        child = os.fork()
        if child == 0:
            os.sched_setaffinity(0, {processor})
            while True:
                pass
        children.append(child)
    pidfd = os.pidfd_open(children[0])
    yield pidfd
    os.close(pidfd)
    for child in children:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_waiting_for_a_processor_is_not_counted(crowd):
    """One of four that share a processor waits most of the time: that is known, and left out."""
    began = time.monotonic()
    clock = SubmissionClock()
    clock.follow(crowd)
    before = clock.waited()  # on a busy machine it has waited already
    while clock.waited() < before + 0.2 and time.monotonic() < began + 30:
        time.sleep(0.01)
    wall = time.monotonic() - began
    assert clock.waited() >= before + 0.2
    assert clock.now() < wall
    clock.close()


def test_threads_that_make_their_own_process_wait_gain_no_time():
    """Eight threads on one processor: each waits most of the time, and together they have computed all of it."""
    child = os.fork()
    if child == 0:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        data = bytes(1 << 22)
        for _ in range(7):
            threading.Thread(target=lambda: [hashlib.sha256(data) for _ in range(10_000)]).start()
        hashlib.pbkdf2_hmac("sha256", data, data, 10**8)  # one long call that holds no lock
    pidfd = os.pidfd_open(child)
    clock = SubmissionClock()
    clock.follow(pidfd)
    before, clock_id = clock.now(), ~child << 3 | 2
    while clock.waited() < 1.0 or time.clock_gettime(clock_id) < 1.0:
        time.sleep(0.01)
    used = time.clock_gettime(clock_id)
    assert clock.now() - before > 0.9 * used - 0.1
    clock.leave()
    assert clock.now() - before > 0.9 * used - 0.1
    os.kill(child, 9)
    os.waitpid(child, 0)
    os.close(pidfd)
    clock.close()


def test_sleeping_is_counted():
    """Whoever sleeps is not ready to run, so the time is its own."""
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    pidfd = os.pidfd_open(child)
    clock = SubmissionClock()
    clock.follow(pidfd)
    began = time.monotonic()
    time.sleep(0.3)
    assert clock.now() >= 0.29 - clock.waited()  # what it waited for before is not told apart exactly
    assert time.monotonic() - began >= 0.3
    os.kill(child, 9)
    os.waitpid(child, 0)
    os.close(pidfd)
    clock.close()


def test_what_earlier_workers_waited_stays_known(crowd):
    """A submission whose worker was replaced keeps its credit, also past the end of the process."""
    clock = SubmissionClock()
    clock.follow(crowd)
    while clock.waited() < 0.05:
        time.sleep(0.01)
    known = clock.waited()
    clock.follow(os.pidfd_open(os.getpid()))
    assert clock.waited() >= known
    clock.close()
    assert clock.waited() >= known


def test_a_second_counts_at_least_a_tenth(monkeypatch):
    """However long it is said to have waited, time does not stand still for ever."""
    monkeypatch.setattr(clock_module, "_waited", lambda _: 1e9 if clock_module.time.monotonic() > began else 0.0)
    began = float("inf")
    clock = SubmissionClock()
    began = 0.0
    time.sleep(0.05)
    assert clock.now() >= 0.05 / SLOWEST


def test_without_the_kernels_figures_it_is_wall_time(monkeypatch):
    """As on an older kernel, or where /proc is hidden."""
    monkeypatch.setattr(clock_module, "_open", lambda _: -1)
    clock = SubmissionClock()
    clock.follow(-1)
    assert clock.waited() == 0.0
    assert clock.now() >= 0.0
    clock.close()
