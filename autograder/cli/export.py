"""`grade export --to LMS`: the scores as the file that this LMS imports, or what that file would change there."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder.lms.registry import FORMATS

if TYPE_CHECKING:
    from collections.abc import Collection

    from autograder.lms.export.layout import Options, Page
    from autograder.lms.export.scores import Marks, Verdict
    from autograder.lms.export.sheet import Sheet
    from autograder.lms.formats import Preview
    from autograder.records import Course
    from autograder.runs.book import Book

_PATH: Any = click.Path(path_type=Path)


@click.command("export", short_help="write the scores as a file that an LMS imports")
@click.option(
    "--to", required=True, metavar="FORMAT", type=click.Choice(tuple(FORMATS)), help=f"One of {', '.join(FORMATS)}."
)
@click.option("--output", type=_PATH, help="The file to write; default: standard output.")
@click.option("--assignment", "slugs", multiple=True, help="Only this assignment; may be given several times.")
@click.option(
    "--as",
    "unit",
    default="points",
    type=click.Choice(("points", "percent", "total")),
    help="Points of each assignment, percent of it, or one column with the weighted total in percent.",
)
@click.option("--since", help="Only students graded since a date, or whose scores differ from an earlier FILE.")
@click.option(
    "--against",
    type=_PATH,
    help="The file that the LMS exported: columns and people are found in it, what we have no score for stays as it "
    "is there, and without --output only a preview of what would change is printed.",
)
@click.option("--decimal", default="point", type=click.Choice(("point", "comma")), help="As the LMS's language has it.")
@click.option(
    "--comments",
    default="append",
    type=click.Choice(("append", "keep", "replace")),
    help="Where a teacher has commented in the LMS: put ours behind, leave that comment as it is, or replace it.",
)
@click.option("--scale", default="", help='Words for points, where the LMS grades by a scale: "Fail<50<=Pass".')
@click.option("--no-gradebook", is_flag=True, help="Leave out what was graded by hand in gradebook.db.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout, not the file.")
@click.option("--course", "here", default=".", type=_PATH, help="A path in the course; default: here.")
@click.option("--results", type=_PATH, help="Where results lie, if they were graded with --out.")
def export_command(
    to: str,
    output: Path | None,
    slugs: tuple[str, ...],
    unit: str,
    since: str | None,
    against: Path | None,
    decimal: str,
    comments: str,
    scale: str,
    no_gradebook: bool,
    as_json: bool,
    here: Path,
    results: Path | None,
) -> int:
    """Write the scores as the file that an LMS imports.

    \b
    grade export --to canvas --against old.csv                   what would change
    grade export --to canvas --against old.csv --output new.csv  the file to import
    grade export --to moodle-worksheet --assignment noising --against sheet.csv

    Students without a score are left out, since an empty cell erases the grade in many LMSs; a missing score is never
    0. A score given by hand in nbgrader's gradebook goes before the grader's own.

    Exit codes: 0 written; 2 wrong usage, or the LMS needs what is not there; 3 the course is wrong; 5 written, but
    some submissions are not graded yet.
    """
    from dataclasses import replace

    from autograder.course.course_yml import find_course, load_course
    from autograder.errors import UsageError
    from autograder.lms import formats
    from autograder.lms.export.layout import Options
    from autograder.lms.export.scores import tabulate
    from autograder.results.result_json import write_atomically
    from autograder.runs.book import open_book

    course = load_course(find_course(here))
    check_slugs(course, slugs)
    book = open_book(course, results, by_hand=not no_gradebook)
    verdicts, notes = load_verdicts(book, slugs)
    theirs = read_sheet_file(against, to) if against else None
    people = formats.blind_students(to, theirs) or course.roster
    marks = tabulate(replace(course, roster=people), verdicts, unit=unit, slugs=slugs)  # type: ignore[arg-type]
    options = Options(decimal="," if decimal == "comma" else ".", comments=comments, scale=scale)
    if since:
        marks = marks.only(_changed(course, to, marks, verdicts, since, options))
    pages = read_pages(course, results or course.root, marks) if FORMATS[to].pages else None
    if FORMATS[to].suffix == "zip" and output is None and not as_json and theirs is None:
        raise UsageError(f"--to {to} is a zip; name the file to write with --output")
    made = formats.make(to, marks, against=theirs, options=options, pages=pages)
    notes = [*formats.notes(to, marks), *notes]
    if output:
        write_atomically(output, made.data)
    seen = made.preview
    if as_json:
        click.echo(_document(to, unit, output, marks, seen, notes), nl=False)
    elif seen is not None:
        _show(seen, err=output is not None, pages=None if pages is None else len(made.students))
    elif output is None:
        click.echo(made.data, nl=False)
    for note in notes:
        click.secho(f"note: {note}", fg="yellow", err=True)
    if output:
        what = "pages" if pages is not None else f"students, {len(marks.columns)} columns"
        click.echo(f"{len(made.students)} {what} for {to}: {output}", err=True)
    return 5 if any(mark.state == "ungraded" for mark in marks.cells.values()) else 0


def check_slugs(course: Course, slugs: Collection[str]) -> None:
    """UsageError, with the nearest, for an assignment that the course does not have."""
    from difflib import get_close_matches

    from autograder.errors import UsageError

    known = [assignment.slug for assignment in course.assignments]
    for slug in slugs:
        if slug not in known:
            near = get_close_matches(slug, known, n=1)
            advice = f"did you mean {near[0]!r}?" if near else f"it lists {', '.join(known)}"
            raise UsageError(f"--assignment {slug}: course.yml lists no such assignment; {advice}")


def load_verdicts(book: Book, slugs: Collection[str]) -> tuple[list[Verdict], list[str]]:
    """Every mark of these assignments (all, if none is named), and what a person must know of them."""
    from autograder.lms.export.scores import verdicts_of
    from autograder.marks import FORMGRADER
    from autograder.runs.book import Tally, counted, doubts

    tally = Tally()
    verdicts = verdicts_of(book.course, counted(book, slugs, tally))
    notes = [*doubts(book, tally, slugs)]
    if by_hand := tally.given[FORMGRADER]:
        notes.append(f"{by_hand} scores are by hand, from gradebook.db")
    return verdicts, notes


def read_pages(course: Course, root: Path, marks: Marks) -> dict[str, Page]:
    """Each student's page for the one assignment of the table, as grading wrote it."""
    import hmac

    from autograder.lms.export.layout import Page
    from autograder.pages.student_page import page_file

    pages = {}
    for column in marks.columns[:1]:
        for student in marks.students:
            file = page_file(root, column.slug, student.id)
            if file.is_file():
                said = f"page {column.slug} {student.id}".encode()
                token = hmac.new(course.secret.encode(), said, "sha256").hexdigest()[:32]
                pages[student.id] = Page(data=file.read_bytes(), token=token)
    return pages


