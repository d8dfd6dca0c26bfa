"""nbgrader's real commands on a real course, before and after ours."""

import json
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import determine_grade, is_grade
from released_course import call, make_released_course

pytestmark = [
    pytest.mark.jail,
    pytest.mark.gradebook,
    pytest.mark.timeout(1200),
    pytest.mark.filterwarnings("default"),  # nbgrader's own
]
RIGHT = """\
    def add(a, b):
        return a + b


    def total(numbers):
        return sum(numbers)
    """
HALF = RIGHT.replace("sum(numbers)", "max(numbers)")


def notebook_of(course, *, add, total="return sum(numbers)"):
    """The release notebook with two bodies filled in, as a student would."""
    notebook = nbformat.read(course.root / "assignments/sums/release/sums.ipynb", 4)
    for cell in notebook.cells:
        if cell.source.startswith("def add"):
            cell.source = f"def add(a, b):\n    {add}"
        elif cell.source.startswith("def total"):
            cell.source = f"def total(numbers):\n    {total}"
    return notebook


def hand_in(course, student, notebook):
    course.hand_in(student, nbformat.writes(notebook).encode(), name="sums.ipynb")


def scores(course):
    """Student to (cell to its score, of the whole submission)."""
    with Gradebook(f"sqlite:///{course.root}/gradebook.db") as gradebook:
        return {
            submission.student.id: {grade.name: grade.score for grade in submission.notebooks[0].grades}
            for submission in gradebook.assignment_submissions("sums")
        }


def autograded(course, student):
    return nbformat.read(course.root / f"assignments/sums/autograded/{student}/sums.ipynb", 4)


def feedback(course, student):
    return course.root / "assignments" / "sums" / "feedback" / student


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course that was released, handed in (scripts and notebooks), and graded by `nbgrader autograde` alone."""
    course = make_released_course(tmp_path_factory.mktemp("graded") / "course")
    call(course.root, "grade", "release")
    made = (course.root / "assignments/sums/release/sums.ipynb").read_bytes()
    call(course.root, "nbgrader", "generate_assignment", "sums", "--force")
    assert (course.root / "assignments/sums/release/sums.ipynb").read_bytes() == made
    course.hand_in("s01", RIGHT)
    hand_in(course, "s02", notebook_of(course, add="return a + b", total="return max(numbers)"))
    forged = notebook_of(course, add="import os; os._exit(0)", total="return 0")
    for cell in forged.cells:  # cells that claim to be right, and one that would be full marks by its empty output
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.nbgrader.points, cell.source = 1000, "pass"
    hand_in(course, "s03", forged)
    course.hand_in("s03", b'{"schema": 1, "score": 100.0}', name="result.json")
    prose = "<script>alert(1)</script>"
    notebook = notebook_of(course, add="return a - b")
    notebook.cells.append(nbformat.v4.new_markdown_cell(prose))
    hand_in(course, "s04", notebook)
    call(course.root, "nbgrader", "autograde", "sums")
    return course


def test_the_starter_survives_nbgraders_force(graded):
    """generate_assignment --force empties the release folder; the starter is in it afterwards."""
    assert (graded.root / "assignments/sums/release/sums.py").exists()


def test_autograde_fills_the_grade_cells_from_the_jail(graded):
    """Scripts and notebooks get the suite's points, and code that ends the process gets none."""
    assert scores(graded) == {
        "s01": {"add": 60.0, "total": 40.0},
        "s02": {"add": 60.0, "total": 0.0},
        "s03": {"add": 0.0, "total": 0.0},
        "s04": {"add": 0.0, "total": 40.0},
    }


def test_autograde_writes_the_pages_of_the_class_for_all_it_graded(graded):
    """The dashboard and each student's way through the course are there, once nbgrader is through with the class."""
    dashboard = (graded.root / "feedback" / "index.html").read_text("utf-8")
    for student in ("s01", "s02", "s03", "s04"):
        assert f'href="{student}.html"' in dashboard
        assert (graded.root / "feedback" / f"{student}.html").exists()


@pytest.mark.parametrize("student", ["s01", "s02", "s03", "s04"])
def test_every_grade_cell_has_an_output_that_means_its_score(graded, student):
    """nbgrader itself reads the same score from the notebook: no output would be full marks."""
    cells = [cell for cell in autograded(graded, student).cells if is_grade(cell)]
    assert {cell.metadata.nbgrader.grade_id: determine_grade(cell)[0] for cell in cells} == scores(graded)[student]
    assert all(cell.outputs for cell in cells)


def test_what_a_student_claims_is_not_believed(graded):
    """A result.json, points and sources of grade cells that a student hands in are ours afterwards."""
    assert json.loads(graded.result("s03").read_bytes())["score"] == 0.0
    cells = [cell for cell in autograded(graded, "s03").cells if is_grade(cell)]
    assert [cell.metadata.nbgrader.points for cell in cells] == [60.0, 40.0]
    assert "pass" not in [cell.source for cell in cells]


def test_grade_after_autograde_changes_nothing(graded):
    """`grade` finds the results of `nbgrader autograde` and has nothing to do."""
    before = scores(graded)
    told = json.loads(call(graded.root, "grade", "assignments/", "--json").partition("\nnot on")[0])
    assert told["summary"]["unchanged"] == 4
    assert scores(graded) == before


