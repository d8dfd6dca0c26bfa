"""Look into one student's folder without following, waiting on, or reading more than it should."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from autograder.records import MAX_DEPTH, MAX_FILES
from autograder.submissions.candidates import format_of
from autograder.submissions.slim import LARGEST, slim

IGNORED = frozenset({"__pycache__", "timestamp.txt"})  # timestamp.txt is nbgrader's, and anybody could have written it


class Refused(Exception):
    """A file that is not read, with the reason in the student's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """sizes: name in the folder to bytes, in name order, code first. refused: name to why it is not read.

    notes: what was left out that is not code, for the instructor.
    """

    sizes: dict[str, int]
    refused: dict[str, str]
    notes: tuple[str, ...]


def list_files(folder: Path, limit: int) -> Listing:
    """What may be read of the folder, at most limit bytes together. Refused if it is a link; OSError is ours.

    Outputs that are stored in a notebook do not count. Hidden names, __pycache__ and timestamp.txt are passed over.
    """
    if stat.S_ISLNK(folder.lstat().st_mode):
        raise Refused(f"{folder.name} is a symbolic link: hand in the files themselves")
    plain: dict[str, int] = {}
    refused: dict[str, str] = {}
    notes: list[str] = []
    _walk(folder, "", plain, refused, notes)
    sizes: dict[str, int] = {}
    room = limit
    for name in sorted(plain, key=lambda name: (not _is_code(name), name.count("/"), name)):
        counted = _counted(folder, name, plain[name], room) if len(sizes) < MAX_FILES else plain[name]
        if counted <= room and len(sizes) < MAX_FILES:
            sizes[name] = plain[name]
            room -= counted
        elif len(sizes) >= MAX_FILES:
            notes.append(f"more than {MAX_FILES} files: {name} and what follows is left out")
            break
        else:
            why = f"{name} is {plain[name] / 2**20:.1f} MiB, and a submission may have {limit / 2**20:g} MiB"
            if _is_code(name):
                refused[name] = f"{why}: hand in the code without data or output"
            notes.append(f"{why}: it is left out")
    return Listing(sizes=sizes, refused=refused, notes=tuple(notes))


def _is_code(name: str) -> bool:
    return format_of(name) is not None


def _counted(folder: Path, name: str, size: int, room: int) -> int:
    """How much a file takes of what a submission may have: of a notebook, what is not stored output."""
    if size <= room or not _is_code(name) or size > LARGEST:
        return size
    try:
        return len(slim(open_bytes(folder / name, size)))
    except OSError:
        return size  # read again, and told, where it is needed


def _walk(folder: Path, prefix: str, plain: dict[str, int], refused: dict[str, str], notes: list[str]) -> None:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith(".") or entry.name in IGNORED:
                continue
            name = prefix + entry.name
            if not name.isprintable():
                notes.append(f"{name!a} has unprintable characters in its name: it is left out")
                continue
            status = entry.stat(follow_symlinks=False)
            kind = _kind(status.st_mode)
            if kind is None:
                plain[name] = status.st_size
            elif kind == "a folder" and not _is_code(name):
                if prefix.count("/") + 1 < MAX_DEPTH:
                    _walk(folder / entry.name, name + "/", plain, refused, notes)
                else:
                    notes.append(f"{name} lies too deep: it is left out")
            elif _is_code(name):
                refused[name] = f"{name} is {kind}, not a file: hand in the file itself"
                notes.append(f"{name} is {kind}: it is left out")
            else:
                notes.append(f"{name} is {kind}: it is left out")


def _kind(mode: int) -> str | None:
    if stat.S_ISREG(mode):
        return None
    kinds = (
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
    )
    return next((name for test, name in kinds if test(mode)), "a device")


def open_bytes(file: Path, size: int) -> bytes:
    """The bytes of a plain file of exactly this size; OSError if it cannot be read or became something else."""
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as stream:  # noqa: PTH123  a descriptor, so that no link is followed
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.ESTALE, "it is no plain file any more", str(file))
        data = stream.read(size + 1)
    if len(data) != size:
        raise OSError(errno.ESTALE, "it changed while it was read", str(file))
    return data
