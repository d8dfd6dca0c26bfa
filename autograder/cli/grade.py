"""`grade PATH...`: grade every submission under the paths, with a bar on a terminal and plain lines elsewhere."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from autograder.cli.tables.scores import Console
    from autograder.executors.dispatch import OpenExecutor
    from autograder.records import Course
    from autograder.runs.run import Ran

# From this share of its time on that grading waited for a processor, the run says so.
_BUSY = 0.25


@click.command("paths", short_help="grade all submissions under each PATH")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="How many graders run side by side; default: one for each processor that this machine, or its control "
    "group, has time and memory for.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS|local:N",
    help="Grade on the Dask cluster whose scheduler is at ADDRESS, or on N processes of this machine that get what "
    "they need as a cluster does.",
)
@click.option("--force", is_flag=True, help="Grade again what has not changed, too.")
@click.option("--dry-run", is_flag=True, help="Say what would run and why; run nothing.")
@click.option(
    "--compare",
    is_flag=True,
    help="Grade what a run would grade, but beside the results: say whose score would change, by how much, in which "
    "checks and why. The results stay as they are.",
)
@click.option(
    "--accept",
    is_flag=True,
    help="Write what --compare found, without grading it again. What has changed since then stays as it is.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write results under this folder instead of the course.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first submission that needs a human.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout; progress goes to stderr.")
@click.option("--no-gradebook", is_flag=True, help="Do not write scores into nbgrader's gradebook.db.")
@click.option("--quiet", is_flag=True, help="No progress and no table: errors, and what needs a human.")
@click.option("--verbose", is_flag=True, help="A line for each submission as it is graded, and why it was.")
def paths_command(
    paths: tuple[Path, ...],
    jobs: int | None,
    cluster: str | None,
    force: bool,
    dry_run: bool,
    compare: bool,
    accept: bool,
    out: Path | None,
    fail_fast: bool,
    as_json: bool,
    no_gradebook: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Grade all submissions under each PATH: the assignments folder, one assignment, one student's folder, one file.

    \b
    grade assignments/                            the whole class; what did not change is kept
    grade assignments/noising --dry-run           what would run, and why
    grade assignments/ --out /tmp/tryout          the course itself stays as it is
    grade assignments/ --cluster tls://host:8786  on other machines
    """
    from autograder.cli.tables.scores import Console, show_plan
    from autograder.course.course_yml import find_course, load_course
    from autograder.runs import run as pipeline

    _refuse_together(compare=compare, accept=accept, dry_run=dry_run)
    _refuse_together(jobs=jobs is not None, cluster=cluster is not None)
    if out is not None and (compare or accept):
        raise click.UsageError("--compare and --accept are about the course's own results; leave out --out")
    if accept and force:
        raise click.UsageError("--accept grades nothing; leave out --force")
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other; give one of them")
    console = Console(as_json=as_json, verbose=verbose, quiet=quiet)
    root = find_course(paths[0])
    model = os.environ.get("MODEL")
    course = load_course(root, model=Path(model) if model else None)
    wanted = list(paths)
    if dry_run:
        show_plan(console, pipeline.survey(course, wanted, out=out, force=force))
        return 0
    gradebook = None if out or no_gradebook else root / "gradebook.db"
    try:
        if accept:
            return _accept(console, course, wanted, gradebook)
        pool = _pool(console, course, jobs, cluster)
        if compare:
            return _compare(console, course, wanted, pool, force=force)
        by_hand = None if no_gradebook else True
        doubtful = False if out else _take_best(console, course, wanted, pool, by_hand=by_hand, force=force)
        writing = pipeline.Writing(out=out, gradebook=gradebook, by_hand=by_hand, fail_fast=fail_fast)
        with console.progress() as on_progress:
            ran = pipeline.run(course, wanted, pool, writing, clock=_clock, force=force, on_progress=on_progress)
    except KeyboardInterrupt:
        with suppress(OSError):  # the terminal may be closed
            console.say(f"Stopped. {console.done} results of this run are kept; the same command goes on from there.")
        return 130
    return _show(console, course, ran, out or root) or (5 if doubtful else 0)


