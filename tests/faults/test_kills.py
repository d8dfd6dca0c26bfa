"""kill -9 of a run and of what it started, at moments drawn from a seed; `campaign.py` does it two hundred times."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_course import make_tiny_course

sys.path.insert(0, str(Path(__file__).parent))
from campaign import campaign, start

pytestmark = pytest.mark.jail
GRADE = Path(sys.executable).with_name("grade")


def test_after_any_kill_the_next_run_ends_as_an_undisturbed_one() -> None:
    """Results, pages, gradebook and changelog are the same, whether the run, a grader or a worker was killed."""
    tally = campaign(moments=3, seed=4, size=10, a_round=3, kinds=("run", "grader", "worker"))
    assert tally.found == []
    assert sum(tally.hit.values()) == 3


def test_a_second_run_says_that_the_first_is_at_work(tmp_path: Path) -> None:
    """And stops at once, with 1; a dry run may look all the same."""
    course = make_tiny_course(tmp_path / "course")
    for student in ("s01", "s02", "s03", "s04"):  # each keeps the first run busy for as long as a call may take
        course.hand_in(student, "def add(a, b):\n    while True:\n        pass\n")
    first = start(course)
    try:
        deadline = time.monotonic() + 60
        while not (course.root / ".grade" / "lock").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        command = [str(GRADE), str(course.root / "assignments")]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        look = subprocess.run([*command, "--dry-run"], capture_output=True, text=True, timeout=60, check=False)
    finally:
        first.kill()
        first.wait()
    assert second.returncode == 1
    assert f"is being graded or collected into already, by process {first.pid} since " in second.stderr
    assert "Traceback" not in second.stderr
    assert look.returncode == 0
    assert re.search(r"\b[1-4] to grade", look.stdout)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_of_a_run_that_was_ended(tmp_path: Path, number: signal.Signals) -> None:
    """However the command ends while a submission is judged: no grader, suite, jail or server outlives it."""
    course = make_tiny_course(tmp_path / "course")
    for student in ("s01", "s02", "s03"):
        course.hand_in(student, "def add(a, b):\n    while True:\n        pass\n")
    command = [str(GRADE), str(course.root / "assignments"), "--jobs", "2"]
    mark = f"a-run-of-the-tests-{tmp_path.name}-{number}"
    run = subprocess.Popen(command, env=os.environ | {"MARK_OF_THE_TEST": mark}, stderr=subprocess.DEVNULL)
    try:
        assert _wait(lambda: _graders_stay(mark), 120), "graders never came up"
        run.send_signal(number)
        code = run.wait(30)
        assert _wait(lambda: not _marked(mark), 5), _marked(mark)
        assert code == (-signal.SIGKILL if number is signal.SIGKILL else 130)
    finally:
        for pid in _marked(mark):
            os.kill(pid, signal.SIGKILL)


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    """Whether it came about."""
    deadline = time.monotonic() + seconds
    while not (so := done()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return so


def _graders_stay(mark: str) -> bool:
    """Whether a submission is judged: processes of a start come and go, those of graders are there for a second."""
    for _ in range(5):
        if len(_marked(mark)) < 6:
            return False
        time.sleep(0.2)
    return True


def _marked(mark: str) -> list[int]:
    """Processes that inherited the mark in their environment, zombies apart."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
    return found
