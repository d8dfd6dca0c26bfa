"""`grade validate [SLUG...]`: put the hidden suites themselves to the test, and say which floors they miss."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import rich.console

    from autograder.validation.report import Finding, SuiteReport


@click.command("validate", short_help="put the hidden suites to the test")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--quick", is_flag=True, help="One student instead of three, fewer runs, no slow checks for mutants.")
@click.option(
    "--seeds", type=click.IntRange(min=1), help="Right runs of each stochastic check; default 1000, quick 100."
)
@click.option("--jobs", type=click.IntRange(min=1), help="How many processes run side by side; default: one per core.")
@click.option("--course", "where", type=click.Path(path_type=Path), default=".", help="A path inside the course.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout; progress goes to stderr.")
def validate_command(
    slugs: tuple[str, ...], quick: bool, seeds: int | None, jobs: int | None, where: Path, as_json: bool
) -> int:
    """Test the hidden suites of each SLUG, or of the whole course.

    Right work must keep all points; known submissions end as expected; every known wrong idea and every small slip in
    the reference costs points, and ideas are named; stochastic checks do not fail right work; and work without
    thought gets next to nothing.

    \b
    grade validate                     all suites, some minutes each
    grade validate noising --quick     one suite, one student's inputs

    Exit codes: 0 all floors of course.yml are met; 1 one is missed; 2, 3, 4 as for grading.
    """
    from rich.console import Console

    from autograder.course.course_yml import find_course, load_course
    from autograder.executors.machine import this_machine
    from autograder.validation.report import findings
    from autograder.validation.validate import FULL, QUICK, validate

    course = load_course(find_course(where))
    how = QUICK if quick else FULL
    if seeds is not None:
        how = replace(how, simulations=seeds)
    out, err = Console(highlight=False), Console(stderr=True, highlight=False, soft_wrap=True)
    reports = []
    missed = 0
    with tempfile.TemporaryDirectory(prefix="validate-") as scratch:
        processes = jobs or this_machine().processors
        said = lambda text: err.print(text, markup=False)  # noqa: E731 -- a name for two words
        for report in validate(course, slugs, how, jobs=processes, scratch=Path(scratch), on_progress=said):
            held = findings(report, course.floors)
            missed += sum(not finding.met for finding in held)
            reports.append(_document(report, held))
            if not as_json:
                _show(out, report, held)
    if as_json:
        document = {"schema": 1, "suites": reports, "missed": missed}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        out.print(f"{len(reports)} suites, {missed} floors missed.", style="red" if missed else "green")
    return 1 if missed else 0


def _document(report: SuiteReport, held: tuple[Finding, ...]) -> dict[str, Any]:
    return asdict(report) | {"findings": [asdict(finding) for finding in held]}


def _show(out: rich.console.Console, report: SuiteReport, held: tuple[Finding, ...]) -> None:
    """A table, and below it what a person would want to look at, line by line."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in (report.slug, "found", "asked", ""):
        table.add_column(name, overflow="fold")
    for finding in held:
        verdict = Text("ok", style="green") if finding.met else Text("MISSED", style="bold red")
        table.add_row(
            Text(finding.name), Text(finding.value), Text(finding.asked), verdict if finding.asked else Text()
        )
    out.print(table)
    right, ideas, slips = report.right, report.ideas, report.slips
    details = {
        "survivor": slips.survivors,
        "stale entry": slips.stale,
        "costs nothing": ideas.uncaught,
        "no hint": ideas.unnamed,
        "wrong hint": ideas.misnamed,
        "alike": [f"{a} and {b}" for a, b in ideas.alike],
        "loses points": right.lost,
        "flaky": right.flaky,
        "the reference, handed in": report.known.reference,
        "not as expected": report.known.surprises,
        "broken": (*report.broken, *(f"the starter, handed in: {text}" for text in report.known.starter_broken)),
    }
    for what, sentences in details.items():
        for sentence in sentences:
            out.print(Text.assemble((f"  {what}: ", "yellow"), sentence))
    scores = ", ".join(f"{name} {score:g}" for name, score in right.constants.items())
    out.print(Text(f"  without thought: {scores}", style="dim"))
    out.print(Text(f"  {report.checks} checks, {report.seconds:g} s of one core\n", style="dim"))
