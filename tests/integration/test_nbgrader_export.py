"""`nbgrader export` with our plugins, on a real gradebook, writes byte for byte what `grade export` writes."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.api import Comment, Gradebook
from records import graded_submission
from released_course import call

from autograder.course.course_yml import load_course
from autograder.gradebook.read import read_gradebook
from autograder.gradebook.write import COURSE_ID, write_scores
from autograder.records import CheckResult, Late, Outcome
from autograder.results.result_json import result_file, write_result
from autograder.runs.book import marks, open_book

pytestmark = [
    pytest.mark.gradebook,
    pytest.mark.timeout(1200),
    pytest.mark.filterwarnings("default"),  # nbgrader's and alembic's own
]

CONFIG = Path(__file__).parents[2] / "nbgrader_config.py"
BIN = Path(sys.executable).parent
BLACKBOARD = '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"One [Total Pts: 100 Score] |9"\n'
WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade),"
    "Feedback comments\nParticipant 5,Ada,ada@example.org,Submitted,,100.00,Yes,-,\n"
)


def graded(student, values, late=Late()):  # noqa: B008
    checks = tuple(
        CheckResult(
            id=name,
            title=name,
            outcome=Outcome.UNGRADED if points is None else Outcome.FAILED,
            points=points or 0.0,
            max_points=50.0,
        )
        for name, points in values.items()
    )
    open_ = any(points is None for points in values.values())
    before = None if open_ else sum(check.points for check in checks)
    return graded_submission(
        *checks,
        assignment="one",
        student=student,
        received_at=datetime(2026, 10, 12 + late.days, 12, tzinfo=UTC),
        graded_at=datetime(2026, 10, 13, tzinfo=UTC),
        seconds=0.0,
        score_before_late=before,
        late=late,
        score=None if before is None else before - late.penalty,
        needs_human=open_,
    )


@pytest.fixture
def root(tmp_path):
    """A course of two assignments with four students: right, late, with a manual grade to come, and ungraded."""
    (tmp_path / "course.yml").write_text(
        "title: t\nsecret: public-secret\nlate: {penalty_per_day: 10}\n"
        "assignments: [{slug: one, title: One, due: 2026-10-12}, {slug: two, title: Two}]\n",
        "utf-8",
    )
    (tmp_path / "roster.csv").write_text(
        "student,name,email,lms_id,sis_id,login\n"
        "s01,Ada,ada@example.org,1001,x1,ada\ns02,Jörg,j@example.org,1002,x2,jo\n"
        "s03,Cy,c@example.org,1003,x3,cy\ns04,Di,d@example.org,1004,x4,di\ns05,=Ed,e@example.org,1005,x5,ed\n",
        encoding="utf-8",
    )
    for slug in ("one", "two"):
        for file in (f"tests/suites/test_{slug}.py", f"reference/{slug}.py"):
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text("", encoding="utf-8")
    results = (
        graded("s01", {"f": 50.0, "g": 37.5}),
        graded("s02", {"f": 50.0, "g": 20.0}, Late(days=1, penalty=10.0)),
        graded("s03", {"f": 10.0, "g": 0.0}, Late(days=1, penalty=10.0)),
        graded("s04", {"f": 10.0, "g": None}),
    )
    received = {result.student: {"received_at": result.received_at.isoformat()} for result in results}
    (tmp_path / "assignments" / "one").mkdir(parents=True)
    (tmp_path / "assignments" / "one" / "received.json").write_text(json.dumps(received))
    for result in results:
        write_result(result, result_file(tmp_path, "one", result.student))
        folder = tmp_path / "assignments" / "one" / "submitted" / result.student
        folder.mkdir(parents=True)
        (folder / "one.py").write_text("x = 1\n", encoding="utf-8")
    shutil.copy(CONFIG, tmp_path / "nbgrader_config.py")
    write_scores(load_course(tmp_path), results, tmp_path / "gradebook.db")
    (tmp_path / "bb.txt").write_text(BLACKBOARD, encoding="utf-16")
    (tmp_path / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8")
    return tmp_path


def by_hand(root, student, cell, points, extra=None):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", COURSE_ID) as gradebook:
        grade = gradebook.find_grade(cell, "one", "one", student)
        grade.manual_score, grade.extra_credit = points, extra
        gradebook.db.commit()


def nbgrader_export(root, name, *arguments, apart=False):
    """What `nbgrader export` writes: run in this process, which has imported it already, or in one of its own."""
    target = root / "from_nbgrader"
    command = ["export", f"--exporter=autograder.nbgrader_plugin.{name}", "--to", str(target), *arguments]
    if apart:
        environment = dict(os.environ, PATH=f"{BIN}:{os.environ['PATH']}", JUPYTER_CONFIG_DIR=str(root / "none"))
        program = [str(BIN / "nbgrader"), *command]
        done = subprocess.run(
            program, cwd=root, env=environment, capture_output=True, text=True, timeout=600, check=False
        )
        assert done.returncode == 0, done.stderr
        return target.read_bytes()
    call(root, "nbgrader", *command)
    return target.read_bytes()


def grade_export(root, *arguments):
    target = root / "from_grade"
    call(root, "grade", "export", "--output", str(target), *arguments, exits=(0, 5))
    return target.read_bytes()


@pytest.mark.parametrize(
    ("name", "to", "against"),
    [
        ("CanvasExport", "canvas", None),
        ("MoodleExport", "moodle", None),
        ("MoodleWorksheetExport", "moodle-worksheet", "worksheet.csv"),
        ("BlackboardExport", "blackboard", "bb.txt"),
        ("BrightspaceExport", "brightspace", None),
        ("CsvExport", "csv", None),
    ],
)
def test_plugin_and_command_write_the_same_bytes(root, name, to, against):
    """Each plugin, with one manual grade in the gradebook, says what `grade export` says."""
    by_hand(root, "s03", "g", 45.0)
    given = [] if against is None else [f"--{name}.against={against}"]
    theirs = nbgrader_export(root, name, "--assignment=['one']", *given, apart=name == "CsvExport")
    ours = grade_export(root, "--to", to, "--assignment", "one", *([] if against is None else ["--against", against]))
    assert theirs == ours
    assert theirs


def test_manual_grades_and_lateness_reach_the_lms(root):
    """A grade by hand and extra credit count, lateness is taken off, ungraded and missing are left out."""
    by_hand(root, "s03", "g", 45.0, extra=2.0)
    rows = nbgrader_export(root, "CanvasExport").decode().splitlines()
    assert rows == [
        "Student,ID,SIS User ID,SIS Login ID,Section,One",
        "    Points Possible,,,,,100",
        "Ada,1001,x1,ada,,87.5",
        "Jörg,1002,x2,jo,,60",
        "Cy,1003,x3,cy,,47",
    ]


def test_a_grade_by_hand_settles_what_the_grader_could_not(root):
    """An ungraded submission whose open cell a teacher filled has a score."""
    by_hand(root, "s04", "g", 30.0)
    assert b"Di,1004,x4,di,,40\r\n" in grade_export(root, "--to", "canvas")
    assert b"Di" not in grade_export(root, "--to", "canvas", "--no-gradebook")


def test_lateness_is_taken_whole_from_a_score_by_hand(root):
    """Who had nothing to lose when it was graded loses the day's points when a teacher gives some."""
    nothing = graded("s03", {"f": 0.0, "g": 0.0}, Late(days=1, penalty=0.0))
    write_result(nothing, result_file(root, "one", "s03"))
    write_scores(load_course(root), [nothing], root / "gradebook.db")
    assert b"Cy,1003,x3,cy,,0\r\n" in grade_export(root, "--to", "canvas")
    by_hand(root, "s03", "g", 45.0)
    assert b"Cy,1003,x3,cy,,35\r\n" in grade_export(root, "--to", "canvas")


