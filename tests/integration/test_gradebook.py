"""Scores in a real gradebook file, read back through nbgrader itself."""

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from records import graded_submission

from autograder.errors import CourseError, OutputError
from autograder.records import Assignment, CheckResult, Course, Late, LatePolicy, Outcome, Student

pytestmark = [
    pytest.mark.gradebook,
    pytest.mark.filterwarnings("default"),  # nbgrader's and alembic's own
]

CONFIG = Path(__file__).parents[2] / "nbgrader_config.py"
RECEIVED = datetime(2026, 10, 12, 21, 40, tzinfo=UTC)


def check(name, points, max_points, outcome=Outcome.FAILED):
    return CheckResult(id=name, title=name, outcome=outcome, points=points, max_points=max_points)


CHECKS = (check("f.values", 20.0, 20.0), check("f.pure", 5.0, 10.0), check("g", 0.0, 70.0))


def graded(student="s01", slug="one", checks=CHECKS, score=25.0, **values):
    plain = {
        "assignment": slug,
        "student": student,
        "received_at": RECEIVED,
        "graded_at": datetime(2026, 10, 13, tzinfo=UTC),
        "score_before_late": score,
        "score": score,
        "max_score": 100.0,
    }
    return graded_submission(*checks, **plain | values)


@pytest.fixture
def course(tmp_path):
    for slug in ("one", "two"):
        for student in ("s01", "s02"):
            for step in ("submitted", "autograded"):
                (tmp_path / "assignments" / slug / step / student).mkdir(parents=True)
        (tmp_path / "assignments" / slug / "source").mkdir()
    shutil.copy(CONFIG, tmp_path)
    return Course(
        root=tmp_path,
        title="Tiny",
        term="",
        timezone="UTC",
        secret="a-long-enough-secret",
        assignments=(
            Assignment(
                slug="one",
                title="First",
                due=datetime(2026, 10, 12, 22, 0, tzinfo=UTC),
                late=LatePolicy(penalty_per_day=10),
            ),
            Assignment(slug="two", title="Second"),
        ),
        roster=(
            Student(id="s01", name="Student 01", email="s01@example.org", lms_id="1001"),
            Student(id="s15", name="Fifteen, Student van"),
        ),
    )


@pytest.fixture
def write(course):
    def write(*results):
        from autograder.gradebook.write import write_scores

        write_scores(course, results, course.root / "gradebook.db")

    return write


@pytest.fixture
def book(course):
    """Opens the gradebook as nbgrader does."""
    from nbgrader.api import Gradebook

    opened = []

    def book():
        opened.append(Gradebook(f"sqlite:///{course.root / 'gradebook.db'}", "course"))
        return opened[-1]

    yield book
    for one in opened:
        one.close()


def rows(course):
    tables = ("student", "assignment", "notebook", "base_cell", "submitted_assignment", "submitted_notebook", "grade")
    with sqlite3.connect(course.root / "gradebook.db") as database:
        contents = {table: sorted(database.execute(f"SELECT * FROM {table}"), key=repr) for table in tables}
    database.close()
    return contents


def marks(book, student="s01", slug="one"):
    submission = book().find_submission(slug, student)
    return {grade.name: grade.auto_score for grade in submission.notebooks[0].grades}


def nbgrader(course, *arguments):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "nbgrader", *arguments]
    return subprocess.run(
        command, cwd=course.root, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=True
    )


def formgrader(course):
    """What formgrader shows of assignment one, through the API behind it, in a process of its own."""
    program = (
        "import json\n"
        "from nbgrader.apps import NbGrader\n"
        "from nbgrader.apps.api import NbGraderAPI\n"
        "app = NbGrader(); app.initialize([])\n"
        "print(json.dumps(NbGraderAPI(app.coursedir).get_submissions('one')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], cwd=course.root, capture_output=True, text=True, check=True
    )
    return {entry["student"]: entry for entry in json.loads(done.stdout.splitlines()[-1])}


def test_scores_arrive(write, book):
    """Each check is a grade cell, and the marks add up to the score."""
    write(graded())
    assert marks(book) == {"f.values": 20.0, "f.pure": 5.0, "g": 0.0}
    submission = book().find_submission("one", "s01")
    assert (submission.score, submission.max_score, submission.needs_manual_grade) == (25.0, 100.0, False)
    assert submission.timestamp == datetime(2026, 10, 12, 21, 40)
    assert submission.assignment.duedate == datetime(2026, 10, 12, 22, 0)


def test_no_alembic_on_path(write, monkeypatch, book):
    """A new gradebook needs no command on PATH, and nbgrader finds its schema up to date."""
    monkeypatch.setenv("PATH", "")
    write(graded())
    assert marks(book)


def test_schema_is_nbgraders_own(write, course):
    """`nbgrader db upgrade` finds nothing to do on a gradebook that we made."""
    write(graded())
    before = rows(course)
    nbgrader(course, "db", "upgrade")
    assert rows(course) == before


