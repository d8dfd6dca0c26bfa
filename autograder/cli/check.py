"""`grade check FILE`: what a student runs. The examples in the docstrings, on the student's own machine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from autograder.selfcheck.run import Report


@click.command("check", short_help="try the examples in a file's docstrings; what a student runs")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("functions", nargs=-1, metavar="[FUNCTION]...")
@click.option(
    "--pictures", type=click.Path(path_type=Path), metavar="DIR", help="Write pictures of differences as SVG."
)
@click.option("--hints", is_flag=True, help="Name the idea to think about again, where an answer is a known wrong one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check_command(file: Path, functions: tuple[str, ...], pictures: Path | None, hints: bool, as_json: bool) -> int:
    """Try the examples in the docstrings of FILE (.py or .ipynb), all or only those of each FUNCTION.

    FILE is run as it is, on this machine, without a jail: it is your own code. The examples are public, so right here
    does not mean full marks; wrong here does mean that points are missing.

    \b
    grade check noising.py
    grade check noising.ipynb q_sample --pictures pictures/
    grade check noising.py --hints

    Exit codes: 0 all examples are right; 1 some are not, or not written yet; 2 wrong usage, or FILE cannot be run.
    """
    from autograder.selfcheck.examples import handed_out
    from autograder.selfcheck.file import load
    from autograder.selfcheck.hints import read_hints, with_hint
    from autograder.selfcheck.run import try_examples

    file, pictures = file.absolute(), pictures and pictures.absolute()
    if file.parent.is_dir():
        os.chdir(file.parent)  # code opens what lies beside it, as it does in Jupyter
    loaded = load(file)
    missing = [name for name in functions if name not in loaded.functions]
    if missing:
        from autograder.errors import UsageError

        there = ", ".join(loaded.functions) or "none"
        raise UsageError(f"{file} has no function {missing[0]!r}; it has {there}")
    wanted = functions or tuple(loaded.functions)
    spare = handed_out(file.parent, file.stem)
    reports = [try_examples(loaded.functions[name], loaded.namespace, spare) for name in wanted]
    reports = [report for report in reports if report.tried or functions]
    if hints:
        known = read_hints(file.parent)
        reports = [with_hint(report, known) for report in reports]
    drawn = _draw(reports, pictures) if pictures else []
    if as_json:
        document = {
            "schema": 1,
            "file": str(file),
            "problems": list(loaded.problems),
            "functions": [
                {
                    "function": report.function,
                    "state": str(report.state),
                    "messages": [one.message for one in report.tried if one.message],
                    "hint": report.hint,
                }
                for report in reports
            ],
            "pictures": [str(picture) for picture in drawn],
        }
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        for problem in loaded.problems:
            click.secho(problem, fg="yellow")
        for report in reports:
            click.secho(str(report), fg="green" if report.passed else None)
        for picture in drawn:
            click.echo(f"picture: {picture}")
        if not reports:
            click.echo("There is no example: the docstrings of the starter hold them; copy them back in.")
        right = sum(report.passed for report in reports)
        click.echo(f"{right} of {len(reports)} functions are right in their examples.")
    return 0 if reports and all(report.passed for report in reports) else 1


def _draw(reports: list[Report], folder: Path) -> list[Path]:
    from autograder.pages.picture_style import standalone
    from autograder.results.result_json import write_atomically

    written = []
    for report in reports:
        for example in report.tried:
            if example.picture:
                target = folder / f"{report.function}.svg"
                write_atomically(target, standalone(example.picture).encode())
                written.append(target)
    return written
