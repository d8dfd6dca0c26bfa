"""Give the files of one attempt the names that grading looks for. Pure: names and bytes in, names and bytes out."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

CODE = (".py", ".ipynb")
# What browsers and LMSs add to a name that was there already: "noising-1.py", "noising (2).py", "noising - Copy.py".
_ADDED = re.compile(r"(?P<stem>.+?)(?:-\d{1,3}| ?\(\d{1,3}\)| ?-? ?[Cc]opy)+(?P<suffix>\.[A-Za-z]+)")


def is_code(name: str) -> bool:
    """Whether a file is kept at all: a .py or .ipynb that is not hidden, whatever its case."""
    path = PurePosixPath(name)
    return path.suffix.lower() in CODE and not any(part.startswith(".") for part in path.parts if part != "..")


def original_name(name: str, slug: str) -> str:
    """The name without what an LMS added, where what is left is the slug or something that Python can import."""
    path = PurePosixPath(name)
    said = _ADDED.fullmatch(path.name)
    stem, suffix = (said["stem"], said["suffix"]) if said else (path.stem, path.suffix)
    if stem.casefold() == slug.casefold():
        stem = slug
    elif not stem.isidentifier():
        return str(path)
    return str(path.with_name(stem + suffix.lower()))


def arrange(files: dict[str, bytes], slug: str) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The code of an attempt, with <slug>.py or .ipynb on top and its siblings beside it, and notes on what was moved.

    A folder around everything is taken off. One single file of another name is taken for the one that is asked for;
    of several nobody knows which, so they stay as they are and grading tells the student.
    """
    notes: list[str] = []
    shared = _shared_folder(list(files))
    named: dict[str, bytes] = {}
    for name in sorted(files):
        short = str(PurePosixPath(name).relative_to(shared))
        target = original_name(short, slug)
        if target != short and (target in named or any(_under(shared, target) == other for other in files)):
            target = short  # both were handed in: neither is renamed over the other
        named[target] = files[name]
    wanted = [name for name in named if PurePosixPath(name).name in (f"{slug}.py", f"{slug}.ipynb")]
    if not wanted and len(named) == 1:
        (only,) = named
        target = slug + PurePosixPath(only).suffix.lower()
        notes.append(f"{only} was taken for {target}")
        return {target: named[only]}, tuple(notes)
    if len(wanted) == 1 and "/" in wanted[0]:
        target = PurePosixPath(wanted[0]).name
        named[target] = named.pop(wanted[0])
        notes.append(f"{target} lay in {PurePosixPath(wanted[0]).parent}/")
    elif not any("/" not in name for name in wanted):
        notes.append(f"none of {', '.join(list(named)[:5])} is called {slug}.py or {slug}.ipynb")
    return named, tuple(notes)


def _under(shared: PurePosixPath, name: str) -> str:
    return str(shared / name)


def _shared_folder(names: list[str]) -> PurePosixPath:
    parents = [PurePosixPath(name).parent.parts for name in names]
    shared: list[str] = []
    for level in zip(*parents, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return PurePosixPath(*shared)
