"""A new course: what is written, and what is never overwritten."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from autograder.cli.init import init_command
from autograder.course import new_course
from autograder.course.course_yml import load_course, suite_file
from autograder.course.new_course import LIKE, SLUG, make_course
from autograder.errors import OutputError, UsageError
from autograder.release.build import read_groups
from autograder.submissions.find import find_submissions, missing_students

OURS = Path(__file__).parents[3]


@pytest.mark.parametrize("empty", [False, True])
def test_a_new_course_is_valid_and_holds_the_secret_it_was_given(tmp_path: Path, empty: bool) -> None:
    """course.yml loads without a complaint, in a folder that did not exist."""
    make_course(tmp_path / "new", secret="0123456789", empty=empty)
    course = load_course(tmp_path / "new")
    assert course.secret == "0123456789"
    assert [assignment.slug for assignment in course.assignments] == [SLUG]
    assert sum(group.points for group in read_groups(suite_file(course.root, SLUG))) == 100


def test_a_new_course_has_a_sample_class_of_files_and_a_notebook(tmp_path: Path) -> None:
    """Three hand in, one is missing, and nothing in a submission is refused."""
    make_course(tmp_path, secret="a-secret-of-the-tests")
    course = load_course(tmp_path)
    found = find_submissions(course, [tmp_path])
    assert [(s.student, s.format, s.problem, s.notes) for s in found] == [
        ("s01", "py", None, ()),
        ("s02", "py", None, ()),
        ("s03", "ipynb", None, ()),
    ]
    assert missing_students(course, SLUG) == ("s04",)


def test_an_empty_course_has_only_what_grading_needs(tmp_path: Path) -> None:
    """No roster, no submission, no wrong idea; the folder for submissions is there."""
    files = make_course(tmp_path, secret="a-secret-of-the-tests", empty=True)
    there = {file for file in tmp_path.rglob("*") if file.is_file()}
    assert set(files) == there
    assert {file.relative_to(tmp_path).parts[0] for file in there} == {
        ".gitignore",
        "assignments",
        "course.yml",
        "reference",
        "tests",
    }
    assert list((tmp_path / "assignments" / SLUG / "submitted").iterdir()) == []


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A file, a folder with a file, and a link are all refused."""
    full, file, link = tmp_path / "full", tmp_path / "file", tmp_path / "link"
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    file.write_text("mine")
    link.symlink_to(tmp_path / "elsewhere")
    for place in (full, file, link):
        with pytest.raises(UsageError, match="not an empty folder"):
            make_course(place, secret="a-secret-of-the-tests")
    assert [p.name for p in full.iterdir()] == ["notes.txt"]
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_below_a_file_cannot_be_written_and_the_file_is_named(tmp_path: Path) -> None:
    """An error of the disk says where."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="file"):
        make_course(tmp_path / "file" / "course", secret="a-secret-of-the-tests")


@pytest.mark.parametrize("name", ["nbgrader_config.py", "reference/misconceptions/__init__.py"])
def test_what_every_course_has_alike_is_the_sample_course_s(tmp_path: Path, name: str) -> None:
    """Configuration and the shape of a wrong idea are written once and copied."""
    make_course(tmp_path, secret="a-secret-of-the-tests")
    assert (tmp_path / name).read_text("utf-8") == (OURS / name).read_text("utf-8")


@pytest.mark.parametrize("like", LIKE)
@pytest.mark.parametrize("empty", [False, True])
def test_a_course_like_a_sample_is_whole_and_has_its_own_secret(tmp_path: Path, like: str, empty: bool) -> None:
    """Its suite, starter, reference and data are the sample's; its class hands in, or is left out."""
    files = make_course(tmp_path / "new", secret="0123456789", empty=empty, like=like)
    course = load_course(tmp_path / "new")
    assert (course.secret, [a.slug for a in course.assignments]) == ("0123456789", [like])
    assert "public" not in (tmp_path / "new" / "course.yml").read_text()
    assert sum(group.points for group in read_groups(suite_file(course.root, like))) == 100
    assert {file for file in (tmp_path / "new").rglob("*") if file.is_file()} == set(files)
    sample = OURS / "examples" / like
    names = {file.relative_to(tmp_path / "new").as_posix() for file in files}
    lost = {file.relative_to(sample).as_posix() for file in sample.rglob("*.*") if file.is_file()} - names
    lost = {name for name in lost if not name.endswith(".pyc")}
    left_out = (
        r"(roster.csv|nbgrader_config.py|reference/misconceptions/\w+[.]py|tests/submissions/)" if empty else "$never"
    )
    assert [name for name in lost if not re.match(left_out, name)] == []
    found = [(s.student, s.problem, s.notes) for s in find_submissions(course, [course.root])]
    assert found == ([] if empty else [("s01", None, ()), ("s02", None, ()), ("s03", None, ())])


def test_samples_are_those_of_the_folder_and_of_the_command() -> None:
    """Each folder of examples/ can be copied, and the help names it."""
    folders = sorted(file.parent.name for file in (OURS / "examples").glob("*/course.yml"))
    (option,) = [parameter for parameter in init_command.params if parameter.name == "like"]
    assert isinstance(option.type, click.Choice)
    assert list(LIKE) == folders == list(option.type.choices)
    assert all(f"`{name}`" in (OURS / "examples" / "README.md").read_text() for name in folders)


def test_a_sample_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the folder where it would be."""
    monkeypatch.setattr(new_course, "_EXAMPLES", tmp_path / "examples")
    with pytest.raises(UsageError, match="examples/ml"):
        make_course(tmp_path / "new", secret="0123456789", like="ml")


@pytest.mark.parametrize("like", LIKE)
@pytest.mark.parametrize("name", ["nbgrader_config.py", "reference/misconceptions/__init__.py", ".gitignore"])
def test_what_every_course_has_alike_is_in_the_samples_too(tmp_path: Path, like: str, name: str) -> None:
    """They are written once and copied."""
    make_course(tmp_path, secret="a-secret-of-the-tests")
    assert (tmp_path / name).read_text() == (OURS / "examples" / like / name).read_text()
