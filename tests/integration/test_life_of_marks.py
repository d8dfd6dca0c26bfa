"""What went wrong with marks in the course of a term, each fault once, on paper."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook
from term_of_marks import START, Paper, Term

from autograder.cli.export import export_command
from autograder.cli.report import report_command
from autograder.cli.status import status_command
from autograder.errors import CourseError
from autograder.gradebook.write import COURSE_ID
from autograder.pages.dashboard import dashboard_file
from autograder.pages.progress import progress_file
from autograder.pages.student_page import page_file
from autograder.results.history import history_file, read_history
from autograder.runs import run as pipeline
from autograder.runs.book import marks, open_book
from autograder.runs.compare import compare
from autograder.runs.why_changed import DATES_MOVED

pytestmark = [pytest.mark.gradebook, pytest.mark.filterwarnings("default")]  # nbgrader's and alembic's own
RIGHT = {"f.a": 1.0, "f.b": 1.0, "g.a": 1.0}


@pytest.fixture
def term(tmp_path: Path) -> Term:
    """Two students graded: s01 has 100, s02 50."""
    term = Term(tmp_path / "course")
    term.hand_in("s01", RIGHT, START)
    term.hand_in("s02", dict.fromkeys(RIGHT, 0.5), START)
    graded(term)
    return term


def graded(term: Term, path: str = "", *, dies_of: str = "") -> pipeline.Ran:
    """A run."""
    term.clock += timedelta(minutes=1)
    return pipeline.run(
        term.load(),
        [term.root / path],
        Paper(term.model, dies_of=dies_of).opened,
        pipeline.Writing(gradebook=term.root / "gradebook.db"),
        clock=lambda: term.clock,
    )


def scores(term: Term) -> dict[str, float | None]:
    """Everybody's mark as it is now."""
    return {mark.student: mark.score for mark in marks(open_book(term.load()))}


def in_nbgrader(term: Term) -> dict[str, tuple[float, float, bool]]:
    """Score after lateness, maximum, and whether it asks for a look, as nbgrader has them."""
    with Gradebook(f"sqlite:///{term.root / 'gradebook.db'}", COURSE_ID) as gradebook:
        return {
            row.student.id: (max(0.0, row.score - row.late_submission_penalty), row.max_score, row.needs_manual_grade)
            for row in gradebook.assignment_submissions("sums")
        }


def cells_in_nbgrader(term: Term) -> dict[str, float]:
    """Grade cell to what it is worth."""
    with Gradebook(f"sqlite:///{term.root / 'gradebook.db'}", COURSE_ID) as gradebook:
        return {cell.name: cell.max_score for cell in gradebook.find_notebook("sums", "sums").grade_cells}


def give(term: Term, student: str, check: str, points: float | None, extra: float = 0.0) -> None:
    """What formgrader's handler writes."""
    with Gradebook(f"sqlite:///{term.root / 'gradebook.db'}", COURSE_ID) as gradebook:
        grade = gradebook.find_grade(check, "sums", "sums", student)
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = points, extra, False
        gradebook.db.commit()


def rename(term: Term, old: str, new: str) -> None:
    """The suite asks the same under another name."""
    term.model.checks = {new if check == old else check: worth for check, worth in term.model.checks.items()}
    term.write_suite()


def run(command: object, *arguments: str) -> str:
    """What a command prints, both ways."""
    done = CliRunner().invoke(command, list(arguments), standalone_mode=False, catch_exceptions=False)  # type: ignore[arg-type]
    return done.output


def test_a_lost_submission_takes_nothing_from_anybody(term: Term) -> None:
    """A result without checks says nothing about cells; extra credit stays, and so does every score."""
    give(term, "s02", "g.a", None, 5.0)
    term.hand_in("s01", dict(RIGHT, **{"g.a": 0.0}), START)
    graded(term, dies_of="s01")
    assert in_nbgrader(term)["s02"] == (55.0, 100.0, False)
    assert scores(term) == {"s01": None, "s02": 55.0}
    for _ in range(2):
        graded(term)
        assert in_nbgrader(term) == {"s01": (50.0, 100.0, False), "s02": (55.0, 100.0, False)}