def test_roster_arrives(write, book):
    """Everybody on the roster is in the gradebook, with names, and so is a student who is not on it."""
    write(graded("s02"))
    students = {student.id: student for student in book().students}
    assert sorted(students) == ["s01", "s02", "s15"]
    first = students["s01"]
    assert (first.first_name, first.last_name, first.email, first.lms_user_id) == (
        "Student", "01", "s01@example.org", "1001",
    )  # fmt: skip
    assert (students["s15"].first_name, students["s15"].last_name) == ("Student van", "Fifteen")


def test_writing_twice(write, course):
    """The same results written again leave the same rows."""
    results = [graded(), graded("s02"), graded(slug="two")]
    write(*results)
    before = rows(course)
    write(*results)
    assert rows(course) == before


def test_regrade(write, book):
    """A new verdict replaces the old one."""
    write(graded())
    write(graded(checks=(check("f.values", 1.0, 20.0), *CHECKS[1:])))
    assert marks(book)["f.values"] == 1.0


def test_last_result_wins(write, book):
    """A submission given twice in one call is written once."""
    write(graded(), graded(checks=(check("f.values", 1.0, 20.0), *CHECKS[1:])))
    assert marks(book)["f.values"] == 1.0


def test_one_student_leaves_others_alone(write, book):
    """Grading one student again changes nobody else."""
    write(graded(), graded("s02"))
    write(graded("s02", checks=(check("f.values", 1.0, 20.0), *CHECKS[1:])))
    assert marks(book, "s01")["f.values"] == 20.0
    assert marks(book, "s02")["f.values"] == 1.0


def by_hand(book, **values):
    database = book()
    grade = database.find_grade("f.pure", "one", "one", "s01")
    for name, value in values.items():
        setattr(grade, name, value)
    database.db.commit()


def test_manual_grades_are_kept(write, book):
    """What a teacher gave by hand survives a regrade, and counts."""
    write(graded())
    by_hand(book, manual_score=9.0, extra_credit=1.0, needs_manual_grade=False)
    write(graded())
    grade = book().find_grade("f.pure", "one", "one", "s01")
    assert (grade.auto_score, grade.manual_score, grade.extra_credit, grade.score) == (5.0, 9.0, 1.0, 10.0)
    assert not grade.needs_manual_grade


def test_manual_grade_over_a_changed_score(write, book):
    """A hand-given mark is flagged when the score beneath it changed, and stays flagged until a teacher looks."""
    write(graded())
    by_hand(book, manual_score=9.0, needs_manual_grade=False)
    for _ in range(2):
        write(graded(checks=(CHECKS[0], check("f.pure", 0.0, 10.0), CHECKS[2])))
        assert book().find_grade("f.pure", "one", "one", "s01").needs_manual_grade


def test_ungraded_check(write, book):
    """An ungraded check has no score and is marked for a human."""
    write(graded(checks=(*CHECKS[:2], check("g", 0.0, 70.0, Outcome.UNGRADED)), score=None))
    grade = book().find_grade("g", "one", "one", "s01")
    assert (grade.auto_score, grade.needs_manual_grade) == (None, True)
    assert book().find_submission("one", "s01").needs_manual_grade


def test_ungraded_check_judged_later(write, book):
    """Once it is judged, nobody needs to look any more."""
    write(graded(checks=(*CHECKS[:2], check("g", 0.0, 70.0, Outcome.UNGRADED)), score=None))
    write(graded())
    assert not book().find_submission("one", "s01").needs_manual_grade


def test_skipped_check(write, book):
    """A skipped check costs nothing: the marks still add up to the score."""
    write(graded(checks=(*CHECKS[:2], check("g", 0.0, 70.0, Outcome.SKIPPED)), score=83.33))
    assert book().find_submission("one", "s01").score == pytest.approx(83.33, abs=0.01)


def test_other_max_score(course, book):
    """Where the course counts an assignment from twenty, so does the gradebook."""
    from autograder.gradebook.write import write_scores

    of_twenty = replace(course, assignments=(Assignment(slug="one", title="First", max_score=20.0),))
    write_scores(of_twenty, [graded(score=5.0, max_score=20.0)], course.root / "gradebook.db")
    found = book().find_submission("one", "s01")
    assert (found.score, found.max_score) == (5.0, 20.0)


def test_check_added_later(write, book):
    """A check that a suite gained later is filled in, and marked for those who were not graded again."""
    write(graded(), graded("s02"))
    more = (*CHECKS[:2], check("g", 0.0, 60.0), check("h", 4.0, 10.0))
    write(graded(checks=more, graded_at=datetime(2026, 10, 14, tzinfo=UTC)), graded("s02"))
    assert marks(book)["h"] == 4.0
    assert book().find_submission("one", "s01").max_score == 100.0
    late_comer = book().find_grade("h", "one", "one", "s02")
    assert (late_comer.auto_score, late_comer.needs_manual_grade) == (None, True)


def test_check_taken_out(write, book):
    """A check that a suite lost leaves the gradebook; of one that a teacher graded only that stays, and is flagged."""
    write(graded(), graded("s02"))
    by_hand(book, manual_score=9.0)
    write(graded(checks=(check("z", 100.0, 100.0),)), graded("s02", checks=(check("z", 100.0, 100.0),)))
    assert marks(book) == {"z": 100.0, "f.pure": 0.0}
    submission = book().find_submission("one", "s01")
    assert (submission.score, submission.max_score, submission.needs_manual_grade) == (109.0, 100.0, True)
    other = book().find_submission("one", "s02")
    assert (other.score, other.max_score, other.needs_manual_grade) == (100.0, 100.0, False)


