"""`grade init DIR`: a new course of this shape, which can be graded at once."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import click

# new_course.LIKE, which is not imported for a page of help
_SAMPLES = ("basics", "data", "ml", "numerics")


@click.command("init", short_help="make a new course")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--empty", is_flag=True, help="Only what a course needs: no sample class, wrong ideas or roster.")
@click.option("--like", type=click.Choice(_SAMPLES), help="Copy this sample course, with its assignment.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def init_command(folder: Path, empty: bool, like: str | None, as_json: bool) -> int:
    """Write a new course into DIR, which must be empty or absent: one small assignment, with a sample class.

    Its course.yml holds a fresh secret. Replace the assignment file by file with your own. Sample courses: basics
    (classes, generators, files), data (pandas, SQL, plots; needs pandas), ml (PyTorch), numerics (functions, dtypes).

    \b
    grade init my-course
    grade my-course/assignments
    grade init my-course --like basics

    Exit codes: 0 written; 1 it could not be written; 2 DIR holds something.
    """
    from autograder.course.new_course import SLUG, make_course

    slug = like or SLUG
    files = make_course(folder, secret=secrets.token_urlsafe(32), empty=empty, like=like)
    if as_json:
        names = [file.relative_to(folder).as_posix() for file in files]
        click.echo(json.dumps({"schema": 1, "course": str(folder), "assignments": [slug], "files": names}, indent=2))
        return 0
    click.echo(f"A course of one assignment, {slug}, lies in {folder}. What to do next:")
    if empty:
        click.echo(f"  put each student's {slug}.py or .ipynb into {folder}/assignments/{slug}/submitted/<student>/")
    click.echo(f"  grade {folder}/assignments")
    if not empty:
        click.echo(f"  grade validate --course {folder}")
    click.echo("  write your own in its place: README.md, release/, reference/ and tests/suites/ of the assignment")
    return 0