def test_extra_credit_outlives_its_check(term: Term) -> None:
    """Renamed: the points stay, count, and ask for a look in every view."""
    give(term, "s02", "g.a", None, 5.0)
    rename(term, "g.a", "g.b")
    ran = graded(term)
    assert scores(term) == {"s01": 75.0, "s02": 55.0}  # paper gives half of a check that it does not know
    assert [head.student for head in ran.need_human] == ["s02"]
    assert in_nbgrader(term) == {"s01": (75.0, 100.0, False), "s02": (55.0, 100.0, True)}
    give(term, "s02", "g.a", None, 5.0)
    assert graded(term).need_human == ()


def test_a_check_graded_by_hand_and_renamed_leaves_no_stale_points(term: Term) -> None:
    """Only the hand's points of the old cell count, and its maximum for nobody."""
    give(term, "s02", "g.a", 11.0)
    rename(term, "g.a", "g.b")
    graded(term)
    assert scores(term) == {"s01": 75.0, "s02": 61.0}
    assert in_nbgrader(term) == {"s01": (75.0, 100.0, False), "s02": (61.0, 100.0, True)}


def test_a_release_after_grading_counts_nothing_twice(term: Term) -> None:
    """The checks' cells become the functions', for everybody, and the scores stay."""
    term.release()
    graded(term)
    assert cells_in_nbgrader(term) == {"f": 50.0, "g": 50.0}
    assert in_nbgrader(term) == {"s01": (100.0, 100.0, False), "s02": (50.0, 100.0, False)}


def test_points_for_a_check_outlive_a_release(term: Term) -> None:
    """They stand in the place of that check, in every view, and formgrader has a cell to change them in."""
    give(term, "s02", "f.a", 17.0)
    give(term, "s02", "f.b", None, 2.0)
    graded(term)
    term.release()
    ran = graded(term)
    assert scores(term)["s02"] == 17 + 2 + 15 + 25
    assert in_nbgrader(term) == {"s01": (100.0, 100.0, False), "s02": (59.0, 100.0, False)}
    assert cells_in_nbgrader(term) == {"f": 50.0, "g": 50.0, "f.a": 0.0, "f.b": 0.0}
    assert ran.need_human == ()
    shown = (term.root / "assignments/sums/autograded/s02/sums.ipynb").read_text("utf-8")
    assert '"grade_id": "f.a"' in shown
    page = (term.root / "assignments/sums/feedback/s02/index.html").read_text("utf-8")
    assert "f.a: 17 of 20 points" in page
    term.model.checks["f.a"] = 50.0  # of 130: another worth, so a person must look
    term.write_suite()
    assert [head.student for head in graded(term).need_human] == ["s02"]
    assert scores(term)["s02"] == round(17 + 2 + 0.5 * (30 + 50) * 100 / 130, 2)
    assert in_nbgrader(term)["s02"] == (pytest.approx(scores(term)["s02"], abs=0.01), 100.0, True)
    give(term, "s02", "f.a", 17.0)
    assert graded(term).need_human == ()


def test_one_student_by_path_after_a_change_of_the_suite(term: Term) -> None:
    """Nobody else's points go."""
    rename(term, "g.a", "g.b")
    graded(term, "assignments/sums/submitted/s02")
    assert in_nbgrader(term)["s01"][:2] == (100.0, 100.0)
    assert scores(term) == {"s01": 100.0, "s02": 50.0}


