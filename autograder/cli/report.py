"""`grade report`: rebuild the pages from results. Runs no student code."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("report", short_help="rebuild feedback pages and the class dashboard from results")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Read results and write pages under this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def report_command(path: Path, out: Path | None, as_json: bool) -> int:
    """Rebuild all pages from the results of the course that PATH lies in.

    Those are each student's page for each assignment, each student's way through the course, and the class dashboard.

    \b
    grade report
    grade report assignments/ --out /tmp/tryout
    """
    from autograder.course.course_yml import find_course, load_course
    from autograder.pages.dashboard import write_dashboard
    from autograder.pages.progress import write_progress_pages
    from autograder.pages.student_page import write_student_page
    from autograder.results.result_json import load_results

    root = find_course(path)
    course = load_course(root)
    results = load_results(course, out or root)
    for graded in results:
        write_student_page(course, graded, out or root)
    ways = write_progress_pages(course, results, out or root, [graded.student for graded in results])
    page = write_dashboard(course, results, out or root)
    if as_json:
        click.echo(json.dumps({"schema": 1, "pages": len(results), "students": len(ways), "dashboard": str(page)}))
    else:
        click.echo(f"{len(results)} pages for {len(ways)} students; the class: {page}")
    return 0
