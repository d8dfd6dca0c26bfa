"""One run at a time writes under a folder, and the next one knows whether the last came to its end.

The lock is the kernel's, on an open file: it goes with the process that holds it, however that ends, so nothing that a
killed run leaves behind stands in the way. What the file says is only for people.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from autograder.errors import BusyError, OutputError
from autograder.results.result_json import write_atomically

STATE_FOLDER = ".grade"


@contextmanager
def one_run(root: Path, now: datetime) -> Iterator[None]:
    """Be the only command that writes under root (the course, or the folder that `--out` names).

    Raises BusyError, which says who is, and OutputError where nothing can be written.
    """
    advice = "Make the folder writable, or write elsewhere with --out"

    def busy(descriptor: int) -> str:
        return f"{root} is being graded or collected into already, {_holder(descriptor)}. {_ADVICE}"

    with exclusive(root / STATE_FOLDER / "lock", busy, advice=advice) as descriptor:
        _say(descriptor, now)
        yield


@contextmanager
def exclusive(file: Path, busy: Callable[[int], str], *, advice: str = "", private: bool = False) -> Iterator[int]:
    """Hold a file's lock, which is made where it is not there; its descriptor.

    busy: what to say of the open file where another process holds it. private: whether it is its owner's alone.
    Raises BusyError, and OutputError with the advice where the file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600 if private else 0o666)
    except OSError as error:
        raise OutputError(f"{file}: cannot be written: {error.strerror}{advice and f'. {advice}'}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as held:
            raise BusyError(busy(descriptor)) from held
        yield descriptor
    finally:
        os.close(descriptor)


_ADVICE = "Wait for it, or stop it with Ctrl-C where it runs; what it has graded by then is kept. Nothing was done here"


def _say(descriptor: int, now: datetime) -> None:
    holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": now.isoformat(timespec="seconds")}
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
    except OSError:
        os.ftruncate(descriptor, 0)  # a full disk; the lock holds all the same, and the first result will tell


def _holder(descriptor: int) -> str:
    try:
        said = json.loads(os.pread(descriptor, 1000, 0))
        here = "" if said["host"] == socket.gethostname() else f" on {said['host']}"
        return f"by process {int(said['pid'])}{here} since {datetime.fromisoformat(said['since']):%Y-%m-%d %H:%M:%S %Z}"
    except (OSError, ValueError, KeyError, TypeError):
        return "by another process"


def begun(root: Path) -> None:
    """Say that outputs under root are about to be written. Until `completed`, `was_cut_off` is true."""
    write_atomically(_mark(root), b"A run has written some results and not yet all that is made of them.\n")


def completed(root: Path) -> None:
    """Say that everything made of the results under root is as new as they are."""
    _mark(root).unlink(missing_ok=True)


def was_cut_off(root: Path) -> bool:
    """Whether the last run that began has not completed, so that pages or the changelog may be behind."""
    return _mark(root).exists()


def mark_of_work(root: Path) -> tuple[int, int] | None:
    """What tells the mark of `begun` from another command's; None if there is none."""
    try:
        status = _mark(root).stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def sweep(root: Path) -> None:
    """Remove the parts of files that a killed run was writing."""
    for pattern in ("assignments/*/autograded/*/.*.part", "assignments/*/feedback/*/.*.part", "feedback/.*.part"):
        for part in root.glob(pattern):
            part.unlink(missing_ok=True)


def _mark(root: Path) -> Path:
    return root / STATE_FOLDER / "unfinished"
