"""`grade status`: who handed in what and what became of it; or one student's way through the course. Runs nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

import click


@click.command("status", short_help="say who handed in what and what is graded")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--student", metavar="ID", help="One student's way through the course.")
@click.option("--out", type=click.Path(path_type=Path), help="Read results under this folder instead of the course.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status_command(path: Path | None, student: str | None, out: Path | None, as_json: bool) -> int:
    """Say who handed in what: graded, ungraded, changed since it was graded, late, missing. Nothing is run or written.

    PATH is the course, its assignments folder, one assignment or one submission; by default the course around you.

    \b
    grade status                            the class
    grade status assignments/noising        one assignment
    grade status --student s03              lessons completed, what is open, which ideas are missing
    """
    from autograder.cli.tables import status as status_tables
    from autograder.course.course_yml import find_course, load_course
    from autograder.errors import UsageError
    from autograder.pages.progress_view import progress_view
    from autograder.results.result_json import load_results, to_json
    from autograder.runs.standings import standings

    root = find_course(path or Path())
    course = load_course(root)
    results = load_results(course, out or root)
    found = standings(course, path or root, results, now=datetime.now(UTC), out=out)
    if student is None:
        if as_json:
            click.echo(to_json(status_tables.class_document(found)), nl=False)
        else:
            status_tables.show_class(course, found)
        return 0
    known = {known.id for known in course.roster} | {s.student for s in found} | {g.student for g in results}
    if student not in known:
        near = get_close_matches(student, known, n=1)
        advice = f"did you mean {near[0]!r}?" if near else "`grade status` lists who there is"
        raise UsageError(f"nobody called {student!r} is on the roster or handed in anything; {advice}")
    view = progress_view(course, student, results)
    mine = {standing.assignment: standing for standing in found if standing.student == student}
    if as_json:
        click.echo(to_json(status_tables.student_document(view, mine)), nl=False)
    else:
        status_tables.show_student(course, view, mine)
    return 0
