"""`grade lesson`: open the lesson as web pages. In a course they are built if need be."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("lesson", short_help="open the lesson as web pages")
@click.argument("chapter", required=False, metavar="[CHAPTER]")
@click.option("--build", is_flag=True, help="Build the pages anew, in a course. Takes a minute or two.")
@click.option("--no-open", "quiet", is_flag=True, help="Print where the page is, and do not open a browser.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document with the page, and open no browser.")
@click.option(
    "--course", "here", default=".", type=click.Path(path_type=Path), help="A path in the course or download."
)
def lesson_command(chapter: str | None, build: bool, quiet: bool, as_json: bool, here: Path) -> int:
    """Open the lesson in a browser, at CHAPTER if one is named. No network is needed.

    In the students' download the pages lie in lesson/site. In a course they are built once, into docs/lesson/_build,
    which needs the extra `lesson`: pip install 'diffusion-autograder[lesson]'.

    \b
    grade lesson                           the contents
    grade lesson guidance                  one chapter

    Exit codes: 0 opened; 2 wrong usage: no lesson here, no such chapter, or the pages are not built and cannot be.
    """
    site = _site(here.resolve(), build)
    pages = {page.stem: page for page in sorted((site / "lesson").glob("*.html")) if page.stem != "README"}
    if chapter and chapter not in pages:
        from difflib import get_close_matches

        from autograder.errors import UsageError

        near = get_close_matches(chapter, pages, n=1, cutoff=0.4)
        raise UsageError(
            f"{chapter}: no such chapter; {f'did you mean {near[0]!r}? ' if near else ''}They are {', '.join(pages)}"
        )
    page = pages[chapter] if chapter else site / "index.html"
    click.echo(json.dumps({"schema": 1, "page": str(page)}, indent=2) if as_json else page)
    if not (quiet or as_json):
        click.launch(page.as_uri())
    return 0


def _site(here: Path, build: bool) -> Path:
    """The folder of the built pages. UsageError says what to do where there is none."""
    import subprocess
    import sys
    from importlib.util import find_spec

    from autograder.errors import UsageError

    home, built = Path("docs/lesson"), Path("docs/lesson/_build/site")

    folders = [here, *here.parents]
    root = next((folder for folder in folders if (folder / home / "build.py").is_file()), None)
    if not build:
        for folder in folders:
            for site in (folder / "lesson" / "site", folder / built):
                if (site / "index.html").is_file():
                    return site
    if root is None:
        raise UsageError(f"{here}: no lesson here; it is in the folder `lesson` of the students' download")
    if not find_spec("sphinx"):
        raise UsageError(
            f"the pages are not built yet, and sphinx is not installed; pip install 'diffusion-autograder[lesson]', "
            f"or read {root / home / 'README.md'}"
        )
    click.echo("Building the pages: the notebooks are run, which takes a minute or two", err=True)
    if subprocess.run([sys.executable, str(root / home / "build.py"), "site"], check=False).returncode:  # noqa: S603
        raise UsageError(f"the pages could not be built; see above, or read {root / home / 'README.md'}")
    return root / built
