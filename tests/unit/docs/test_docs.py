"""The documents are kept true by tests: every command, option and key stands in them, and what they show exists."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest

import autograder
from autograder.cli import grade_command
from autograder.cli.reference import reference
from autograder.course.course_yml import course_keys
from autograder.records import FLOORS, Limits

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
LESSON = sorted((ROOT / "docs" / "lesson").glob("*.md"))


def commands() -> dict[str, click.Command]:
    """Every command by its name."""
    context = click.Context(grade_command)
    found = {name: grade_command.get_command(context, name) for name in grade_command.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def shown_commands() -> list[tuple[str, str]]:
    """(page, line) of each `grade ...` line in an indented or fenced block of a page."""
    lines = []
    for page in PAGES:
        for line in page.read_text("utf-8").splitlines():
            found = re.match(r"^(?: {4,})?(?:\$ )?(grade [^#|`]*)", line)
            if found and "..." not in line and page.name != "commands.md":
                lines.append((page.name, found.group(1).strip()))
    return lines


def test_the_page_of_commands_is_what_the_commands_say_of_themselves() -> None:
    """If this fails, run `python -m autograder.cli.reference > docs/commands.md`."""
    assert (ROOT / "docs" / "commands.md").read_text("utf-8") == reference()


def test_the_readme_names_every_command() -> None:
    """A reader of the README learns of each command."""
    assert [name for name in commands() if f"`grade {name}" not in README] == []


def test_every_key_of_course_yml_has_a_line_of_its_own() -> None:
    """Each key begins a row of a table in docs/course.md, and is not named beside others there."""
    page = (ROOT / "docs" / "course.md").read_text("utf-8")
    assert [key for key in course_keys() if f"\n| `{key}` |" not in page and key != "require"] == []


def test_the_page_of_the_course_gives_the_defaults_that_hold() -> None:
    """Limits and floors in docs/course.md are those of the code."""
    page = (ROOT / "docs" / "course.md").read_text("utf-8")
    limits = {field.name: field.default for field in fields(Limits)}
    rows = dict(re.findall(r"^\| `(\w+)` \| [^|]* \| ([\d.]+) \|$", page, re.MULTILINE))
    assert {name: float(rows[name]) for name in limits | FLOORS} == limits | FLOORS


def test_the_index_leads_to_every_page_and_every_link_to_something() -> None:
    """docs/README.md names each page; no page has a dead link within the project."""
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    assert [page.name for page in (ROOT / "docs").glob("*.md") if f"({page.name})" not in index + "(README.md)"] == []
    dead = [
        (page.name, target)
        for page in [*PAGES, *LESSON, *(ROOT / "assignments").glob("*/README.md")]
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert dead == []


def test_pictures_are_small_and_used() -> None:
    """Each PNG under docs/ is below 150 kB and stands on a page, with words for who cannot see it."""
    text = "".join(page.read_text("utf-8") for page in [*PAGES, *LESSON])
    shown = {Path(name).name for words, name in re.findall(r"!\[([^\]]{20,})\]\(([^)]+)\)", text)}
    pictures = [file for file in (ROOT / "docs").rglob("*.png") if "_build" not in file.parts]
    assert [file.name for file in pictures if file.stat().st_size > 150_000 or file.name not in shown] == []


@pytest.mark.parametrize(("page", "line"), shown_commands())
def test_a_command_that_a_page_shows_exists_with_its_options(page: str, line: str) -> None:
    """The command is known, and so is each option it is shown with."""
    words = shlex.split(line)[1:]
    known = commands()
    paths = grade_command.get_command(click.Context(grade_command), "paths")
    command = grade_command if words[0].startswith("-") else known.get(words[0]) or paths
    assert command is not None
    options = {name for param in command.params for name in [*param.opts, *param.secondary_opts]} | {"--help"}
    assert [word for word in words if word.startswith("--") and word.partition("=")[0] not in options] == []


def test_each_place_of_where_is_what_is_there() -> None:
    """Every path of CONTRIBUTING's table lies in `autograder/`; <lms> stands for a module of its folder."""
    table = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("| where is |")[2].partition("\n## ")[0]
    places = [place for row in table.splitlines()[2:] for place in re.findall(r"`([^`]+)`", row.rpartition(" | ")[2])]
    assert len(places) > 30
    assert [place for place in places if not [*(ROOT / "autograder").glob(place.replace("<lms>", "canvas"))]] == []


def test_the_package_names_its_rooms() -> None:
    """Each module and folder at the root of `autograder/` begins a line of its docstring, or stands in `` there."""
    listed = re.findall(r"^    ([^\s,]+(?: ?[|,] [^\s,]+)*)|`(\w+)`", autograder.__doc__ or "", re.MULTILINE)
    named = set(re.findall(r"\w+", str(listed)))
    rooms = {
        file.stem for file in (ROOT / "autograder").iterdir() if file.suffix == ".py" or (file / "__init__.py").exists()
    }
    assert rooms - {"__init__"} - named == set()
