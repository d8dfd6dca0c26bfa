"""`grade collect ARCHIVE`: an LMS's download into submitted/, each student's newest attempt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.lms.registry import DOWNLOADS

if TYPE_CHECKING:
    from autograder.lms.intake.collect import Collection


@click.command("collect", short_help="take an LMS's download of submissions into the course")
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--assignment", "slug", required=True, help="The assignment that was handed in.")
@click.option(
    "--from",
    "source",
    type=click.Choice(list(DOWNLOADS)),
    help="Who made the archive; without it the names in the archive tell, and the answer is printed.",
)
@click.option(
    "--times",
    type=click.Path(path_type=Path),
    help="When each came in, where the archive does not say (Canvas, Moodle): Moodle's grading worksheet, or a CSV "
    "with the columns student and received_at.",
)
@click.option("--blind", is_flag=True, help="The LMS hid the names: take each under the number that it knows (Moodle).")
@click.option("--replace", is_flag=True, help="Take this archive's files also where other, no older ones are there.")
@click.option("--dry-run", is_flag=True, help="Say what would be taken; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
@click.option("--course", default=".", type=click.Path(path_type=Path), help="A path in the course; default: here.")
def collect_command(
    archive: Path,
    slug: str,
    source: str | None,
    times: Path | None,
    blind: bool,
    replace: bool,
    dry_run: bool,
    as_json: bool,
    course: Path,
) -> int:
    """Take the submissions in ARCHIVE, a zip as the LMS makes it, into assignments/SLUG/submitted/<student>/.

    Whoever is on roster.csv is found by number, login, e-mail or name, and a team's members by its name. The attempt
    that counts is taken, and its time noted in assignments/SLUG/received.json; others are kept in
    assignments/SLUG/attempts. What cannot be matched is listed with the nearest names.

    \b
    grade collect submissions.zip --assignment noising --dry-run
    grade collect submissions.zip --assignment noising --from moodle --times worksheet.csv

    Exit codes: 0 all taken; 2 wrong usage, or no such archive; 3 the course is wrong; 5 something was left for a
    human: an unknown name, an unsafe file, or other files in a student's folder.
    """
    from contextlib import nullcontext
    from datetime import UTC, datetime
    from difflib import get_close_matches
    from zoneinfo import ZoneInfo

    from autograder.course.course_yml import find_course, load_course
    from autograder.errors import UsageError
    from autograder.lms.guess import guess, guessed
    from autograder.lms.intake.collect import collect
    from autograder.runs.lock import one_run

    loaded = load_course(find_course(course))
    slugs = [assignment.slug for assignment in loaded.assignments]
    if slug not in slugs:
        near = get_close_matches(slug, slugs, n=1)
        advice = f"did you mean {near[0]!r}?" if near else f"it lists {', '.join(slugs)}"
        raise UsageError(f"--assignment {slug}: course.yml lists no such assignment; {advice}")
    zone = ZoneInfo(loaded.timezone)
    chosen = DOWNLOADS[source] if source else guessed(archive, slug, zone).download
    if not source:
        click.echo(
            f"taken for a download of {chosen.name}; --from {chosen.word} says so, another --from another", err=True
        )
    with nullcontext() if dry_run else one_run(loaded.root, datetime.now(UTC)):
        done = collect(loaded, slug, archive, chosen, times=times, replace_others=replace, dry_run=dry_run, blind=blind)
    if as_json:
        click.echo(_document(done, slug, archive, chosen.word, dry_run=dry_run), nl=False)
    else:
        _show(done, slug, dry_run=dry_run)
    other = guess(archive, slug, zone) if source and done.left and not done.collected else None
    if other and other.download.word != source and not other.download.vague:
        advice = f"the archive looks like {other.download.name}'s: --from {other.download.word}"
        click.secho(advice, fg="yellow", err=True)
    return 5 if done.need_human else 0


def _document(done: Collection, slug: str, archive: Path, source: str, *, dry_run: bool) -> str:
    from collections import Counter

    from autograder.results.result_json import to_json

    counts = Counter(str(each.status) for each in done.collected)
    return to_json(
        {
            "schema": 1,
            "assignment": slug,
            "archive": str(archive),
            "from": source,
            "dry_run": dry_run,
            "collected": [
                {
                    "student": each.student,
                    "status": str(each.status),
                    "files": list(each.files),
                    "received_at": each.received_at.isoformat() if each.received_at else None,
                    "late": each.late,
                    "reason": each.reason,
                    "notes": list(each.notes),
                }
                for each in done.collected
            ],
            "left": [
                {"who": e.who, "entries": list(e.entries), "reason": e.reason, "nearest": list(e.nearest)}
                for e in done.left
            ],
            "summary": dict(sorted(counts.items())) | {"left": len(done.left)},
        }
    )


def _show(done: Collection, slug: str, *, dry_run: bool) -> None:
    for each in done.collected:
        when = f", {each.received_at:%Y-%m-%d %H:%M}" if each.received_at else ""
        why = "; ".join(filter(None, [each.reason, *each.notes]))
        click.echo(_safe(f"{each.student}: {each.status}{when}{f' ({why})' if why else ''}"))
    for left in done.left:
        who = left.who or left.entries[0]
        more = f" [{', '.join(left.entries[:3])}{', ...' if len(left.entries) > 3 else ''}]" if left.who else ""
        near = f". Nearest on the roster: {', '.join(left.nearest)}" if left.nearest else ""
        click.secho(_safe(f"not taken: {who}: {left.reason}{more}{near}"), fg="yellow")
    taken = sum(each.status in ("new", "replaced") for each in done.collected)
    same = len(done.collected) - taken
    verb = "would be taken" if dry_run else "taken"
    where = f"assignments/{slug}/submitted/"
    click.echo(f"{taken} {verb}, {same} stay as they are, {len(done.left)} not taken. Submissions: {where}")


def _safe(text: str) -> str:
    """Names come from students: nothing in them moves the cursor."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