def test_points_by_hand_survive_both_commands(graded):
    """A manual score and a comment stay, and are flagged for a look only as nbgrader does."""
    with Gradebook(f"sqlite:///{graded.root}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("total", "sums", "sums", "s02")
        comment = gradebook.find_comment("total-answer", "sums", "sums", "s02")
        grade.manual_score, comment.manual_comment = 12.0, "Nearly."
        gradebook.db.commit()
    call(graded.root, "nbgrader", "autograde", "sums", "--student", "s02", "--force")
    call(graded.root, "grade", "assignments/sums/submitted/s02", "--force")
    assert scores(graded)["s02"] == {"add": 60.0, "total": 12.0}
    with Gradebook(f"sqlite:///{graded.root}/gradebook.db") as gradebook:
        assert gradebook.find_comment("total-answer", "sums", "sums", "s02").comment == "Nearly."
        assert gradebook.find_grade("total", "sums", "sums", "s02").auto_score == 0.0


def test_feedback_links_to_our_page_and_leaves_it_there(graded):
    """nbgrader's page lies beside ours and links to it; no result and no markup of a student gets there."""
    call(graded.root, "nbgrader", "generate_feedback", "sums", "--force")
    page = (feedback(graded, "s04") / "sums.html").read_text("utf-8")
    assert 'href="index.html"' in page
    assert "<script>alert(1)</script>" not in page
    assert sorted(file.name for file in feedback(graded, "s04").iterdir()) == ["index.html", "sums.html"]


def test_the_other_commands_work(graded):
    """export, list and db of nbgrader run in the course."""
    call(graded.root, "nbgrader", "export", "--to", "grades.csv")
    assert "s01" in (graded.root / "grades.csv").read_text()
    assert "sums" in call(graded.root, "nbgrader", "db", "assignment", "list")
    call(graded.root, "nbgrader", "list")


def test_zip_collect_takes_an_archive(graded):
    """Names of nbgrader's manual become folders of submitted/."""
    archive = graded.root / "downloaded/sums/archive/all.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("sums_s05_attempt_2026-10-12-10-00-00_sums.py", RIGHT)
    call(graded.root, "nbgrader", "zip_collect", "sums")
    assert (graded.root / "assignments/sums/submitted/s05/sums.py").exists()


@pytest.fixture
def ungraded(tmp_path: Path):
    """A course with one script handed in, not released yet."""
    course = make_released_course(tmp_path / "course")
    course.hand_in("s01", HALF)
    return course


def test_a_release_after_grading_is_no_trouble(ungraded):
    """grade, release, generate_assignment, grade: the checks' cells become the functions', with the same score."""
    call(ungraded.root, "grade", "assignments/")
    assert scores(ungraded) == {"s01": {"add.values": 60.0, "total.values": 0.0}}
    call(ungraded.root, "grade", "release")
    call(ungraded.root, "grade", "assignments/")
    call(ungraded.root, "nbgrader", "generate_assignment", "sums", "--force")
    assert scores(ungraded) == {"s01": {"add": 60.0, "total": 0.0}}
    call(ungraded.root, "nbgrader", "generate_feedback", "sums")
    assert (feedback(ungraded, "s01") / "sums.html").exists()


def test_points_by_hand_outlive_a_release_after_grading(ungraded):
    """generate_assignment takes other cells, though there are submissions, and no point that a person gave."""
    call(ungraded.root, "grade", "assignments/")
    with Gradebook(f"sqlite:///{ungraded.root}/gradebook.db") as gradebook:
        gradebook.find_grade("total.values", "sums", "sums", "s01").manual_score = 12.0
        gradebook.db.commit()
    call(ungraded.root, "grade", "release")
    for _ in range(2):
        call(ungraded.root, "nbgrader", "generate_assignment", "sums", "--force")
        call(ungraded.root, "grade", "assignments/")
        assert scores(ungraded) == {"s01": {"add": 60.0, "total": 0.0, "total.values": 12.0}}
    assert (ungraded.root / "assignments/sums/release/sums.py").exists()
    call(ungraded.root, "nbgrader", "generate_feedback", "sums")
    assert "total.values" in (feedback(ungraded, "s01") / "sums.html").read_text("utf-8")


def test_without_a_jail_autograde_gives_no_score_and_takes_none(ungraded):
    """If grading is refused, nbgrader says so, and an earlier result and score are as they were."""
    call(ungraded.root, "grade", "release")
    call(ungraded.root, "grade", "assignments/")
    before = ungraded.result("s01").read_bytes()
    course_file = ungraded.root / "course.yml"
    course_file.write_text(course_file.read_text() + "jail: {require: [bubblewrap, user]}\n")
    (ungraded.root / "reference" / "sums.py").write_text("raise ValueError\n")
    call(ungraded.root, "nbgrader", "autograde", "sums", "--force", exits=(1,))
    assert ungraded.result("s01").read_bytes() == before
    assert scores(ungraded) == {"s01": {"add": 60.0, "total": 0.0}}
