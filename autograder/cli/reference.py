"""The page docs/commands.md, made from the commands' own help, so that no option can be missing from it.

python -m autograder.cli.reference > docs/commands.md
"""

from __future__ import annotations

import inspect
import sys
import textwrap

import click

from autograder.cli import grade_command


def reference() -> str:
    """Every command with its arguments and options, as Markdown."""
    context = click.Context(grade_command, info_name="grade")
    names = ["paths", *grade_command.list_commands(context)]
    parts = [
        "# Commands\n",
        "Made from the commands' own help by `python -m autograder.cli.reference`.\n",
        _about(grade_command) + "\n",
    ]
    for name in names:
        command = grade_command.get_command(context, name)
        assert command is not None
        parts.append(_section("grade PATH..." if name == "paths" else f"grade {name}", name, command))
    return "\n".join(parts)


def _section(title: str, name: str, command: click.Command) -> str:
    usage = " ".join(["grade", *([] if name == "paths" else [name]), *_arguments(command)])
    rows = [_row(option) for option in command.params if isinstance(option, click.Option)]
    table = ["| option | meaning |", "| --- | --- |", *rows] if rows else []
    return "\n".join([f"## {title}\n", f"    {usage}\n", _about(command), "", *table, ""])


def _about(command: click.Command) -> str:
    """The command's help; what it shows line by line (behind a \\b) as a block."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    return "\n\n".join(
        textwrap.indent(text.removeprefix("\b\n"), "    ") if text.startswith("\b\n") else text for text in paragraphs
    )


def _arguments(command: click.Command) -> list[str]:
    return [param.make_metavar(click.Context(command)) for param in command.params if isinstance(param, click.Argument)]


def _row(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    metavar = "" if option.is_flag else f" {option.make_metavar(click.Context(grade_command))}"
    return f"| {names}{metavar.replace('|', ' or ')} | {option.help or ''} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