def _take_best(
    console: Console, course: Course, wanted: list[Path], pool: OpenExecutor, *, by_hand: bool | None, force: bool
) -> bool:
    """Let the best attempt count where course.yml says so, and say whose changed; whether a person must look."""
    if not any(assignment.attempts == "best" for assignment in course.assignments):
        return False
    from autograder.runs.best_attempt import take_best

    folders = [path for path in wanted if not path.is_file()]  # a file that is named is a person's choice
    found = take_best(course, folders, pool, clock=_clock, by_hand=by_hand, force=force)
    for best in found:
        scores = ", ".join(f"{label} {'not graded' if s is None else f'{s:g}'}" for label, s in best.scores.items())
        if best.why:
            console.say(f"{best.student} {best.assignment}: {best.chosen} stays, as {best.why}")
        elif best.moved or best.needs_human:
            console.say(f"{best.student} {best.assignment}: {best.chosen} counts. Attempts: {scores}")
    return any(best.needs_human for best in found)


def _pool(console: Console, course: Course, jobs: int | None, cluster: str | None) -> OpenExecutor:
    """What opens the graders: of this machine, or of a cluster."""
    from autograder.executors.local import local_pool
    from autograder.executors.machine import graders, lack_of_memory, this_machine

    if cluster is not None:
        from autograder.executors.cluster import cluster_pool

        return partial(cluster_pool, cluster, course)
    machine = this_machine()
    if not console.quiet and (lack := lack_of_memory(machine, course.limits.memory_mib)):
        console.say(f"Warning: {lack}.")
    return partial(local_pool, jobs or graders(machine, course.limits.memory_mib), course)


def _compare(console: Console, course: Course, wanted: list[Path], pool: OpenExecutor, *, force: bool) -> int:
    """`--compare`: grade beside the results, and show what would change."""
    from autograder.cli.tables import comparison as table
    from autograder.runs.compare import compare

    with console.progress() as on_progress:
        found = compare(course, wanted, pool, clock=_clock, force=force, on_progress=on_progress)
    if console.as_json:
        click.echo(table.to_json_document(found), nl=False)
    else:
        table.show_comparison(console, found)
    return 5 if any(difference.after.needs_human for difference in found.differences) else 0


def _accept(console: Console, course: Course, wanted: list[Path], gradebook: Path | None) -> int:
    """`--accept`: write what was compared, and show it as a run."""
    from autograder.runs.compare import accept

    ran, left = accept(course, wanted, clock=_clock, gradebook=gradebook)
    code = _show(console, course, ran, course.root)
    if left:
        console.say(f"{left} stay as they were: they changed after the comparison, or could not be judged in it.")
    return code


def _show(console: Console, course: Course, ran: Ran, root: Path) -> int:
    """Print what a run came to; its exit code."""
    from autograder.cli.tables.scores import show_run, to_json_document

    if console.as_json:
        click.echo(to_json_document(ran, root), nl=False)
    else:
        show_run(console, course, ran, root)
    if not console.quiet and any(graded.layers and "bubblewrap" not in graded.layers for graded in ran.fresh):
        console.say(
            "Graded in the landlock tier, as course.yml allows: this machine refuses namespaces (`grade doctor` says "
            "why). docs/security.md says what that gives up."
        )
    if ran.waited > _BUSY and not console.quiet:
        console.say(
            f"The machine was busy: grading waited {ran.waited:.0%} of its time for a processor. That time counted "
            "against nobody."
        )
    return 5 if ran.need_human or ran.refused else 0


def _refuse_together(**flags: bool) -> None:
    given = [f"--{name.replace('_', '-')}" for name, value in flags.items() if value]
    if len(given) > 1:
        raise click.UsageError(f"{' and '.join(given)} exclude each other; give one of them")


def _clock() -> datetime:
    return datetime.now(UTC)
