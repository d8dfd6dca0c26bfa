"""roster.csv is read as spreadsheets write it, and its mistakes are named with their line."""

import pytest

from autograder.course.roster import read_roster
from autograder.errors import CourseError
from autograder.records import Student


@pytest.fixture
def roster(tmp_path):
    def roster(content: bytes):
        file = tmp_path / "roster.csv"
        file.write_bytes(content)
        return read_roster(file)

    return roster


def test_all_columns(roster):
    """Each column arrives in its field, in any order of columns."""
    text = b"name,student,email,lms_id,sis_id,login,section\nAda A,s01,a@example.org,7,x7,ada,A\n"
    expected = Student(id="s01", name="Ada A", email="a@example.org", lms_id="7", sis_id="x7", login="ada", section="A")
    assert roster(text) == (expected,)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfstudent,name\r\ns01,Ada\r\n",
        b"student;name\ns01;Ada\n",
        b"Student , Name\n\n s01 , Ada \n,\n",
        b"student,name,grade level\ns01,Ada,3\n",
        b'"student","name"\n"s01","Ada"',
        b"student\tname\ns01\tAda\n",
        "student,name\ns01,Ada\n".encode("utf-16"),
        "student,name\ns01,Ada\n".encode("utf-16-le"),
        b"student,name,,\ns01,Ada,,\n,,,\n",
    ],
    ids=[
        "bom-and-crlf",
        "semicolons",
        "spaces-and-blank-lines",
        "unknown-column",
        "quotes",
        "tabs",
        "utf-16",
        "utf-16-without-a-mark",
        "cells-without-a-title",
    ],
)
def test_spreadsheet_habits(roster, content):
    """Byte order marks and none, semicolons, tabs, blank lines, quotes and extra columns are fine."""
    assert roster(content) == (Student(id="s01", name="Ada"),)


@pytest.mark.parametrize("student", ["s\u202e01", "s\u200b01", "s" * 201, "ß" * 101])
def test_a_folder_that_would_be_left_out(roster, student):
    """Grading leaves out folders whose names cannot be shown or are too long: nobody may be told so only then."""
    with pytest.raises(
        CourseError, match=r"roster\.csv:3: .* has characters that cannot be shown, or more than 200 bytes"
    ):
        roster(f"student,name\ns00,Ada\n{student},Bo\n".encode())
    assert roster(f"student,name\n{'ß' * 100},Bo\n".encode())


def test_short_row(roster):
    """Cells that a row leaves off are empty."""
    assert roster(b"student,name,email\ns01\n") == (Student(id="s01"),)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"student\ns01\ns02\ns01\n", "roster.csv:4: student 's01' is listed twice, first in line 2"),
        (b"students,name\ns01,Ada\n", "roster.csv:1: there is no column 'student'; rename 'students'"),
        (b"a,b\n1,2\n", "roster.csv:1: there is no column 'student'; add it"),
        (b"student,name,name\ns01,a,b\n", "roster.csv:1: there are two columns 'name'"),
        (b"student,name\ns01,a\n,b\n", "roster.csv:3: the cell 'student' is empty"),
        (b"student\n../s01\n", "roster.csv:2: '../s01' cannot be a folder's name"),
        (b"student\na/b\n", "roster.csv:2: 'a/b' cannot be a folder's name"),
        (b"student,name\ns01,A, B\n", "roster.csv:2: has 3 cells under 2 columns"),
        (b"student,name\ns01,Ada\ns02,J\xf6rg\n", "roster.csv:3: is neither UTF-8 nor UTF-16; save it as CSV UTF-8"),
        (b'student\n"s01\n', "roster.csv:2: is not CSV"),
        (b"", "roster.csv:1: is empty"),
        (b"student,lms_id\ns01,7\ns02,8\ns03,7\n", "roster.csv:4: the lms_id '7' is listed twice, first in line 2"),
        (b"student,email\ns01,a@x.org\ns02,A@x.org\n", "roster.csv:3: the email 'A@x.org' is listed twice"),
        (b'student,name\ns01,"Ada\ns02,Bo\n', "roster.csv:2: is not CSV"),
    ],
)
def test_complaints(roster, content, said):
    """What is wrong is said with its line and what to do."""
    with pytest.raises(CourseError) as caught:
        roster(content)
    assert said in str(caught.value)
