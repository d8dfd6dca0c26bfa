"""overrides.yml is read with the line of whatever is wrong."""

from pathlib import Path

import pytest

from autograder.course.overrides import read_overrides
from autograder.errors import CourseError
from autograder.records import Assignment, Course, Override

GOOD = """\
- student: s03
  assignment: one
  check: f.values
  points: 8
  reason: read by hand
  by: A. Teacher
"""


@pytest.fixture
def read(tmp_path):
    course = Course(
        root=tmp_path,
        title="Tiny",
        term="",
        timezone="UTC",
        secret="a-long-enough-secret",
        assignments=(Assignment(slug="one", title="First"),),
    )

    def read(text: str | None = None):
        if text is not None:
            (tmp_path / "overrides.yml").write_text(text)
        return read_overrides(course)

    return read


def test_override(read):
    """An entry arrives as it is written."""
    expected = Override(
        student="s03", assignment="one", check="f.values", points=8.0, reason="read by hand", by="A. Teacher"
    )
    assert read(GOOD) == (expected,)


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n", "[]\n"])
def test_none(read, text):
    """No file, or nothing in it, is no override."""
    assert read(text) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (GOOD, "student: s03\n", "overrides.yml:1: must be a list"),
        (GOOD, "- s03\n", "overrides.yml:1: an override has the keys student, assignment"),
        ("  by:", "  who:", "overrides.yml:6: unknown key 'who'"),
        ("  by: A. Teacher\n", "", "overrides.yml:1: by is missing"),
        ("points: 8", "points: lots", "overrides.yml:4: points must be a number, not 'lots'"),
        ("points: 8", "points: true", "overrides.yml:4: points must be a number, not True"),
        ("points: 8", "points: -1", "overrides.yml:4: points must be 0 or more"),
        ("points: 8", "points: .inf", "overrides.yml:4: points must be 0 or more"),
        ("points: 8", "points: .nan", "overrides.yml:4: points must be 0 or more"),
        ("read by hand", '""', "overrides.yml:5: reason must be text"),
        ("s03", "3", "overrides.yml:1: student must be text, not 3"),
        ("assignment: one", "assignment: on", "overrides.yml:2: there is no assignment 'on'; known: one"),
        (GOOD, GOOD + GOOD, "overrides.yml:7: the same check is overridden in line 1"),
    ],
)
def test_complaints(read, old, new, said):
    """What is wrong is said with its line and what to write."""
    with pytest.raises(CourseError) as caught:
        read(GOOD.replace(old, new))
    assert said in str(caught.value)
    assert Path(str(caught.value).split(":")[0]).is_absolute()
