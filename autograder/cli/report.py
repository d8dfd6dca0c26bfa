"""`grade report`: rebuild the pages from results. Runs no student code."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("report", short_help="rebuild feedback pages and the class dashboard from results")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Read results and write pages under this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--no-gradebook", is_flag=True, help="Leave out what was graded by hand in gradebook.db.")
def report_command(path: Path, out: Path | None, as_json: bool, no_gradebook: bool) -> int:
    """Rebuild all pages from the results of the course that PATH lies in.

    Those are each student's page for each assignment, each student's way through the course, and the class dashboard.

    \b
    grade report
    grade report assignments/ --out /tmp/tryout
    """
    from autograder.course.course_yml import find_course, load_course
    from autograder.pages.dashboard import dashboard_file
    from autograder.runs.book import open_book, strangers, withdrawn
    from autograder.runs.run import write_class_pages

    course = load_course(find_course(path))
    book = open_book(course, out, by_hand=not no_gradebook)
    pages, ways = write_class_pages(book, None, own_pages=True)
    page = dashboard_file(book.root)
    gone, unknown = withdrawn(book), sorted(strangers(book))
    if as_json:
        click.echo(json.dumps({"schema": 1, "pages": pages, "students": ways, "dashboard": str(page)}))
    else:
        click.echo(f"{pages} pages for {ways} students; the class: {page}")
    if gone:
        names = ", ".join(f"{slug}/{student}" for student, slug in gone[:10])
        click.secho(f"note: {len(gone)} results without a submission have no page: {names}", fg="yellow", err=True)
    if unknown:
        click.secho(
            f"note: not on the roster, and on no page of the class: {', '.join(unknown)}", fg="yellow", err=True
        )
    return 0
