"""`grade lesson`: finds the pages of a download or a course, or says what to do where there are none."""

import click
import pytest
from click.testing import CliRunner

from autograder.cli.lesson import lesson_command
from autograder.errors import UsageError


@pytest.fixture(params=["lesson/site", "docs/lesson/_build/site"])
def root(request, tmp_path):
    """A download, or a course, with built pages."""
    site = tmp_path / request.param
    (site / "lesson").mkdir(parents=True)
    for page in ("index.html", "lesson/README.html", "lesson/guidance.html", "lesson/sampling.html"):
        (site / page).write_text("<p>")
    return tmp_path


def asked(*words):
    """What the command prints. An error is raised."""
    return CliRunner().invoke(lesson_command, [*map(str, words)], catch_exceptions=False).output.strip()


def test_it_opens_the_first_page_from_anywhere_below(root, monkeypatch):
    """The browser is given the page that is printed."""
    opened = []
    monkeypatch.setattr(click, "launch", opened.append)
    below = root / "warmup"
    below.mkdir()
    printed = asked("--course", below)
    assert printed.endswith("site/index.html")
    assert [address.removeprefix("file://") for address in opened] == [printed]


def test_it_opens_a_chapter(root):
    """By its name."""
    assert asked("guidance", "--no-open", "--course", root).endswith("site/lesson/guidance.html")


def test_an_unknown_chapter_is_told_the_nearest(root):
    """And all that there are."""
    with pytest.raises(UsageError, match=r"did you mean 'guidance'.*sampling"):
        asked("guidence", "--no-open", "--course", root)


def test_where_there_is_no_lesson_it_says_where_it_would_be(tmp_path):
    """A folder that is neither a download nor a course."""
    with pytest.raises(UsageError, match="no lesson here"):
        asked("--no-open", "--course", tmp_path)


def test_without_sphinx_it_says_what_to_install(tmp_path, monkeypatch):
    """The text can be read all the same."""
    (tmp_path / "docs" / "lesson").mkdir(parents=True)
    (tmp_path / "docs" / "lesson" / "build.py").touch()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"\[lesson\]"):
        asked("--no-open", "--course", tmp_path)
