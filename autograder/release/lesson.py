"""The lesson as students get it: the chapters, pictures and notebooks of docs/lesson, with links that fit the bundle.

A course without the folder docs/lesson has no lesson, and its bundle is as before.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from autograder.release.splice import PERCENT

HOME = Path("docs/lesson")
SITE = HOME / "_build" / "site"
_FORMAT = "# %% [markdown]"


def lesson_files(root: Path) -> dict[str, bytes]:
    """Path in the bundle to content, all below `lesson/`: the same bytes each time. Empty where there is no lesson.

    The notebooks' percent scripts become .ipynb files without outputs; the modules that they import stay as they are.
    The site is in it if it has been built.
    """
    home = root / HOME
    files = {f"lesson/{file.name}": in_bundle(file).encode() for file in sorted(home.glob("*.md"))}
    if not files:
        return {}
    others = [*home.glob("*.pdf"), *home.glob("pictures/*.svg"), *home.glob("pictures/*.png")]
    files |= {f"lesson/{file.relative_to(home).as_posix()}": file.read_bytes() for file in sorted(others)}
    for file in sorted(home.glob("notebooks/*.py")):
        source = file.read_text("utf-8")
        notebook = _FORMAT in source
        name = f"lesson/notebooks/{file.stem}.{'ipynb' if notebook else 'py'}"
        files[name] = (as_notebook(file.stem, source) if notebook else source).encode()
    site = root / SITE
    built = sorted(file for file in site.rglob("*") if file.is_file())
    return files | {f"lesson/site/{file.relative_to(site).as_posix()}": file.read_bytes() for file in built}


def lesson_scripts(root: Path) -> list[Path]:
    """The notebooks' sources and the modules beside them, whose imports students need."""
    return sorted((root / HOME).glob("notebooks/*.py"))


def in_bundle(page: Path) -> str:
    """The text of a chapter or a handout, with its links as they lead in the bundle."""
    text = page.read_text("utf-8")
    text = re.sub(r"\]\(\.\./\.\./assignments/", "](../", text)
    text = re.sub(r"\]\(\.\./\.\./docs/lesson/", "](../lesson/", text)
    return re.sub(r"(\]\((?:\.\./lesson/)?notebooks/\w+)\.py\)", r"\1.ipynb)", text)


def as_notebook(name: str, source: str) -> str:
    """A percent script as the text of a notebook. The cells' ids are their places, since jupytext's are random."""
    import jupytext  # type: ignore[import-untyped]
    import nbformat

    notebook: Any = jupytext.reads(source, fmt=PERCENT)
    notebook.metadata.pop("jupytext", None)
    for place, cell in enumerate(notebook.cells):
        cell["id"] = f"{name}-{place:02d}"[-64:]
    text: str = nbformat.writes(notebook, version=4)  # type: ignore[no-untyped-call]
    return text + "\n"
