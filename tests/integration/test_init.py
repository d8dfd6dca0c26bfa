"""`grade init` as a person runs it: the new course is graded, validated and released at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from autograder.course.new_course import LIKE

pytestmark = pytest.mark.jail
GRADE = Path(sys.executable).with_name("grade")


def grade(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `grade` and give it four minutes."""
    return subprocess.run([GRADE, *map(str, arguments)], capture_output=True, text=True, timeout=240, check=False)


def document(*arguments: object) -> Any:
    """What a command prints with --json."""
    done = grade(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_course_is_graded_with_the_right_scores(tmp_path: Path) -> None:
    """Right work gets 100; who has one wrong idea is told which, in a file and in a notebook."""
    document("init", tmp_path / "new")
    results = document(tmp_path / "new" / "assignments")["results"]
    assert {result["student"]: result["score"] for result in results} == {"s01": 100, "s02": 50, "s03": 80}
    ideas = {
        (result["student"], check["misconception"]["id"])
        for result in results
        for check in result["checks"]
        if check["misconception"]
    }
    assert ideas == {("s02", "shift-first"), ("s03", "limit-left-out")}


def test_a_run_writes_the_way_through_the_course_of_those_it_graded(tmp_path: Path) -> None:
    """Each graded student has a page that the dashboard leads to; a second run writes only what changed."""
    root = tmp_path / "new"
    document("init", root)
    document(root / "assignments")
    pages = {student: root / "feedback" / f"{student}.html" for student in ("s01", "s02", "s03")}
    assert "<strong>1</strong> of 1 lessons completed" in pages["s01"].read_text("utf-8")
    assert "freezing point" in pages["s02"].read_text("utf-8")
    dashboard = (root / "feedback" / "index.html").read_text("utf-8")
    assert all(f'href="{student}.html"' in dashboard for student in pages)
    before = {student: page.stat().st_mtime_ns for student, page in pages.items()}
    submitted = root / "assignments" / "temperatures" / "submitted"
    (submitted / "s02" / "temperatures.py").write_bytes((submitted / "s01" / "temperatures.py").read_bytes())
    document(root / "assignments")
    assert [s for s, page in pages.items() if page.stat().st_mtime_ns != before[s]] == ["s02"]
    assert "<strong>1</strong> of 1 lessons completed" in pages["s02"].read_text("utf-8")
    for page in pages.values():
        page.unlink()
    assert document("report", root)["students"] == 3
    assert all(page.is_file() for page in pages.values())


def test_a_new_course_passes_its_own_validation(tmp_path: Path) -> None:
    """Its suite meets every floor: ideas are caught and named, slips cost points, starter and constants get nothing."""
    document("init", tmp_path / "new")
    assert document("validate", "--course", tmp_path / "new", "--quick", "--jobs", "1")["missed"] == 0


def test_a_new_course_can_be_released(tmp_path: Path) -> None:
    """Notebooks are built from its starter and reference."""
    document("init", tmp_path / "new")
    (released,) = document("release", "--course", tmp_path / "new")["released"]
    assert [group["points"] for group in released["groups"]] == [50, 50]


@pytest.mark.parametrize("like", LIKE)
def test_a_course_like_a_sample_is_graded_and_released(tmp_path: Path, like: str) -> None:
    """Its right student gets 100 and the others less, each with the idea behind it; its notebooks are built."""
    if like == "data":
        pytest.importorskip("pandas")
    root = tmp_path / "new"
    document("init", root, "--like", like)
    right, *wrong = document(root / "assignments")["results"]
    assert (right["student"], right["score"]) == ("s01", 100)
    assert [result["student"] for result in wrong] == ["s02", "s03"]
    assert all(result["score"] < 100 for result in wrong)
    assert any(check["misconception"] for result in wrong for check in result["checks"])
    (released,) = document("release", "--course", root)["released"]
    assert sum(group["points"] for group in released["groups"]) == 100


def test_a_course_like_a_sample_passes_its_own_validation(tmp_path: Path) -> None:
    """The one that lends, with objects, a library's classes and known submissions."""
    document("init", tmp_path / "new", "--like", "ml")
    assert document("validate", "--course", tmp_path / "new", "--quick", "--jobs", "1")["missed"] == 0


def test_an_empty_course_grades_what_is_handed_in(tmp_path: Path) -> None:
    """The one assignment works without a roster or wrong ideas."""
    document("init", tmp_path / "new", "--empty")
    folder = tmp_path / "new" / "assignments" / "temperatures" / "submitted" / "ada"
    folder.mkdir()
    (folder / "temperatures.py").write_text("def to_fahrenheit(c):\n    return c * 1.8 + 32\n")
    (result,) = document(tmp_path / "new" / "assignments")["results"]
    assert result["score"] == 50


def test_each_course_has_a_secret_of_its_own(tmp_path: Path) -> None:
    """Two courses made one after the other share no secret, and none is the sample's public one."""
    secrets = set()
    for name in ("one", "two"):
        document("init", tmp_path / name)
        (line,) = [x for x in (tmp_path / name / "course.yml").read_text().splitlines() if x.startswith("secret:")]
        secrets.add(line)
    assert len(secrets) == 2
    assert all(len(line) > 40 and "public-sample" not in line for line in secrets)


def test_a_folder_that_holds_something_ends_with_2(tmp_path: Path) -> None:
    """One clear sentence, no traceback, and nothing is written."""
    (tmp_path / "notes.txt").write_text("mine")
    done = grade("init", tmp_path)
    assert done.returncode == 2
    assert "not an empty folder" in done.stderr
    assert "Traceback" not in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
