"""Give the files of one attempt the names that grading looks for. Pure: names and bytes in, names and bytes out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from autograder.lms.intake.archive import Unreadable

CODE = (".py", ".ipynb")
# What browsers and LMSs add to a name that was there already: "noising-1.py", "noising (2).py", "noising - Copy.py".
_ADDED = re.compile(r"(?P<stem>.+?)(?:-\d{1,3}| ?\(\d{1,3}\)| ?-? ?[Cc]opy)+(?P<suffix>\.[A-Za-z]+)")


def is_code(name: str) -> bool:
    """Whether a file is a .py or .ipynb that is not hidden, whatever its case."""
    return PurePosixPath(name).suffix.lower() in CODE and not is_hidden(name)


def is_hidden(name: str) -> bool:
    """Whether grading passes a file over: its name, or a folder's above it, begins with a dot, or it is nbgrader's."""
    path = PurePosixPath(name)
    return path.name == "timestamp.txt" or any(part.startswith(".") for part in path.parts if part != "..")


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


def is_text(name: str, text: str) -> bool:
    """Whether a file is the text of that name (query.sql), in a folder or with what an LMS added (query-1.sql)."""
    said = _ADDED.fullmatch(PurePosixPath(name).name)
    plain = said["stem"] + said["suffix"] if said else PurePosixPath(name).name
    return text.casefold() in (plain.casefold(), PurePosixPath(name).name.casefold()) and not is_hidden(name)


def arrange(files: dict[str, bytes], slug: str, others: Iterable[str] = ()) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files of an attempt, with <slug>.py or .ipynb on top and its siblings beside it, and notes on what was moved.

    A folder around all code is taken off. One single file of code of another name is taken for the one that is asked
    for; of several nobody knows which, so they stay as they are and grading tells the student. others: slugs of other
    assignments; Unreadable if only a file of one of these is there.
    """
    notes: list[str] = []
    shared = _shared_folder([name for name in files if is_code(name)])
    named: dict[str, bytes] = {}
    for name in sorted(files):
        path = PurePosixPath(name)
        short = str(path.relative_to(shared)) if path.is_relative_to(shared) else name
        target = original_name(short, slug) if is_code(name) else short
        if target != short and (target in named or any(_under(shared, target) == other for other in files)):
            target = short  # both were handed in: neither is renamed over the other
        named[target if target not in named else name] = files[name]
    code = [name for name in named if is_code(name)]
    wanted = [name for name in code if PurePosixPath(name).name in (f"{slug}.py", f"{slug}.ipynb")]
    if not wanted:
        stems = {PurePosixPath(original_name(name, slug)).stem.casefold(): name for name in code}
        if other := next((stems[each.casefold()] for each in others if each.casefold() in stems), None):
            raise Unreadable(f"{other} has the name of another assignment of this course, and nothing is called {slug}")
    if not wanted and len(code) == 1:
        (only,) = code
        target = slug + PurePosixPath(only).suffix.lower()
        notes.append(f"{only} was taken for {target}")
        named[target] = named.pop(only)
        return named, tuple(notes)
    if len(wanted) == 1 and "/" in wanted[0]:
        folder = PurePosixPath(wanted[0]).parent
        for name in [name for name in named if PurePosixPath(name).is_relative_to(folder)]:
            beside = str(PurePosixPath(name).relative_to(folder))
            if beside not in named:
                named[beside] = named.pop(name)
        notes.append(f"{PurePosixPath(wanted[0]).name} lay in {folder}/")
    elif not any("/" not in name for name in wanted):
        notes.append(f"none of {', '.join(code[:5])} is called {slug}.py or {slug}.ipynb")
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
