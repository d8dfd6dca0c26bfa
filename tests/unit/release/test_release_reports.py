"""A submission with its verdict as a notebook: every grade cell speaks, nothing of the student's markup does."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade, is_grade
from records import graded_submission
from released_course import make_released_course

from autograder.course.course_yml import load_course, suite_file
from autograder.gradebook.cells import read_release
from autograder.gradebook.report_notebook import report_file, report_notebook, write_reports
from autograder.gradebook.write import write_scores
from autograder.records import CheckResult, Misconception, Outcome
from autograder.release.build import build, release_file
from autograder.results.result_json import result_file, write_result

pytestmark = pytest.mark.filterwarnings("default")  # nbgrader's own
SCRIPT = "def add(a, b):\n    return a\n\n\ndef total(n):\n    return 1\n"


def verdict(add=Outcome.FAILED, total=Outcome.PASSED, *, points=20.0, format="py", **values):
    seen = Misconception(id="first", hint="What of b?")
    checks = (
        CheckResult(
            id="add.values",
            title="add adds",
            outcome=add,
            points=points,
            max_points=60.0,
            message="sum is 1",
            expected="3",
            observed="1",
            misconception=seen,
            picture="<svg><title>t</title></svg>",
        ),
        CheckResult(id="total.values", title="total adds", outcome=total, points=40.0, max_points=40.0),
    )
    moment = datetime(2026, 10, 12, tzinfo=UTC)
    plain = {"files": (f"sums.{format}",), "format": format, "received_at": moment, "graded_at": moment}
    scores = {"score": points + 40, "score_before_late": points + 40}
    return graded_submission(*checks, **plain | scores | values)


@pytest.fixture
def course(tmp_path):
    tiny = make_released_course(tmp_path / "course")
    tiny.hand_in("s01", SCRIPT)
    loaded = load_course(tiny.root)
    build(loaded, loaded.assignments[0], suite_file(tiny.root, "sums"))
    return loaded


def report(course, graded):
    document = report_notebook(course, graded, read_release(release_file(course.root, "sums")))
    notebook = nbformat.from_dict(document)
    nbformat.validate(notebook)
    return notebook


def outputs(notebook):
    return {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if is_grade(cell)}


@pytest.mark.parametrize("points", [0.0, 20.0, 60.0])
def test_outputs_mean_the_points(course, points):
    """nbgrader reads none, part and all of the points from the outputs as they are."""
    grades = outputs(report(course, verdict(points=points)))
    assert determine_grade(grades["add"])[0] == points
    assert determine_grade(grades["total"])[0] == 40.0


def test_an_ungraded_check_is_no_score(course):
    """In the notebook it is never full marks; in the gradebook it has no score and waits for a human."""
    graded = verdict(Outcome.UNGRADED, points=0.0, needs_human=True, score=None, score_before_late=None)
    cell = outputs(report(course, graded))["add"]
    assert determine_grade(cell)[0] == 0
    assert "Not judged yet" in str(cell.outputs)
    write_scores(course, [graded], course.root / "gradebook.db")
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("add", "sums", "sums", "s01")
        assert (grade.auto_score, grade.needs_manual_grade) == (None, True)


def test_each_function_has_its_solution_cell(course):
    """A script without cells is cut at its functions, so that a teacher can comment on each."""
    cells = report(course, verdict()).cells
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells]
    assert ids == [None, "add-answer", "add", "total-answer", "total"]


def test_only_as_much_is_told_as_the_course_says(course):
    """Level full tells expected values and draws, hints names the idea, scores says points only."""
    told = {
        level: str(outputs(report(replace(course, feedback=level), verdict()))["add"].outputs)
        for level in ("full", "hints", "scores")
    }
    assert {level for level, text in told.items() if "expected: 3" in text} == {"full"}
    assert {level for level, text in told.items() if "<svg>" in text} == {"full"}
    assert {level for level, text in told.items() if "What of b?" in text} == {"full", "hints"}
    assert all("20 of 60 points" in text for text in told.values())


def test_prose_of_the_student_is_text(course):
    """A markdown cell of the student's own is shown between fences; code fences in it do not end them."""
    cells = [{"cell_type": "markdown", "source": ["```\n", "<script>alert(1)</script>"], "metadata": {}}]
    file = course.root / "assignments/sums/submitted/s01/sums.ipynb"
    file.write_text(json.dumps({"cells": cells}))
    shown = report(course, verdict(format="ipynb")).cells[1]
    assert shown.source == "````text\n```\n<script>alert(1)</script>\n````"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1]", b'{"cells": [3]}', b"\xff\xfe", b'{"cells": [{"cell_type": "code"}]}']
)
def test_any_bytes_make_a_notebook(course, data):
    """A broken notebook still gets a report with all grade cells."""
    (course.root / "assignments/sums/submitted/s01/sums.ipynb").write_bytes(data)
    assert list(outputs(report(course, verdict(format="ipynb")))) == ["add", "total"]


def test_no_link_is_followed(course):
    """A submission that is a link to somewhere else shows nothing of it."""
    folder = course.root / "assignments/sums/submitted/s01"
    (folder / "sums.py").unlink()
    (folder / "sums.py").symlink_to(course.root / "course.yml")
    assert course.secret not in str(report(course, verdict()))


def test_reports_are_written_once(course):
    """A report is written if its result is newer, and left alone otherwise."""
    graded = verdict()
    write_result(graded, result_file(course.root, "sums", "s01"))
    assert write_reports(course, [graded]) == 1
    assert write_reports(course, [graded]) == 0
    assert report_file(course.root, "sums", "s01").with_name("timestamp.txt").read_text().startswith("2026-10-12")
