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
@click.option("--no-gradebook", is_flag=True, help="Leave out what was graded by hand in gradebook.db.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status_command(path: Path | None, student: str | None, out: Path | None, no_gradebook: bool, as_json: bool) -> int:
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
    from autograder.results.result_json import to_json
    from autograder.runs.book import CUT_OFF, marks, open_book, withdrawn
    from autograder.runs.lock import was_cut_off
    from autograder.runs.standings import standings
    from autograder.submissions.find import odd_folders

    root = find_course(path or Path())
    course = load_course(root)
    book = open_book(course, out, by_hand=not no_gradebook)
    found = standings(book, path or root, now=datetime.now(UTC))
    gone = withdrawn(book)
    if student is None:
        refused = odd_folders(course, [path or root])
        if as_json:
            click.echo(to_json(status_tables.class_document(found, gone, refused)), nl=False)
        else:
            status_tables.show_class(course, found, gone, refused)
            if was_cut_off(book.root):
                click.secho(f"{CUT_OFF}; `grade assignments/` makes it good", fg="yellow")
        return 0
    known = {known.id for known in course.roster} | {s.student for s in found} | {student for student, _ in gone}
    if student not in known:
        near = get_close_matches(student, known, n=1)
        advice = f"did you mean {near[0]!r}?" if near else "`grade status` lists who there is"
        raise UsageError(f"nobody called {student!r} is on the roster or handed in anything; {advice}")
    view = progress_view(course, student, [mark for mark in marks(book, students=(student,))])
    mine = {standing.assignment: standing for standing in found if standing.student == student}
    if as_json:
        click.echo(to_json(status_tables.student_document(view, mine)), nl=False)
    else:
        status_tables.show_student(course, view, mine)
    return 0