def read_sheet_file(file: Path, to: str) -> Sheet:
    """The LMS's file. UsageError if it is not there or no sheet."""
    from autograder.errors import UsageError
    from autograder.lms.export.sheet import read_sheet

    try:
        return read_sheet(file.read_bytes(), str(file), begins=FORMATS[to].begins)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}; name the file that the LMS exported") from None


def _changed(course: Course, to: str, marks: Marks, verdicts: list[Verdict], since: str, options: Options) -> set[str]:
    """Students graded after the date, or for whom the file has other scores, or no line though they have a score."""
    from zoneinfo import ZoneInfo

    from autograder.errors import UsageError
    from autograder.lms.formats import preview

    if Path(since).is_file():
        seen = preview(to, marks, read_sheet_file(Path(since), to), options=options)
        if seen.created:
            return {student.id for student in marks.students}
        scored = {student for (student, _), mark in marks.cells.items() if mark.state in ("scored", "excused")}
        return {change.student for change in (*seen.changes, *seen.comments)} | (set(seen.absent) & scored)
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise UsageError(f"--since {since}: is neither a file nor a date such as 2026-10-12T18:00") from None
    after = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(course.timezone))
    return {verdict.student for verdict in verdicts if verdict.graded_at is None or verdict.graded_at >= after}


def _show(seen: Preview, *, err: bool, pages: int | None) -> None:
    def say(line: str) -> None:
        click.echo("".join(c if c.isprintable() else " " for c in line), err=err)

    for change in seen.changes:
        say(f"{change.student} {change.assignment}: {change.before or '(empty)'} -> {change.after or '(empty)'}")
    for change in seen.comments:
        say(f"{change.student} {change.assignment}, comment: {change.before or '(empty)'} -> {change.after}")
    for title in seen.created:
        say(f"not in the LMS's file, its import would make it: the column {title!r}")
    for what, who in (
        ("kept as a teacher set them in the LMS", seen.kept),
        ("locked in the LMS (or overridden in its gradebook), so its import would not change them", seen.locked),
        ("not in the LMS's file, so left out", seen.absent),
        ("in the LMS's file, but not on roster.csv", seen.strangers),
    ):
        if who:
            say(f"{what}: {', '.join(who)}")
    if pages is not None:
        say(f"{pages} pages would be attached")
        return
    comments = f" and {len(seen.comments)} comments" if seen.comments else ""
    say(f"{len(seen.changes)} cells{comments} would change, {seen.unchanged} stay")


def _document(to: str, unit: str, output: Path | None, marks: Marks, seen: Preview | None, notes: list[str]) -> str:
    from dataclasses import asdict

    from autograder.results.result_json import to_json

    return to_json(
        {
            "schema": 1,
            "to": to,
            "as": unit,
            "output": str(output) if output else None,
            "columns": [asdict(column) for column in marks.columns],
            "students": [
                {
                    "student": student.id,
                    "marks": {
                        column.slug: {"state": str(mark.state), "score": mark.score}
                        for column in marks.columns
                        for mark in [marks.mark(student, column)]
                    },
                }
                for student in marks.students
            ],
            "preview": asdict(seen) if seen else None,
            "notes": notes,
        }
    )