def test_cells_by_function(write, book):
    """Where nbgrader put one cell a function into the gradebook, that cell takes the points of its checks."""
    write()
    with book() as database:
        database.add_assignment("one")
        database.add_notebook("one", "one")
        database.add_grade_cell("f", "one", "one", max_score=1, cell_type="code")
        database.add_solution_cell("answer", "one", "one")
    write(graded())
    assert marks(book) == {"f": 25.0, "g": 0.0}
    assert book().find_submission("one", "s01").max_score == 100.0
    assert len(book().find_submission("one", "s01").notebooks[0].comments) == 1


def test_export(write, course):
    """`nbgrader export` writes our scores, with lateness taken off."""
    late = replace(graded("s02"), late=Late(days=1, penalty=10.0), score=15.0)
    write(graded(), late, graded(slug="two"))
    nbgrader(course, "export", "--to", "grades.csv")
    with (course.root / "grades.csv").open(newline="") as stream:
        lines = {(line["assignment"], line["student_id"]): line for line in csv.DictReader(stream)}
    assert lines["one", "s01"]["score"] == "25.0"
    assert (lines["one", "s02"]["raw_score"], lines["one", "s02"]["score"]) == ("25.0", "15.0")
    assert lines["one", "s01"]["max_score"] == "100.0"
    assert lines["two", "s01"]["score"] == "25.0"
    assert lines["one", "s15"]["timestamp"] == ""


def test_formgrader(write, course):
    """Formgrader shows a submission as autograded with our score, whatever timestamp.txt a student handed in."""
    liar = course.root / "assignments/one/submitted/s02/timestamp.txt"
    liar.write_text("1999-01-01 00:00:00 UTC")
    write(graded(), graded("s02"))
    shown = formgrader(course)
    for student in ("s01", "s02"):
        assert (shown[student]["autograded"], shown[student]["score"], shown[student]["max_score"]) == (
            True,
            25.0,
            100.0,
        )
    assert liar.read_text() == "2026-10-12 21:40:00.000000 UTC\n"


def test_formgrader_without_time_of_arrival(write, course):
    """Without a record of the arrival, formgrader still shows the score, with or without a timestamp.txt."""
    (course.root / "assignments/one/submitted/s02/timestamp.txt").write_text("2026-10-01 10:00:00 UTC")
    write(graded(received_at=None), graded("s02", received_at=None))
    shown = formgrader(course)
    assert [shown[student]["autograded"] for student in ("s01", "s02")] == [True, True]
    assert not (course.root / "assignments/one/submitted/s01/timestamp.txt").exists()


@pytest.mark.parametrize("kind", ["link", "pipe", "garbage", "binary"])
def test_strange_timestamp(write, course, book, kind):
    """A timestamp.txt that is no such thing is neither followed, waited for, nor believed."""
    file = course.root / "assignments/one/submitted/s01/timestamp.txt"
    if kind == "link":
        (course.root / "elsewhere").write_text("1999-01-01 00:00:00 UTC")
        file.symlink_to(course.root / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file.write_bytes(b"soon" if kind == "garbage" else b"\xff\x00")
    write(graded(received_at=None))
    assert book().find_submission("one", "s01").timestamp is None
    write(graded())
    assert file.is_file()
    assert not file.is_symlink()
    if kind == "link":
        assert (course.root / "elsewhere").read_text() == "1999-01-01 00:00:00 UTC"


def test_whole_class(write, course):
    """Eighty-four submissions of eleven checks arrive together."""
    checks = tuple(check(f"c{n}", 1.0, 10.0) for n in range(11))
    students = [f"t{n:02}" for n in range(84)]
    write(*(graded(student, checks=checks) for student in students))
    assert len(rows(course)["grade"]) == 84 * 11


def test_no_gradebook(write, course):
    """A file that is no gradebook is told as it is, and left as it is."""
    (course.root / "gradebook.db").write_text("no database at all, but long enough to be looked at" * 20)
    before = (course.root / "gradebook.db").read_bytes()
    with pytest.raises(CourseError, match=r"gradebook\.db: the scores could not be written: file is not a database"):
        write(graded())
    assert (course.root / "gradebook.db").read_bytes() == before


def test_gradebook_in_use(write, course):
    """A gradebook that another program is writing stays whole, and the error says to close it."""
    write(graded())
    before = rows(course)
    other = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(OutputError, match="database is locked"):
            write(graded(checks=(check("z", 1.0, 100.0),)))
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert rows(course) == before


def test_folder_is_missing(course):
    """A gradebook in a folder that is not there cannot be made, and the error says so."""
    from autograder.gradebook.write import write_scores

    with pytest.raises(OutputError, match=r"gradebook\.db"):
        write_scores(course, [graded()], course.root / "nowhere" / "gradebook.db")