def test_what_a_teacher_wrote_comes_first(root):
    """A comment in formgrader reaches Moodle's worksheet, before the grader's words and after the true score."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", COURSE_ID) as gradebook:
        gradebook.add_solution_cell("answer", "one", "one")
        notebook = gradebook.find_submission_notebook("one", "one", "s01")
        cell = gradebook.find_solution_cell("answer", "one", "one")
        gradebook.db.add(Comment(cell=cell, notebook=notebook, manual_comment=" Good, <b>but</b> see g. "))
        gradebook.db.commit()
    by_hand(root, "s01", "g", 40.0)
    options = ("--to", "moodle-worksheet", "--assignment", "one", "--against", "worksheet.csv")
    (line,) = grade_export(root, *options).decode().splitlines()[1:]
    assert line.startswith("Participant 5,90,-,")
    told = "answer, by a teacher, in formgrader: Good, &lt;b&gt;but&lt;/b&gt; see g."
    given = "g: 40 of 50 points, given by a teacher, in formgrader"
    assert "90 of 100 points.<br>" in line and "g (37.5/50)" in line
    assert told in line and given in line


def test_scores_by_hand_are_new_to_any_date(root):
    """The gradebook does not say when a teacher graded, so --since a date never leaves them out."""
    by_hand(root, "s02", "g", 45.0)
    lines = grade_export(root, "--to", "canvas", "--since", "2027-01-01").decode().splitlines()
    assert [line.partition(",")[0] for line in lines[2:]] == ["Jörg"]


def test_students_and_units_of_the_plugin(root):
    """--student narrows, and `unit` in the configuration is --as."""
    data = nbgrader_export(root, "CanvasExport", "--student=['s01']", "--CanvasExport.unit=total")
    assert data.decode().splitlines()[0].endswith(",Course total")
    assert data.decode().splitlines()[2:] == ["Ada,1001,x1,ada,,87.5"]


def test_the_gradebook_is_read_as_nbgrader_reads_it(root):
    """Marks are the scores that nbgrader's own records give, lateness taken off; what people wrote is read as it is."""
    by_hand(root, "s03", "g", 45.0, extra=2.0)
    ours = {mark.student: mark for mark in marks(open_book(load_course(root)))}
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}", COURSE_ID) as gradebook:
        for student in ("s01", "s02", "s03"):
            theirs = gradebook.find_submission("one", student)
            assert ours[student].score == max(0.0, theirs.score - theirs.late_submission_penalty)
            assert ours[student].max_score == theirs.max_score
    assert ours["s04"].score is None
    ((whose, written),) = read_gradebook(root / "gradebook.db").items()
    (cell,) = written.cells
    assert (whose, cell.name, cell.points, cell.extra) == (("s03", "one"), "g", 45.0, 2.0)
    assert (cell.automatic, cell.worth, cell.open, written.whole) == (0.0, 50.0, False, False)
