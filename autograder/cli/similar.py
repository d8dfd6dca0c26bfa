"""`grade similar [SLUG...]`: pairs of submissions that are alike. Runs no student code, and parses none as Python."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from autograder.pages.similar import Comparison
    from autograder.records import Assignment, Course
    from autograder.submissions.similarity import Pair
    from autograder.submissions.tokens import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """One assignment. left_out: student to why; cut: those of whom only the beginning was read."""

    slug: str
    texts: dict[str, str]
    sources: dict[str, Tokens]
    given: set[int]
    pairs: tuple[Pair, ...]
    left_out: dict[str, str]
    cut: tuple[str, ...]


@click.command("similar", short_help="rank the pairs of submissions that are alike")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="How many pairs an assignment.")
@click.option("--html", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Pages side by side.")
@click.option("--course", "where", type=click.Path(path_type=Path), default=".", help="A path inside the course.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def similar_command(slugs: tuple[str, ...], top: int, html: Path | None, where: Path, as_json: bool) -> int:
    """Rank the pairs of submissions that are alike, in each SLUG or in the whole course.

    Starter and handout are left out; names, layout, comments, the order of functions, and whether it is a notebook
    do not count. Likeness is no proof: read both submissions, and ask.

    \b
    grade similar                              the most alike pairs of each assignment
    grade similar noising --top 30 --html out/ thirty pairs, and a page for each, side by side
    """
    from autograder.cli.export import check_slugs
    from autograder.course.course_yml import find_course, load_course
    from autograder.results.result_json import to_json

    course = load_course(find_course(where))
    check_slugs(course, slugs)
    wanted = [assignment for assignment in course.assignments if not slugs or assignment.slug in slugs]
    found = [_compare(course, assignment, top) for assignment in wanted]
    pages: tuple[Path, ...] = ()
    if html is not None:
        from autograder.pages.similar import write_similar_pages

        pages = write_similar_pages(course.title, [page for one in found for page in _pages(one)], html)
    if as_json:
        click.echo(to_json(_document(found, pages)), nl=False)
        return 0
    _show(found)
    if pages:
        click.echo(f"side by side: {pages[0]}")
    return 0


def _compare(course: Course, assignment: Assignment, top: int) -> _Compared:
    from autograder.errors import InfrastructureError
    from autograder.submissions.candidates import format_of
    from autograder.submissions.find import find_submissions, read_files
    from autograder.submissions.similarity import alike_pairs, given_marks
    from autograder.submissions.tokens import source_text, tokens

    texts: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for submission in find_submissions(course, [course.root / "assignments" / assignment.slug]):
        try:
            files = read_files(submission)
        except InfrastructureError as error:
            left_out[submission.student] = str(error)
            continue
        code = [name for name in sorted(files, key=lambda name: name != submission.main) if format_of(name)]
        if code:
            texts[submission.student] = "\n\n".join(source_text(name, files[name]) for name in code)
        else:
            left_out[submission.student] = submission.problem or submission.fault or "no code"
    for group, members in assignment.groups.items():
        first, *others = [student for student in members if student in texts] or [""]
        for student in others:
            if texts[student] == texts[first]:
                del texts[student]
                left_out[student] = f"handed in with {first}, group {group}"
    sources = {student: tokens(text) for student, text in texts.items()}
    given = given_marks(_given(course.root / "assignments" / assignment.slug, assignment.slug))
    return _Compared(
        slug=assignment.slug,
        texts=texts,
        sources=sources,
        given=given,
        pairs=alike_pairs(sources, given, top=top),
        left_out=left_out,
        cut=tuple(student for student, source in sources.items() if source.cut),
    )


def _given(folder: Path, slug: str) -> list[str]:
    """What every student was given, of the files that are there."""
    from autograder.submissions.similarity import code_of_handout
    from autograder.submissions.tokens import source_text

    starters = [folder / "release" / f"{slug}{suffix}" for suffix in (".py", ".ipynb")]
    texts = [source_text(file.name, file.read_bytes()) for file in starters if file.is_file()]
    handout = folder / "README.md"
    return [*texts, code_of_handout(handout.read_text("utf-8"))] if handout.is_file() else texts


def _pages(one: _Compared) -> list[Comparison]:
    from autograder.pages.similar import Comparison, Side
    from autograder.submissions.similarity import passages

    pages = []
    for pair in one.pairs:
        shared = passages(one.sources[pair.first], one.sources[pair.second], one.given)
        first, second = (tuple(passage.first for passage in shared), tuple(passage.second for passage in shared))
        pages.append(
            Comparison(
                assignment=one.slug,
                alike=100 * pair.alike,
                shared=pair.shared,
                first=Side(name=pair.first, text=one.texts[pair.first], marked=first),
                second=Side(name=pair.second, text=one.texts[pair.second], marked=second),
            )
        )
    return pages


def _document(found: list[_Compared], pages: tuple[Path, ...]) -> dict[str, Any]:
    files = iter(map(str, pages[1:]))  # the first is the index
    return {
        "schema": 1,
        "index": str(pages[0]) if pages else None,
        "assignments": [
            {
                "assignment": one.slug,
                "compared": len(one.sources),
                "pairs": [
                    asdict(pair) | {"alike": round(pair.alike, 4), "page": next(files, None)} for pair in one.pairs
                ],
                "left_out": one.left_out,
                "cut": list(one.cut),
            }
            for one in found
        ],
    }


def _show(found: list[_Compared]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = Console(highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("assignment", "alike", "shared", "who"):
        table.add_column(name, justify="right" if name in ("alike", "shared") else "left", overflow="fold")
    for one in found:
        for pair in one.pairs:
            who = Text(f"{pair.first}, {pair.second}")
            table.add_row(Text(one.slug), Text(f"{100 * pair.alike:.0f} %"), Text(str(pair.shared)), who)
    if table.row_count:
        out.print(table)
    else:
        out.print("No two submissions share anything of their own.")
    for one in found:
        for student, why in one.left_out.items():
            out.print(Text(f"not compared: {one.slug}/{student}: {why}", style="dim"))
        if one.cut:
            out.print(Text(f"only the beginning was read: {one.slug}: {', '.join(one.cut)}", style="dim"))
