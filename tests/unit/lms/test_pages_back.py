"""Pages go back through the LMS, or to a static site, each to its student and to nobody else."""

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from lms_imports import ilias_feedback, moodle_feedback, sakai_upload

from autograder.course.roster import read_roster
from autograder.errors import UsageError
from autograder.lms import formats
from autograder.lms.export.layout import Page
from autograder.lms.export.scores import Verdict, tabulate
from autograder.lms.export.sheet import read_sheet
from autograder.lms.registry import FORMATS
from autograder.records import Assignment, Course, Student

DATA = Path(__file__).parents[2] / "data" / "lms"
ROSTER = read_roster(DATA / "roster-for-these.csv")
HANDED_IN = [student.id for student in ROSTER if student.id != "d14"]


def marks(roster=ROSTER, students=HANDED_IN):
    course = Course(
        root=None,
        title="t",
        term="",
        timezone="UTC",
        secret="public-secret",
        assignments=(Assignment(slug="noising", title="Noising"),),
        roster=tuple(roster),
    )
    return tabulate(course, [Verdict(student=student, assignment="noising", score=50.0) for student in students])


def pages(students=HANDED_IN):
    return {student: Page(data=f"page of {student}".encode(), token=f"token{student}") for student in students}


def contents(data):
    archive = zipfile.ZipFile(io.BytesIO(data))
    return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def worksheet(name):
    return read_sheet((DATA / f"moodle-4.5.6-worksheet-{name}.csv").read_bytes(), "ws.csv")


def test_moodle_gets_fourteen_pages():
    """Each participant has the page of the student whose line it is; d14, who sent nothing, has none."""
    made = formats.make("moodle-feedback", marks(), against=worksheet("plain"), pages=pages())
    found = moodle_feedback(made.data, range(1, 100))
    assert len(found) == 14
    assert found[9] == ["noising.html"]
    (name,) = [name for name in contents(made.data) if "_9_" in name]
    assert contents(made.data)[name] == "page of d05"
    assert 11 not in found


def test_moodle_gets_pages_of_blind_marking():
    """By participant alone."""
    sheet = worksheet("blind")
    people = formats.blind_students("moodle-feedback", sheet)
    students = [student.id for student in people]
    made = formats.make("moodle-feedback", marks(people, students), against=sheet, pages=pages(students))
    assert set(moodle_feedback(made.data, range(1, 100))) == set(range(16, 31))


def test_no_underscore_stands_before_the_number():
    """Moodle would read another number, or none."""
    roster = (replace(ROSTER[0], name="A_1_B"), *ROSTER[1:])
    made = formats.make("moodle-feedback", marks(roster), against=worksheet("plain"), pages=pages())
    assert len(moodle_feedback(made.data, range(1, 100))) == 14


def test_moodle_needs_its_worksheet():
    """Numbers are Moodle's."""
    with pytest.raises(UsageError, match="name its grading worksheet with --against"):
        formats.make("moodle-feedback", marks(), pages=pages())


def test_ilias_gets_each_page_by_its_number():
    """Folder names in ASCII; who has no number is left out and named."""
    roster = (*ROSTER, Student(id="x", name="No Number", login="x"))
    made = formats.make("ilias-feedback", marks(roster, [*HANDED_IN, "x"]), pages=pages([*HANDED_IN, "x"]))
    numbers = {student.lms_id: student.id for student in ROSTER}
    assert {numbers[number] for number in ilias_feedback(made.data, numbers)} == set(HANDED_IN)
    assert all(name.isascii() for name in contents(made.data))
    assert "x" in "".join(formats.notes("ilias-feedback", marks(roster)))


GRADES = (
    '"Noising","scores"\n""\n"Display ID","ID","Last Name","First Name","grade","Submission date","Late submission"\n'
    '"d01","d01","O\'Rahilly-Quist","Siobhán","40.0","2026-10-02T09:30:00Z","On time"\n'
    '"d02","d02","Dupont-Moreau","Jean-Luc","50.0","",""\n"d14","d14","Sent","Never","7.0","",""\n'
    '"new","new","Newcomer","Nia","","",""\n'
)


def test_sakai_gets_grades_and_erases_none():
    """Only rows that change, found by id; d14's grade by hand stays, and strangers are named both ways."""
    theirs = read_sheet(GRADES.encode(), "grades.csv", begins=FORMATS["sakai"].begins)
    made = formats.make("sakai", marks(), against=theirs)
    assert sakai_upload(made.data, [student.login for student in ROSTER]) == ({"d01": "50"}, {})
    assert [(c.student, c.before, c.after) for c in made.preview.changes] == [("d01", "40.0", "50")]
    assert made.preview.strangers == ("Nia Newcomer (new)",)
    assert "d03" in made.preview.absent


def test_sakai_gets_grades_without_its_file():
    """From the roster alone, by login; a backslash in a name, which opencsv takes for an escape, does no harm."""
    roster = (replace(ROSTER[0], name="Quist\\, Ada\\"), *ROSTER[1:])
    grades, _ = sakai_upload(formats.write("sakai", marks(roster)), [student.login for student in ROSTER])
    assert grades == dict.fromkeys(HANDED_IN, "50")


def test_sakai_gets_pages():
    """In a folder that ends in the id, whatever the name holds."""
    roster = (replace(ROSTER[0], name="Quist (Ada)/x"), *ROSTER[1:])
    made = formats.make("sakai-feedback", marks(roster), pages=pages())
    _, files = sakai_upload(made.data, [student.login for student in ROSTER])
    assert files == {student: ["noising.html"] for student in HANDED_IN}


def test_a_site_of_names_that_nobody_guesses():
    """Pages under tokens in site/, and beside it the private table of who has which."""
    found = contents(formats.make("site", marks(), pages=pages()).data)
    rows = list(csv.DictReader(io.StringIO(found.pop("private-who-has-which.csv"))))
    assert {row["student"]: found[f"site/{row['page']}"] for row in rows} == {s: f"page of {s}" for s in HANDED_IN}
    assert all(name.startswith("site/token") for name in found)


@pytest.mark.parametrize("to", [word for word, form in FORMATS.items() if form.pages])
def test_the_same_pages_are_the_same_bytes(to):
    """Nothing in the zip says when it was made."""
    given = {"against": worksheet("plain")} if to == "moodle-feedback" else {}
    first = formats.make(to, marks(), pages=pages(), **given).data
    assert formats.make(to, marks(), pages=pages(), **given).data == first
