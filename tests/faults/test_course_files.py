"""A course file that is missing, broken or no text at all stops the run with a sentence, never with a traceback."""

import os

import pytest

from autograder.course.course_yml import load_course
from autograder.course.yaml_lines import read_yaml
from autograder.errors import CourseError


def complaint(root) -> str:
    with pytest.raises(CourseError) as caught:
        load_course(root)
    return str(caught.value).replace(f"{root}/", "")


def test_missing(tmp_path):
    """Without course.yml the error says how to get one."""
    assert complaint(tmp_path) == "course.yml: there is no such file; `grade init` writes one to start from"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"title: J\xf6rg\n", "course.yml: is not UTF-8 at byte 8"),
        (b"title: a\n\tterm: b\n", "course.yml:2: is not YAML"),
        (b"title: *nowhere\n", "course.yml:1: is not YAML"),
        (b"title: a\n---\ntitle: b\n", "course.yml:2: is not YAML"),
        (b"title: \x00\n", "course.yml: is not YAML"),
        (b"%PDF-1.7\n%\xe2\xe3", "course.yml: is not UTF-8"),
        (b"? [a, b]\n: c\n", "course.yml:1: a key must be one word"),
        (b"- " * 5000, "course.yml: is nested too deep"),
        (b"title: &a [*a]\n", "course.yml: is nested too deep, or holds itself"),
    ],
    ids=["latin-1", "tab", "alias", "two documents", "nul", "pdf", "list as key", "deep", "in itself"],
)
def test_not_yaml(tmp_path, content, said):
    """What is no YAML is told with its line where there is one."""
    (tmp_path / "course.yml").write_bytes(content)
    assert said in complaint(tmp_path)


def test_byte_order_mark(tmp_path):
    """A byte order mark in front is passed over."""
    (tmp_path / "course.yml").write_bytes(b"\xef\xbb\xbftitle: a\n")
    assert read_yaml(tmp_path / "course.yml").data == {"title": "a"}


def test_scalars(tmp_path):
    """Numbers, truth and nothing are what they look like; dates and odd numbers stay text."""
    text = "[1, -2, 0x1f, 1_000, 1.5, 1e3, .inf, true, False, null, ~, yes, 2026-10-12, '7', 0o17]\n"
    (tmp_path / "x.yml").write_text(text)
    expected = [1, -2, 31, 1000, 1.5, 1000.0, float("inf"), True, False, None, None, "yes", "2026-10-12", "7", 15]
    assert read_yaml(tmp_path / "x.yml").data == expected


@pytest.mark.parametrize("name", ["course.yml", "roster.csv"])
def test_folder_in_the_place_of_a_file(tmp_path, name):
    """A folder called like the file is told as it is."""
    (tmp_path / "tests" / "suites").mkdir(parents=True)
    (tmp_path / "reference").mkdir()
    for file in ("tests/suites/test_one.py", "reference/one.py"):
        (tmp_path / file).touch()
    (tmp_path / "course.yml").write_text("title: a\nsecret: long-enough\nassignments: [{slug: one, title: First}]\n")
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).mkdir()
    assert complaint(tmp_path) == f"{name}: cannot be read: {os.strerror(21)}"