@pytest.mark.parametrize("change", ["date", "extension", "max_score", "override"])
def test_a_change_of_policy_counts_at_once_in_every_view(term: Term, change: str) -> None:
    """The export, status and pages show it before another run, --dry-run lists it, and status says what is behind."""
    term.hand_in("s02", dict.fromkeys(RIGHT, 0.5), START + timedelta(days=3))
    graded(term)
    assert scores(term)["s02"] == 20.0
    if change == "date":
        term.model.due_days = 5
    elif change == "extension":
        term.model.extensions["s02"] = 2
    elif change == "max_score":
        term.model.max_score = 10.0
    else:
        term.model.overrides["s02", "g.a"] = 50.0
    term.write_course()
    term.write_overrides()
    expected = {"date": 50.0, "extension": 40.0, "max_score": 2.0, "override": 45.0}[change]
    assert scores(term)["s02"] == expected
    here = str(term.root)
    assert f"s02,,,,{expected:g}" in run(export_command, "--to", "canvas", "--course", here).replace(",s02", "s02") or (
        f"{expected:g}" in run(export_command, "--to", "csv", "--course", here)
    )
    assert "differ" in run(export_command, "--to", "csv", "--course", here)
    assert "what pages and gradebook.db have" in run(status_command, here)
    assert "s02" in {graded_.student for graded_ in pipeline.survey(term.load(), [term.root]).rescored}
    run(report_command, here)
    page = (term.root / "assignments/sums/feedback/s02/index.html").read_text("utf-8")
    assert f"<strong>{expected:g}</strong>" in page
    graded(term)
    assert in_nbgrader(term)["s02"][0] == expected
    assert "what pages and gradebook.db have" not in run(status_command, here)


@pytest.mark.parametrize("where", ["extensions", "overrides.yml"])
def test_an_id_that_nobody_has(term: Term, where: str) -> None:
    """File, line and the nearest one; whoever was graded once may have left."""
    if where == "extensions":
        term.model.extensions["S02"] = 3
        term.write_course()
    else:
        term.model.overrides["S02", "g.a"] = 3.0
        term.write_overrides()
    with pytest.raises(CourseError, match=r"(course|overrides)\.yml:\d+: .*'S02' .*did you mean 's02'"):
        open_book(term.load())


def test_an_override_of_a_renamed_check_needs_a_human(term: Term) -> None:
    """With the line and the nearest name; the points are kept and shown."""
    term.model.overrides["s02", "g.a"] = 50.0
    term.write_overrides()
    graded(term)
    assert scores(term)["s02"] == 75.0
    rename(term, "g.a", "g.b")
    ran = graded(term)
    assert [head.student for head in ran.need_human] == ["s02"]
    assert "overrides.yml:1: sums has no check 'g.a'; did you mean 'g.b'?" in ran.need_human[0].reasons[-1]


def test_each_cause_is_told_with_its_share(term: Term) -> None:
    """A date and a check at once: neither is blamed for the other."""
    term.model.due_days = -2
    term.write_course()
    rename(term, "g.a", "g.b")
    found = compare(term.load(), [term.root], Paper(term.model).opened, clock=lambda: term.clock)
    causes = {d.student: [(c.why, c.points) for c in d.causes] for d in found.differences}
    assert causes["s01"] == [(DATES_MOVED, -20.0), ("suite changed", -25.0)]
    assert causes["s02"] == [(DATES_MOVED, -20.0)]
    graded(term)
    last = {change.student: change.why for change in read_history(history_file(term.root, "sums"))}
    assert last == {"s01": f"{DATES_MOVED}: -20; suite changed: -25", "s02": DATES_MOVED}


def test_who_withdrew_counts_nowhere(term: Term) -> None:
    """The result stays on disk and is named; what a person gave stays in the gradebook."""
    give(term, "s02", "g.a", 30.0)
    for student in ("s01", "s02"):
        shutil.rmtree(term.root / "assignments/sums/submitted" / student)
    graded(term)
    assert scores(term) == {"s02": None}
    assert in_nbgrader(term).keys() == {"s02"}
    here = str(term.root)
    told = run(export_command, "--to", "csv", "--course", here)
    assert "2 results without a submission do not count: sums/s01, sums/s02" in told
    assert "result without a submission, counts nowhere: sums/s01, sums/s02" in run(status_command, here)
    assert not (term.root / "assignments/sums/feedback/s01/index.html").exists()
    assert term.course.result("s01").exists()


