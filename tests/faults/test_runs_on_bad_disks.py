"""A disk that is full or read-only, or a gradebook that another program holds, stops a run and costs nothing."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from paper_grader import run_on_paper
from tiny_course import TinyCourse, make_tiny_course

from autograder.errors import OutputError
from autograder.results.history import history_file, read_history

pytestmark = [pytest.mark.gradebook, pytest.mark.filterwarnings("default")]  # nbgrader's and alembic's own


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB, where this machine lets us mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True, check=False)
    if mount.returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.fixture
def course(small_disk: Path) -> TinyCourse:
    """A class of eight on that disk, of whom the first has been graded."""
    made = make_tiny_course(small_disk / "course")
    made.hand_in("s0", "# 60")
    run_on_paper(made)
    for number in range(1, 8):
        made.hand_in(f"s{number}", "# 100")
    return made


def scores(course: TinyCourse) -> dict[str, float]:
    """By student, as they lie on disk."""
    files = course.root.glob("assignments/sums/autograded/*/result.json")
    return {file.parent.name: json.loads(file.read_bytes())["score"] for file in files}


def test_a_disk_that_fills_up_stops_the_run_and_the_next_goes_on(course: TinyCourse, small_disk: Path) -> None:
    """What was written is whole, nothing is told twice, and the message says what to do."""
    block = small_disk / "block"
    with pytest.raises(OSError, match="No space"), block.open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(4096))
    with block.open("r+b") as stream:
        stream.truncate(block.stat().st_size - 50_000)  # room for some of it
    with pytest.raises(OutputError, match="What was there before is unchanged; make room"):
        run_on_paper(course)
    kept = scores(course)
    assert kept["s0"] == 60
    assert len(kept) < 8
    block.unlink()
    assert {job.job.submission.student for job in run_on_paper(course).planned} == {f"s{n}" for n in range(8)} - set(
        kept
    )
    told = [change.student for change in read_history(history_file(course.root, "sums"))]
    assert sorted(told) == sorted(scores(course)) == [f"s{number}" for number in range(8)]


def test_a_read_only_course_can_still_be_graded_elsewhere(course: TinyCourse, small_disk: Path, tmp_path: Path) -> None:
    """The run says that it cannot write, before it grades; with another place for the results it can."""
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(OutputError, match=r"\.grade/lock: cannot be written: Read-only file system.*--out"):
        run_on_paper(course)
    assert scores(course) == {"s0": 60}
    assert len(run_on_paper(course, out=tmp_path / "elsewhere").fresh) == 8


def test_a_gradebook_that_is_held_gets_its_scores_from_the_next_run(tiny_course: TinyCourse) -> None:
    """The results are kept, so nothing is graded again."""
    tiny_course.hand_in("s01", "# 60")
    run_on_paper(tiny_course)
    tiny_course.hand_in("s01", "# 80")
    book = tiny_course.root / "gradebook.db"
    other = sqlite3.connect(book, isolation_level=None)
    other.execute("begin exclusive")
    with pytest.raises(
        OutputError, match=r"database is locked: another program is writing it; close formgrader or wait"
    ):
        run_on_paper(tiny_course)
    other.execute("rollback")
    assert other.execute("select auto_score from grade").fetchall() == [(60,)]
    assert run_on_paper(tiny_course).planned == ()
    assert other.execute("select auto_score from grade").fetchall() == [(80,)]
    other.close()
