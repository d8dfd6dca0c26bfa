"""kill -9 of a run and of what it started, at moments drawn from a seed; `campaign.py` does it two hundred times."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_course import TinyCourse

sys.path.insert(0, str(Path(__file__).parent))
from campaign import campaign, make_class, start

pytestmark = pytest.mark.jail
GRADE = Path(sys.executable).with_name("grade")


def test_after_any_kill_the_next_run_ends_as_an_undisturbed_one() -> None:
    """Results, pages, gradebook and changelog are the same, whether the run, a grader or a worker was killed."""
    tally = campaign(moments=3, seed=4, size=10, a_round=3, kinds=("run", "grader", "worker"))
    assert tally.found == []
    assert sum(tally.hit.values()) == 3


def test_a_second_run_says_that_the_first_is_at_work(tmp_path: Path) -> None:
    """And stops at once, with 1; a dry run may look all the same."""
    course: TinyCourse = make_class(tmp_path / "course", 4)
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
    assert f"is being graded already, by process {first.pid} since " in second.stderr
    assert "Traceback" not in second.stderr
    assert (look.returncode, "4 to grade" in look.stdout) == (0, True)
