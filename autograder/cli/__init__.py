"""The `grade` command. Each subcommand is a thin skin over the Python API and is imported only when it is called."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
from typing import Any

import click
from click.shell_completion import CompletionItem
from click_default_group import DefaultGroup

from autograder import __version__
from autograder.errors import GraderError

# Subcommand to the module that holds it; its function has the same name, with "_command" behind it.
_COMMANDS = {
    "paths": "autograder.cli.grade",
    "validate": "autograder.cli.validate",
    "report": "autograder.cli.report",
    "doctor": "autograder.cli.doctor",
    "collect": "autograder.cli.collect",
    "export": "autograder.cli.export",
    "release": "autograder.cli.release",
    "check": "autograder.cli.check",
    "status": "autograder.cli.status",
    "similar": "autograder.cli.similar",
    "init": "autograder.cli.init",
    "lesson": "autograder.cli.lesson",
    "serve": "autograder.cli.serve",
    "lti": "autograder.cli.lti",
}
_HIDDEN = ("paths",)
_SHORT = {
    "paths": "grade all submissions under each PATH (what `grade PATH...` does)",
    "validate": "put the hidden suites to the test, and say which floors of course.yml they miss",
    "report": "rebuild the students' pages and the class dashboard from results",
    "doctor": "say which jail layers, devices and browsers this machine has, and what to install",
    "collect": "take an LMS's download of submissions into the course",
    "release": "build notebooks from starters and references, and the bundle that students download",
    "check": "try the examples in a file's docstrings; what a student runs",
    "status": "say who handed in what, what is graded and what is not; one student's way through the course",
    "similar": "rank the pairs of submissions that are alike, the starter's code left out",
    "init": "make a new course of this shape, which can be graded at once",
    "lesson": "open the lesson as web pages; what a student reads first",
    "serve": "let students hand in and read their page in the browser, graded at once",
    "lti": "connect an LMS to `grade serve` by LTI 1.3",
    "export": "write the scores as a file that an LMS imports, or preview what it would change there",
}


class _LazyGroup(DefaultGroup):  # type: ignore[misc]
    """Knows its commands' names and one-line helps without importing them, so that --help answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in _COMMANDS if name not in _HIDDEN]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            ctx.arg0 = cmd_name  # type: ignore[attr-defined]  # DefaultGroup hands it on as the first argument
            cmd_name = self.default_cmd_name
        command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name]), f"{cmd_name}_command")
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        # Paths too: the first word may be what is to be graded. They come first, since bash's script lets the last win.
        return [CompletionItem(incomplete, type="file"), *super().shell_complete(ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _SHORT[name]) for name in self.list_commands(ctx)])


@click.group(cls=_LazyGroup, default="paths", default_if_no_args=False, context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="grade")
def grade_command(**_: Any) -> None:
    """Grade a course: `grade assignments/` grades every submission below, in a jail, and says which idea is missing.

    \b
    grade assignments/                              the whole class
    grade assignments/noising                       one assignment
    grade assignments/noising/submitted/s03         one student
    grade assignments/ --dry-run                    what would run, and why

    Exit codes: 0 graded; 1 unexpected; 2 wrong usage; 3 the course is wrong; 4 no jail; 5 graded, but some need a
    human; 130 stopped by Ctrl-C, with what was graded so far kept.
    """


def _stop(number: int, _: object) -> None:
    """SIGTERM and a closed terminal end a command as Ctrl-C does: what was graded is kept, and no process is left."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def main() -> None:
    """Run the command; every error of ours becomes one clear line and its exit code."""
    os.environ["PYTHONSAFEPATH"] = "1"  # what we start imports nothing from the working folder
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # whoever ignores it, as nohup does, means it
            signal.signal(number, _stop)
    run(grade_command)


def run(command: click.Command) -> None:
    """Run a command as `grade` and end the process with its exit code."""
    try:
        _run(command)
    except OSError as error:
        with contextlib.suppress(OSError):
            click.echo(f"error: {error.filename or 'output'}: {error.strerror or error}", err=True)
        os._exit(1)  # what is still to be flushed would fail again


def _run(command: click.Command) -> None:
    try:
        sys.exit(command(prog_name="grade", standalone_mode=False) or 0)
    except click.ClickException as usage:
        usage.show()
        sys.exit(usage.exit_code)
    except (click.Abort, KeyboardInterrupt):
        with contextlib.suppress(OSError):  # the terminal may be closed
            click.echo("Stopped.", err=True)
        sys.exit(130)
    except GraderError as problem:
        click.secho("error: ", fg="red", bold=True, err=True, nl=False)
        click.echo(str(problem), err=True)
        sys.exit(problem.exit_code)
