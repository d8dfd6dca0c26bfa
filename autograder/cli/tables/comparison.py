"""What a person sees of `grade --compare`: whose score would change, by how much, in which checks and why."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from autograder.cli.tables.scores import Console
from autograder.records import CheckResult, Late
from autograder.results.result_json import to_json
from autograder.runs.compare import CheckChange, Comparison, Difference


def show_comparison(console: Console, comparison: Comparison) -> None:
    """A table of the scores that would change, then a line on everybody else."""
    moved = [difference for difference in comparison.differences if difference.moves]
    if moved:
        console.out.print(_table(moved))
    shares: dict[str, list[float]] = {}
    for difference in comparison.differences:
        for cause in difference.causes:
            shares.setdefault(cause.why, []).append(cause.points or 0.0)
    for why, points in sorted(shares.items()):
        told = f", {sum(points):+g} points in all" if any(points) else ""
        console.out.print(f"{len(points)} because: {why}{told}", markup=False)
    new = sum(difference.before is None for difference in comparison.differences)
    same = len(comparison.differences) - len(moved) - new
    scores = "1 score" if len(moved) == 1 else f"{len(moved)} scores"
    console.out.print(
        f"{scores} would change, {same} regraded would not, {new} new, {comparison.kept} need no grading. "
        "Nothing was written; --accept in the place of --compare writes this.",
        markup=False,
    )


def to_json_document(comparison: Comparison) -> str:
    """The one document of `--compare --json`."""
    summary = {
        "would_change": sum(difference.moves for difference in comparison.differences),
        "new": sum(difference.before is None for difference in comparison.differences),
        "compared": len(comparison.differences),
        "unchanged": comparison.kept,
    }
    return to_json({"schema": 1, "comparison": list(map(_document, comparison.differences)), "summary": summary})


def _document(difference: Difference) -> dict[str, Any]:
    return {
        "assignment": difference.assignment,
        "student": difference.student,
        "new": difference.before is None,
        "from": difference.before.score if difference.before else None,
        "to": difference.after.score,
        "why": difference.why,
        "causes": [{"why": cause.why, "points": cause.points} for cause in difference.causes],
        "late": _lateness(difference.lateness),
        "checks": [
            {"id": check.id, "from": _ending(check.before), "to": _ending(check.after)} for check in difference.checks
        ],
    }


def _lateness(pair: tuple[Late, Late] | None) -> dict[str, Any] | None:
    if pair is None:
        return None
    before, after = ({"days": late.days, "penalty": late.penalty} for late in pair)
    return {"from": before, "to": after}


def _ending(check: CheckResult | None) -> dict[str, Any] | None:
    if check is None:
        return None
    return {"outcome": check.outcome.value, "points": check.points, "max_points": check.max_points}


def _table(moved: list[Difference]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("assignment", "student", "from", "to", "change", "checks"):
        is_number = name in ("from", "to", "change")
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for difference in moved:
        gain = difference.gain
        style = "bold yellow" if gain is None else "green" if gain > 0 else "red"
        table.add_row(
            Text(difference.assignment),
            Text(difference.student),
            Text(_score(difference.before.score if difference.before else None)),
            Text(_score(difference.after.score)),
            Text("" if gain is None else f"{gain:+g}", style=style),
            Text(", ".join(_all_told(difference))),
        )
    return table


def _told(change: CheckChange) -> str:
    if change.before is None or change.after is None:
        return f"{change.id} {'is new' if change.before is None else 'is gone'}"
    before, after = change.before, change.after
    return f"{change.id} {before.points:g} -> {after.points:g} of {after.max_points:g} ({after.outcome})"


def _all_told(difference: Difference) -> list[str]:
    return [*map(_told, difference.checks), *_told_lateness(difference.lateness), *_shares(difference)]


def _told_lateness(pair: tuple[Late, Late] | None) -> list[str]:
    if pair is None:
        return []
    before, after = pair
    return [f"lateness -{before.penalty:g} -> -{after.penalty:g} ({after.days} days)"]


def _shares(difference: Difference) -> list[str]:
    """Each cause with its share, where there are several."""
    if len(difference.causes) < 2:
        return []
    return [f"{cause.points:+g} by: {cause.why}" for cause in difference.causes if cause.points is not None]


def _score(score: float | None) -> str:
    return "ungraded" if score is None else f"{score:g}"
