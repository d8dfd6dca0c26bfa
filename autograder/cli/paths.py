"""`grade PATH...`: grade every submission under the paths, with a bar on a terminal and plain lines elsewhere."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click


@click.command("paths", short_help="grade all submissions under each PATH")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--jobs", type=click.IntRange(min=1), help="How many graders run side by side; default: one per core.")
@click.option("--force", is_flag=True, help="Grade again what has not changed, too.")
@click.option("--dry-run", is_flag=True, help="Say what would run and why; run nothing.")
@click.option("--out", type=click.Path(path_type=Path), help="Write results under this folder instead of the course.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first submission that needs a human.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout; progress goes to stderr.")
@click.option("--no-gradebook", is_flag=True, help="Do not write scores into nbgrader's gradebook.db.")
@click.option("--verbose", is_flag=True, help="A line for each submission, and the reason why it ran.")
def paths_command(
    paths: tuple[Path, ...],
    jobs: int | None,
    force: bool,
    dry_run: bool,
    out: Path | None,
    fail_fast: bool,
    as_json: bool,
    no_gradebook: bool,
    verbose: bool,
) -> int:
    """Grade all submissions under each PATH: the assignments folder, one assignment, one student's folder, one file."""
    from autograder import pipeline
    from autograder.cli.tables import Console, show_plan, show_run, to_json_document
    from autograder.executors import local_pool
    from autograder.planning.course import find_course, load_course

    console = Console(as_json=as_json, verbose=verbose)
    root = find_course(paths[0])
    course = load_course(root)
    wanted = list(paths)
    if dry_run:
        found = pipeline.survey(course, wanted, out=out, force=force)
        show_plan(console, found)
        return 0
    graders = jobs or len(os.sched_getaffinity(0))
    pool = partial(local_pool, graders, course)
    try:
        with console.progress() as on_progress:
            ran = pipeline.run(
                course,
                wanted,
                pool,
                out=out,
                clock=lambda: datetime.now(UTC),
                force=force,
                fail_fast=fail_fast,
                on_progress=on_progress,
            )
    except KeyboardInterrupt:
        console.say(f"Stopped. {console.done} results of this run are kept; the same command goes on from there.")
        return 130
    if out is None and not no_gradebook:
        from autograder.output.gradebook import write_scores

        write_scores(course, ran.results, root / "gradebook.db")
    if as_json:
        click.echo(to_json_document(ran), nl=False)
    else:
        show_run(console, course, ran, out or root)
    return 5 if ran.need_human else 0
