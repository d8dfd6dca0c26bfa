"""The command `grade` as students have it, from the package in their bundle: `grade check` and `grade lesson`."""

from __future__ import annotations

import click

from autograder import __version__
from autograder.cli import run
from autograder.cli.check import check_command
from autograder.cli.lesson import lesson_command


@click.group(context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="grade")
def students_command() -> None:
    """Try your work: `grade check FILE` runs the examples in its docstrings, on this machine.

    `grade lesson` opens the lesson. Nothing is graded and nothing is sent.
    """


students_command.add_command(check_command)
students_command.add_command(lesson_command)


def main() -> None:
    """Run the command; every error of ours becomes one clear line and its exit code."""
    run(students_command)