def test_an_extension_older_than_the_date_of_all(term: Term) -> None:
    """Nobody has less time than the class."""
    term.hand_in("s02", dict.fromkeys(RIGHT, 0.5), START + timedelta(days=4))
    term.model.due_days = 5
    term.model.extensions["s02"] = 3
    term.write_course()
    graded(term)
    assert scores(term)["s02"] == 50.0


def test_received_json_that_is_gone_forgives_nobody(term: Term) -> None:
    """What results know of the same submission stands."""
    term.hand_in("s02", dict.fromkeys(RIGHT, 0.5), START + timedelta(days=1))
    graded(term)
    (term.root / "assignments/sums/received.json").unlink()
    graded(term)
    assert scores(term)["s02"] == 40.0


@pytest.fixture
def broken(term: Term) -> Iterator[Term]:
    """A result with the wrong type behind its head."""
    file = term.course.result("s02")
    document = json.loads(file.read_bytes())
    document["checks"][1]["points"] = "x"
    file.write_text(json.dumps(document, indent=2), "utf-8")
    yield term


def test_a_broken_result_is_told_by_field_and_made_anew(broken: Term) -> None:
    """By views with file, line and field; the plain run mends it."""
    with pytest.raises(CourseError, match=r"result\.json:\d+: is no result: checks\.1\.points must be number; run"):
        scores(broken)
    assert [job.reason for job in graded(broken).planned] == ["the stored result is unreadable"]
    assert scores(broken) == {"s01": 100.0, "s02": 50.0}


def test_points_of_a_person_are_on_every_page(term: Term) -> None:
    """The student's page, the way through the course, the dashboard, status and exports, with who gave them."""
    give(term, "s02", "g.a", 40.0, 3.0)
    term.model.overrides["s02", "f.a"] = 20.0
    term.write_overrides()
    graded(term)
    assert scores(term)["s02"] == 78.0
    told = "g.a: 40 of 50 points and +3 points on top, given by a teacher, in formgrader"
    line = "f.a: 20 of 20 points, given by A. T.: read"
    root = term.root
    for page in ("assignments/sums/feedback/s02/index.html", "feedback/s02.html", "feedback/index.html"):
        text = (root / page).read_text("utf-8")
        assert told in text
        assert line in text
        assert "78" in text
    for output in (run(status_command, str(root), "--student", "s02"), run(status_command, str(root), "--json")):
        assert told in " ".join(output.split())
    assert "78" in run(export_command, "--to", "csv", "--course", str(root))


def test_who_comes_back_to_the_course_has_a_page_again(term: Term) -> None:
    """A student leaves the roster and enters it again: what the dashboard links to is there, whoever was graded."""
    everybody = set(term.model.roster)
    for roster in (everybody - {"s01"}, everybody):
        term.model.roster = roster
        term.write_roster()
        graded(term)
        assert progress_file(term.root, "s01").exists() == ("s01" in roster)
        assert ('href="s01.html"' in dashboard_file(term.root).read_text("utf-8")) == ("s01" in roster)
    term.model.roster = everybody - {"s01"}
    term.write_roster()
    graded(term)
    term.model.roster = everybody
    term.write_roster()
    term.hand_in("s02", RIGHT, START)
    graded(term)  # somebody else is, too
    assert progress_file(term.root, "s01").exists()


def test_work_that_was_taken_away_and_comes_back_has_its_page(term: Term) -> None:
    """The same work again is not judged again; its page, which was taken away with it, is made again."""
    work = term.root / "assignments/sums/submitted/s01"
    page = page_file(term.root, "sums", "s01")
    work.rename(term.root / "away")
    pipeline.write_class_pages(open_book(term.load()), None)
    assert not page.exists()
    (term.root / "away").rename(work)
    assert graded(term).fresh == ()
    assert page.exists()
