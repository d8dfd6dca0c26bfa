"""Manners in a terminal: help with examples, tables of 80 columns, colours for terminals only, completion, --quiet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pytest
from records import graded_submission

from autograder.cli import grade_command
from autograder.cli.tables.scores import Console, show_run
from autograder.records import (
    Assignment,
    CheckResult,
    Course,
    GradedSubmission,
    Late,
    Misconception,
    Outcome,
    Student,
)
from autograder.results.result_json import result_file, write_result
from autograder.runs import run as pipeline

GRADE = Path(sys.executable).with_name("grade")
CONTEXT = click.Context(grade_command)
NAMES = ["paths", *grade_command.list_commands(CONTEXT)]
SLUGS = (
    *("warmup", "noising", "denoise_step", "sampling_loop", "mse_loss", "cfg", "latent_diffusion", "clinic"),
    *("beyond_images", "concepts"),
)
FAILED = CheckResult(
    id="q_sample.batch_is_width",
    title="q_sample keeps to the batch where pictures are as wide as the batch is long",
    outcome=Outcome.FAILED,
    points=0,
    max_points=12.5,
    message="The values of x_t are wrong at 50 of 56 places. " * 3,
    misconception=Misconception(id="q-last-axis", hint="One number for each example: along which axis does it lie?"),
)
GRADED = graded_submission(
    FAILED, assignment="warmup", score_before_late=87.25, late=Late(days=2, penalty=20), score=67.25
)
COURSE = Course(
    root=Path(),
    title="Diffusion",
    term="",
    timezone="UTC",
    secret="",
    assignments=tuple(Assignment(slug=slug, title=slug) for slug in SLUGS),
    roster=(Student(id="s01"),),
)


def help_of(name: str) -> str:
    """What a command says of itself."""
    command = grade_command.get_command(CONTEXT, name)
    assert command is not None
    return command.get_help(click.Context(command, info_name=f"grade {name}", max_content_width=100))


def complete(words: str, shell: str = "bash") -> list[str]:
    """What the shell offers behind these words."""
    environment = os.environ | {
        "_GRADE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    done = subprocess.run([GRADE], env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.split()


@pytest.mark.parametrize("name", NAMES)
def test_each_command_shows_an_example_and_prints_json(name: str) -> None:
    """Its help has a line that can be typed, fits 100 columns, and knows --json where it has something to print."""
    shown = help_of(name)
    assert [line for line in shown.splitlines()[1:] if line.strip().startswith("grade ")]
    assert ("--json" in shown) == (name != "serve")
    assert max(map(len, shown.splitlines())) <= 100


def test_the_shell_completes_commands_options_values_and_paths() -> None:
    """Also options behind a path, where no command is named."""
    assert complete("grade val") == ["file,val", "plain,validate"]
    assert complete("grade export --to can") == ["plain,canvas"]
    assert "plain,--dry-run" in complete("grade assignments/ --d")
    assert complete("grade assignments/noi") == ["file,assignments/noi"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed_for_each_shell(shell: str) -> None:
    """The script that a shell reads at its start names our command."""
    environment = os.environ | {"_GRADE_COMPLETE": f"{shell}_source"}
    done = subprocess.run([GRADE], env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert f"_GRADE_COMPLETE={shell}_complete" in done.stdout


@pytest.fixture
def shown_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., str]:
    """shown_run(*results): what a run that came to these prints on stdout."""

    def shown(*results: GradedSubmission, quiet: bool = False) -> str:
        for graded in results:
            write_result(graded, result_file(tmp_path, graded.assignment, graded.student))
        ran = pipeline.Ran(book=None, results=results)
        show_run(Console(as_json=False, verbose=False, quiet=quiet), COURSE, ran, tmp_path)
        return capsys.readouterr().out

    return shown


def test_tables_fit_eighty_columns(shown_run: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A class over ten assignments, all late, and one submission check by check."""
    monkeypatch.setenv("COLUMNS", "80")
    many = [replace(GRADED, assignment=slug, student=f"s{n:02}") for slug in SLUGS for n in range(1, 4)]
    for results in (many, many[:1]):
        table = shown_run(*results)
        assert max(len(line) for line in table.splitlines() if "Results:" not in line) <= 80


def test_a_pipe_gets_no_colours(shown_run: Callable[..., str]) -> None:
    """Colours are for terminals."""
    assert "\x1b" not in shown_run(GRADED)


def test_quiet_says_only_what_needs_a_human(shown_run: Callable[..., str]) -> None:
    """Nothing for a class that is in order; the reason for one that is not."""
    assert shown_run(GRADED, quiet=True) == ""
    needy = replace(GRADED, needs_human=True, reasons=("the suite raised",))
    assert shown_run(GRADED, needy, quiet=True) == "needs a human: warmup/s01: the suite raised\n"


def test_quiet_and_verbose_exclude_each_other() -> None:
    """Both at once is a wrong usage that says what to do."""
    done = subprocess.run([GRADE, ".", "--quiet", "--verbose"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "give one of them" in done.stderr
