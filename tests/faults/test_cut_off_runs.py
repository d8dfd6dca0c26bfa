"""A run that ends between any two of its steps is made good by the next one: nothing is lost or told twice."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime

import pytest
from paper_grader import NOON, run_on_paper
from tiny_course import TinyCourse

from autograder.results.history import history_file, read_history
from autograder.runs import run as pipeline

HISTORY = "assignments/sums/autograded/history.jsonl"
pytestmark = [pytest.mark.gradebook, pytest.mark.filterwarnings("default")]  # nbgrader's and alembic's own


def cut_off(course: TinyCourse, monkeypatch: pytest.MonkeyPatch, step: str, times: int) -> None:
    """Run in a process that is gone, without any last word, when it is about to take a step for the nth time."""
    child = os.fork()
    if child == 0:
        left = iter(range(times - 1))
        original = getattr(pipeline, step)

        def last(*args: object, **kwargs: object) -> object:
            if next(left, None) is None:
                os._exit(9)
            return original(*args, **kwargs)

        monkeypatch.setattr(pipeline, step, last)
        try:
            run_on_paper(course)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9, "it was to be cut off"


def written(course: TinyCourse) -> dict[str, bytes]:
    """Everything that a run writes, but the gradebook, whose rows have random names."""
    folders = ("assignments/sums/autograded", "assignments/sums/feedback", "feedback")
    files = [file for folder in folders for file in (course.root / folder).rglob("*") if file.is_file()]
    return {str(file.relative_to(course.root)): file.read_bytes() for file in files}


@pytest.fixture
def three(tiny_course: TinyCourse) -> TinyCourse:
    """Three students, of whom one was graded before and has handed in again."""
    tiny_course.hand_in("s01", "# 40")
    run_on_paper(tiny_course)
    tiny_course.hand_in("s01", "# 60")
    tiny_course.hand_in("s02", "# 100")
    tiny_course.hand_in("s03", "# 0")
    return tiny_course


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("step", ["write_student_page", "append_change", "write_result"])
def test_between_the_steps_of_a_submission(
    three: TinyCourse, monkeypatch: pytest.MonkeyPatch, step: str, times: int
) -> None:
    """Page, changelog, result: wherever the run ends, the next one writes what an undisturbed one writes."""
    undisturbed = TinyCourse(root=three.root.with_name("undisturbed"))
    shutil.copytree(three.root, undisturbed.root)
    run_on_paper(undisturbed)
    cut_off(three, monkeypatch, step, times)
    run_on_paper(three)
    assert written(three) == written(undisturbed) | {HISTORY: written(three)[HISTORY]}
    changes = read_history(history_file(three.root, "sums"))
    assert sorted((c.student, c.before, c.after) for c in changes[1:]) == [
        ("s01", 40, 60),
        ("s02", None, 100),
        ("s03", None, 0),
    ]


@pytest.mark.parametrize("step", ["write_progress_pages", "write_dashboard"])
def test_between_the_last_result_and_the_pages_of_the_class(
    three: TinyCourse, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The next run has nothing to grade, and writes them all the same."""
    cut_off(three, monkeypatch, step, 1)
    assert b"s02" not in (three.root / "feedback" / "index.html").read_bytes()
    ran = run_on_paper(three)
    assert ran.planned == ()
    assert b"s02" in (three.root / "feedback" / "index.html").read_bytes()
    assert (three.root / "feedback" / "s02.html").exists()
    before = written(three)
    run_on_paper(three, NOON.replace(hour=13))
    assert written(three) == before


def test_before_the_gradebook(three: TinyCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores that were not written there are written by the next run, though it grades nothing."""
    import sqlite3

    cut_off(three, monkeypatch, "write_class_pages", 1)
    run_on_paper(three)
    with sqlite3.connect(three.root / "gradebook.db") as book:
        assert book.execute("select count(*) from grade where auto_score is not null").fetchone() == (3,)
    book.close()


def test_another_submission_after_a_cut_off_run(three: TinyCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line whose result was never written is not told: the changelog goes from score to score."""
    cut_off(three, monkeypatch, "write_result", 1)
    told = read_history(history_file(three.root, "sums"))[-1]
    three.hand_in(told.student, "# 70")
    run_on_paper(three)
    mine = [c for c in read_history(history_file(three.root, "sums")) if c.student == told.student]
    assert [c.after for c in mine] == ([40, 70] if told.student == "s01" else [70])


def test_a_result_that_is_taken_away_does_not_begin_the_changelog_anew(three: TinyCourse) -> None:
    """As nbgrader does before it grades: the score is what it was, and nothing is told."""
    run_on_paper(three)
    before = (three.root / HISTORY).read_bytes()
    three.result("s02").unlink()
    assert len(run_on_paper(three).fresh) == 1
    assert (three.root / HISTORY).read_bytes() == before


def test_parts_of_files_are_swept_away(three: TinyCourse, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed run was writing does not stay behind."""
    cut_off(three, monkeypatch, "write_result", 1)
    part = three.result("s01").with_name(".result.json.4711.part")
    part.write_text("half")
    run_on_paper(three)
    assert not part.exists()


def test_a_clock_that_goes_backwards(three: TinyCourse) -> None:
    """Nothing is graded twice or left out, and the changelog keeps the order in which things happened."""
    earlier = datetime(2020, 1, 1, tzinfo=UTC)
    assert len(run_on_paper(three, earlier).planned) == 3
    assert run_on_paper(three, earlier.replace(year=2019)).planned == ()
    mine = [c for c in read_history(history_file(three.root, "sums")) if c.student == "s01"]
    assert [(c.before, c.after, c.when.year) for c in mine] == [(None, 40, 2026), (40, 60, 2020)]


def test_a_run_that_changes_nothing_opens_no_gradebook(three: TinyCourse) -> None:
    """It stays untouched, until somebody else changes it or the roster."""
    run_on_paper(three)
    book = three.root / "gradebook.db"
    status = book.stat()
    run_on_paper(three)
    assert book.stat().st_mtime_ns == status.st_mtime_ns
    (three.root / "roster.csv").write_text("student,name\ns01,Ada Example\n")
    run_on_paper(three)
    assert book.stat().st_mtime_ns > status.st_mtime_ns


def test_a_gradebook_that_is_removed_is_written_whole(three: TinyCourse) -> None:
    """Also those scores that this run did not grade."""
    import sqlite3

    run_on_paper(three)
    (three.root / "gradebook.db").unlink()
    assert run_on_paper(three).planned == ()
    with sqlite3.connect(three.root / "gradebook.db") as book:
        assert book.execute("select count(*) from grade").fetchone() == (3,)
    book.close()
