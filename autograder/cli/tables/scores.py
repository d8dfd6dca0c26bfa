"""What a person sees in a terminal: the bar while it runs, then one table of scores and what needs attention."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich.console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from autograder.marks import given_of, said_of
from autograder.records import Course, GradedSubmission, Outcome
from autograder.results.result_json import ResultHead, load_result, result_file, to_json

if TYPE_CHECKING:
    from autograder.runs import run as pipeline

_STYLE = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "red",
    Outcome.CRASHED: "magenta",
    Outcome.TIMEOUT: "yellow",
    Outcome.SKIPPED: "dim",
    Outcome.UNGRADED: "bold reverse yellow",
}


class Console:
    """Where words go: results to stdout, progress to stderr, so that `--json` leaves stdout to the document.

    quiet: no progress, and of the results only what needs a human.
    """

    def __init__(self, *, as_json: bool, verbose: bool, quiet: bool = False) -> None:
        self.out = rich.console.Console(highlight=False, soft_wrap=True)
        self.err = rich.console.Console(stderr=True, highlight=False, soft_wrap=True)
        self.as_json, self.verbose, self.quiet = as_json, verbose, quiet
        self.done = 0

    def say(self, text: str) -> None:
        """A line for the person, not for a program."""
        self.err.print(text, markup=False)

    @contextmanager
    def progress(self) -> Iterator[Callable[[pipeline.Progress], None]]:
        """Shows a bar with count, rate and time left on a terminal, and a line now and then elsewhere."""
        if self.quiet or not self.err.is_terminal:
            yield self._line
            return
        columns = (
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}"),
        )
        with Progress(*columns, console=self.err, transient=True) as bar:
            task = bar.add_task("", total=None)

            def show(step: pipeline.Progress) -> None:
                self.done = step.done
                latest = f"{step.graded.assignment}/{step.graded.student}"
                bar.update(task, total=step.total, completed=step.done, description=latest)
                if self.verbose:
                    bar.console.print(_one_line(step.graded).append(f" ({step.why})", style="dim"))

            yield show

    def _line(self, step: pipeline.Progress) -> None:
        self.done = step.done
        if self.quiet:
            return
        often = max(1, step.total // 10)
        if self.verbose or step.done == step.total or step.done % often == 0:
            why = f" ({step.why})" if self.verbose else ""
            self.err.print(f"{step.done}/{step.total} {_plain(step.graded)}{why}", markup=False)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "starting", style="cyan")


def show_plan(console: Console, found: pipeline.Ran) -> None:
    """`--dry-run`: each job with its reason."""
    for job in found.planned:
        console.out.print(f"{job.job.submission.assignment}/{job.job.submission.student}: {job.reason}", markup=False)
    for graded in found.rescored:
        console.out.print(
            f"{graded.assignment}/{graded.student}: to score anew, without grading: now {_plain(graded)}", markup=False
        )
    kept = found.kept - len(found.rescored)
    anew = f"{len(found.rescored)} to score anew, " if found.rescored else ""
    console.out.print(f"{len(found.planned)} to grade, {anew}{kept} unchanged", markup=False)
    _refused(console, found)
    _attendance(console, found)


def show_run(console: Console, course: Course, ran: pipeline.Ran, results_root: Path) -> None:
    """The scores: one submission check by check, several as a table of students by assignments."""
    if not console.quiet:
        _show_scores(console, course, ran, results_root)
    for graded in ran.need_human:
        why = "; ".join(graded.reasons)
        console.out.print(f"needs a human: {graded.assignment}/{graded.student}: {why}", style="yellow", markup=False)
    _refused(console, ran)
    if console.quiet:
        return
    if len(ran.results) != 1:
        _attendance(console, ran)
    kept = ran.kept - len(ran.rescored)
    parts = [f"{len(ran.planned)} graded"]
    parts += [f"{len(ran.rescored)} scored anew"] if ran.rescored else []
    parts += [f"{kept} unchanged"] if kept else []
    done = ", ".join(parts)
    where = results_root / "assignments" / "<assignment>" / "autograded" / "<student>" / "result.json"
    console.out.print(f"{done}, {len(ran.need_human)} need a human. Results: {where}", markup=False)


def _show_scores(console: Console, course: Course, ran: pipeline.Ran, results_root: Path) -> None:
    if len(ran.results) == 1:
        only = ran.results[0]
        _show_checks(console, load_result(result_file(results_root, only.assignment, only.student)))
    else:
        console.out.print(_matrix(course, ran))
    if any(graded.late.days for graded in ran.results):
        console.out.print("L1: one day late, its penalty taken off", style="dim")


def to_json_document(ran: pipeline.Ran, results_root: Path) -> str:
    """The one document of `--json`: the records of result.json, and a summary."""
    files = (result_file(results_root, head.assignment, head.student) for head in ran.results)
    results = [json.loads(file.read_bytes()) for file in files]
    summary = {
        "submissions": len(ran.results),
        "graded": len(ran.planned),
        "unchanged": ran.kept,
        "need_human": len(ran.need_human),
        "missing": {slug: list(students) for slug, students in ran.missing.items()},
        "unknown": list(ran.unknown),
        "refused": list(ran.refused),
    }
    document: dict[str, Any] = {"schema": 1, "results": results, "summary": summary}
    return to_json(document)


def _matrix(course: Course, ran: pipeline.Ran) -> Table:
    slugs = [a.slug for a in course.assignments if any(g.assignment == a.slug for g in ran.results)]
    cell = {(g.student, g.assignment): _score(g) for g in ran.results}
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("student")
    for slug in slugs:  # a long name wraps at its underscores, so that ten assignments fit 80 columns
        table.add_column(slug.replace("_", " "), justify="right")
    for student in sorted({g.student for g in ran.results}):
        table.add_row(Text(student), *(cell.get((student, slug), Text("-", style="dim")) for slug in slugs))
    return table


def _score(graded: GradedSubmission | ResultHead) -> Text:
    late = f" L{graded.late.days}" if graded.late.days else ""
    if graded.score is None:
        return Text("ungraded" + late, style=_STYLE[Outcome.UNGRADED])
    share = graded.score / graded.max_score if graded.max_score else 0
    style = "green" if share >= 0.999 else "red" if share < 0.5 else ""
    return Text(f"{graded.score:g}{late}{' !' if graded.needs_human else ''}", style=style)


def _show_checks(console: Console, graded: GradedSubmission) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("check", "points", "outcome", "what was seen"):
        table.add_column(name, justify="right" if name == "points" else "left", overflow="fold")
    for check in graded.checks:
        hint = f"\nThink about: {check.misconception.hint}" if check.misconception else ""
        table.add_row(
            Text(check.id),
            Text(f"{check.points:g}/{check.max_points:g}"),
            Text(check.outcome, style=_STYLE[check.outcome]),
            Text((check.message or check.title) + hint),
        )
    console.out.print(table)
    console.out.print(_one_line(graded))
    for given in given_of(graded):
        console.out.print(f"by hand: {said_of(given)}", markup=False)
    for reason in graded.reasons:
        console.out.print(f"note: {reason}", markup=False)


def _one_line(graded: GradedSubmission) -> Text:
    return (
        Text(f"{graded.assignment}/{graded.student}: ").append_text(_score(graded)).append(f" of {graded.max_score:g}")
    )


def _plain(graded: GradedSubmission) -> str:
    return _one_line(graded).plain


def _attendance(console: Console, ran: pipeline.Ran) -> None:
    groups: dict[tuple[str, ...], list[str]] = {}
    for slug, students in ran.missing.items():
        groups.setdefault(students, []).append(slug)
    for students, slugs in groups.items():
        console.out.print(f"missing in {', '.join(slugs)}: {', '.join(students)}", style="dim", markup=False)
    if ran.withdrawn:
        names = ", ".join(f"{slug}/{student}" for student, slug in ran.withdrawn)
        console.out.print(f"result without a submission, counts nowhere: {names}", style="yellow", markup=False)
    if ran.unknown:
        console.out.print(f"not on the roster: {', '.join(ran.unknown)}", style="dim", markup=False)


def _refused(console: Console, ran: pipeline.Ran) -> None:
    for sentence in ran.refused:
        console.out.print(f"graded for nobody: {sentence}", style="yellow", markup=False)
