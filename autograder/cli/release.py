"""`grade release [SLUG...]`: the instructor's and the students' notebooks, and the bundle that students download."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("release", short_help="build notebooks and the students' bundle")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--bundle", type=click.Path(path_type=Path), metavar="DIR", help="Write the students' zip into DIR.")
@click.option("--course", "here", default=".", type=click.Path(path_type=Path), help="A path in the course.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def release_command(slugs: tuple[str, ...], bundle: Path | None, here: Path, as_json: bool) -> int:
    """Build the notebooks of each SLUG, or of the whole course.

    From the starter (release/<slug>.py) and the reference: source/<slug>.ipynb with the solutions, and
    release/<slug>.ipynb, which is what `nbgrader generate_assignment` makes of it. Neither holds a hidden check.

    \b
    grade release                          every assignment
    grade release noising --bundle out/    one, and a zip of it alone for students

    Exit codes: 0 written; 2 wrong usage; 3 the course is wrong: starter, reference and suite do not fit together.
    """
    from importlib.util import find_spec

    from autograder.cli.export import check_slugs
    from autograder.course.course_yml import find_course, load_course, suite_file
    from autograder.errors import UsageError
    from autograder.release.build import build, has_notebook
    from autograder.release.bundle import write_bundle

    for needed in ("jupytext", "nbgrader", *(["flit_core"] if bundle else [])):
        if not find_spec(needed):
            raise UsageError(f"{needed} is not installed; pip install 'diffusion-autograder[course]'")
    course = load_course(find_course(here))
    check_slugs(course, slugs)
    wanted = [assignment for assignment in course.assignments if not slugs or assignment.slug in slugs]
    coded = [assignment for assignment in wanted if has_notebook(course, assignment)]
    made = [build(course, assignment, suite_file(course.root, assignment.slug)) for assignment in coded]
    archive = write_bundle(course, [one.slug for one in wanted], bundle, part=bool(slugs)) if bundle else None
    if as_json:
        released = [
            {
                "slug": one.slug,
                "source": str(one.source),
                "release": str(one.release),
                "starter": str(one.starter),
                "groups": [{"name": group.name, "points": group.points} for group in one.groups],
            }
            for one in made
        ]
        click.echo(
            json.dumps({"schema": 1, "released": released, "bundle": str(archive) if archive else None}, indent=2)
        )
        return 0
    for one in made:
        click.echo(
            f"{one.slug}: {len(one.groups)} grade cells, {sum(g.points for g in one.groups):g} points: {one.release}"
        )
    for texts in [assignment for assignment in wanted if assignment not in coded]:
        click.echo(f"{texts.slug}: {', '.join(texts.files)}, and no code, so no notebook")
    if archive:
        click.echo(f"for students: {archive}")
    return 0
