"""The data of an assignment beside code of the course's own: read, and never written."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.course.modules import beside_data, load_bank
from autograder.errors import CourseError
from autograder.records import Equipment

TEXT = "city,people\n"
WRITES: dict[str, Callable[[], object]] = {
    "write": lambda: Path("cities.csv").write_text("mine"),
    "append": lambda: os.open("cities.csv", os.O_RDWR | os.O_APPEND),
    "update": lambda: Path("cities.csv").write_bytes(b""),
    "truncate": lambda: os.truncate("cities.csv", 0),
    "remove": lambda: Path("cities.csv").unlink(),
    "rename": lambda: Path("cities.csv").rename("other.csv"),
    "a new file": lambda: Path("new.csv").write_text("mine"),
    "a new folder": lambda: Path("new").mkdir(),
    "by its descriptor": lambda: os.open("cities.csv", os.O_WRONLY),
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of data."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "cities.csv").write_text(TEXT)
    return folder


@pytest.mark.parametrize("way", WRITES)
def test_data_are_read_and_not_written(data: Path, way: str) -> None:
    """Each way to write raises what a read-only file system raises; afterwards it works again."""
    with beside_data(Equipment(data=data)):
        assert Path("cities.csv").read_text() == TEXT
        with pytest.raises(OSError, match="Read-only file system") as caught:
            WRITES[way]()
        assert caught.value.errno == errno.EROFS
        assert {file.name for file in data.iterdir()} == {"cities.csv"}
    assert (data / "cities.csv").read_text() == TEXT
    (data / "cities.csv").write_text("the teacher's")


def test_a_link_to_data_is_no_way_to_them(data: Path, tmp_path: Path) -> None:
    """As in the folder that a function with files runs in. The link itself may go, and other folders are free."""
    with beside_data(Equipment(data=data)):
        link = tmp_path / "link.csv"
        link.symlink_to(data / "cities.csv")
        with pytest.raises(OSError, match="Read-only"):
            link.write_text("mine")
        link.unlink()
        (tmp_path / "mine.csv").write_text("mine")
    assert (data / "cities.csv").read_text() == TEXT


def test_without_data_nothing_changes(tmp_path: Path) -> None:
    """The working folder stays."""
    before = Path.cwd()
    with beside_data(Equipment()):
        assert Path.cwd() == before


@pytest.mark.parametrize(
    ("text", "init", "said"),
    [
        ("MISCONCEPTIONS = ()", False, "__init__.py is missing; it defines Misconception"),
        (
            "\nimport nowhere_at_all",
            True,
            r"ideas_one.py:2: raises ModuleNotFoundError at import: No module named 'now",
        ),
        ("IDEAS = ()", True, r"ideas_one.py:1: raises AttributeError at import: .*MISCONCEPTIONS"),
    ],
)
def test_wrong_ideas_that_cannot_be_read_are_the_courses_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, init: bool, said: str
) -> None:
    """With file and line, and no traceback."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "reference"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", list(sys.path))
    folder = tmp_path / "reference" / "misconceptions"
    folder.mkdir(parents=True)
    (folder / "ideas_one.py").write_text(text)
    if init:
        (folder / "__init__.py").touch()
    with pytest.raises(CourseError, match=said):
        load_bank(tmp_path, "ideas_one")
