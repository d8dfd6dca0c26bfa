"""What people really hand in, graded in the real jail: right work keeps its points, whatever it looks like.

Each case was met in the issues of another grader, or in a public notebook, by the number that its folder bears.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from dressed import WAYS, Files, Work
from graded_course import GradedCourse, files_below, graded_course

# Students leave files open, and `grade check` runs their code in this process.
pytestmark = [pytest.mark.jail, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]

DATA = Path(__file__).parents[1] / "data" / "handed_in"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GradedCourse]:
    """One course and one warm grader for all cases."""
    with graded_course(tmp_path_factory.mktemp("course")) as made:
        yield made


@pytest.fixture(autouse=True)
def where_we_were() -> Iterator[None]:
    """`grade check` goes to the file's folder."""
    before = Path.cwd()
    yield
    os.chdir(before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """says: words that the reasons hold; silent_on: words that they do not; human: whether one is asked."""

    name: str
    score: float = 100.0
    says: str = ""
    silent_on: str = "stopped"
    human: bool = False


CASES = [
    Case(name="01-display-without-import"),
    Case(name="02-tqdm-notebook"),
    Case(name="03-colab-download-py"),
    Case(name="04-pip-over-several-lines"),
    Case(name="05-run-magic-helper-py"),
    Case(name="07-writefile-whole-answer"),
    Case(name="10-main-guard-in-notebook"),
    Case(name="12-colab-upload-loop"),
    Case(name="13-interact-decorator"),
    Case(name="15-untouched-notebook-and-copy1", says="noising-Copy1.ipynb is graded"),
    Case(name="17-starter-py-crlf-beside-notebook", says="noising.py is as handed out: noising.ipynb is graded"),
    Case(name="19-notebook-named-py", says="holds a notebook and was read as one"),
    Case(name="23-function-in-markdown-cell", score=94, says="snr stands in a cell that is no code cell"),
    Case(name="24-python-312-fstring", says="the syntax of Python 3.12"),
    Case(name="26-one-syntax-error-in-py", says="Until it is mended, scratch and what needs it is lost"),
    Case(name="27-data-file-beside-code"),
    Case(name="28-save-and-load-scratch-file"),
    Case(name="30-helpers-on-sys-path"),
    Case(name="32-generator-returned"),
    Case(name="35-older-py-beside-notebook", score=94, says="are different work on noising", human=True),
    Case(name="36-upper-case-suffix"),
]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_hand_in_gets_what_its_work_is_worth(course: GradedCourse, case: Case) -> None:
    """And what was lost, left out or read otherwise is said; `grade check` says the same"""
    graded = course.grade("noising", files_below(DATA / case.name))
    assert graded.score == case.score, graded.result.checks
    assert case.says in graded.reasons
    assert case.silent_on not in graded.reasons
    assert graded.result.needs_human is case.human
    if case.score == 100:
        assert graded.checked and set(graded.checked.values()) == {"right"}, (graded.checked, graded.problems)


def test_pictures_stored_in_a_notebook_do_not_count(course: GradedCourse) -> None:
    """A notebook of right code and 6.5 MB of output is within the 5 MiB of a submission"""
    code = (DATA / "26-one-syntax-error-in-py" / "noising.py").read_text().split("def scratch")[0]
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 6_500_000}}
    cell = {"cell_type": "code", "metadata": {}, "source": code, "outputs": [picture]}
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    assert course.grade("noising", {"noising.ipynb": text.encode()}).score == 100


def right_work(slug: str) -> Work:
    """The work of a known right submission."""
    root = Path(__file__).parents[2]
    text = (root / "tests" / "submissions" / slug / "correct_as_reference" / f"{slug}.py").read_text("utf-8")
    return Work(slug=slug, text=text, starter=(root / "assignments" / slug / "release" / f"{slug}.ipynb").read_bytes())


@pytest.mark.sampled(7)
@pytest.mark.parametrize("slug", ["warmup", "noising", "denoise_step"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_right_work_keeps_its_points_however_it_is_handed_in(
    course: GradedCourse, slug: str, way: Callable[[Work], Files]
) -> None:
    """100 each, or a human is asked; `grade check` finds every function right, too"""
    graded = course.grade(slug, way(right_work(slug)))
    lost = [(check.id, check.message) for check in graded.result.checks if check.points < check.max_points]
    assert graded.score == 100, (lost, graded.reasons)
    assert graded.checked and set(graded.checked.values()) == {"right"}, (graded.checked, graded.problems)
