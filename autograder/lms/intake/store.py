"""The folders under submitted/ and their record, received.json: each student's is exchanged whole, nothing is lost.

A new attempt is written beside the old one and takes its place by two renames; whatever stops that in between, the
next call puts right.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any

from autograder.errors import CourseError, OutputError
from autograder.lms.intake.file_names import is_code
from autograder.records import RECEIVED_FILE

_STAGED, _SET_ASIDE = ".incoming-", ".replaced-"


class Status(StrEnum):
    """What became of an attempt. `KEPT` is what a person must decide; `OLDER` needs nobody."""

    NEW = "new"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    OLDER = "older"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One student's attempt as it is to lie in the folder. order: the LMS's running number, 0 if it has none."""

    student: str
    files: dict[str, bytes]
    received_at: datetime | None
    order: int = 0
    late: bool = False
    source: str
    archive: str


class Shelf:
    """submitted/ of one assignment, open for writing. On leaving, in an error too, received.json holds what was put."""

    def __init__(self, root: Path, slug: str, *, replace_others: bool, dry_run: bool) -> None:
        self._submitted = root / "assignments" / slug / "submitted"
        self._record_file = root / "assignments" / slug / RECEIVED_FILE
        self._replace, self._dry = replace_others, dry_run
        self._record = _read_record(self._record_file)
        self._before = json.dumps(self._record)

    def __enter__(self) -> Shelf:
        if not self._dry and self._submitted.is_dir():
            _put_right(self._submitted)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._dry and json.dumps(self._record) != self._before:
            _write_record(self._record_file, self._record)

    def put(self, incoming: Incoming) -> tuple[Status, str]:
        """Take an attempt, or say why what is there stays. OutputError if the disk does not want it."""
        folder = self._submitted / incoming.student
        digest = digest_of(incoming.files)
        record = self._record.get(incoming.student, {})
        status, reason = _decide(folder, digest, record, incoming, replace_others=self._replace)
        if status in (Status.NEW, Status.REPLACED) and not self._dry:
            _exchange(folder, incoming.files)
        if status in (Status.NEW, Status.REPLACED) or (status is Status.UNCHANGED and _tells_more(record, incoming)):
            self._record[incoming.student] = _entry(incoming, digest)
        return status, reason


def digest_of(files: Mapping[str, bytes]) -> str:
    """One SHA-256 over names and contents."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0{hashlib.sha256(files[name]).hexdigest()}\0".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _decide(
    folder: Path, digest: str, record: dict[str, Any], incoming: Incoming, *, replace_others: bool
) -> tuple[Status, str]:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        return Status.KEPT, f"submitted/{folder.name} is a link or a file, not a folder; take it away"
    there = _code_in(folder)
    if not there:
        return Status.NEW, ""
    if digest_of(there) == digest:
        return Status.UNCHANGED, ""
    age = _compare(record, incoming)
    if replace_others:
        return Status.REPLACED, "an older attempt" if age < 0 else ""
    if age < 0:
        return Status.OLDER, "what is there came in later"
    if not record:
        return (
            Status.KEPT,
            "differs from what is there, which `grade collect` did not put there; --replace takes this one",
        )
    if digest_of(there) != record.get("sha256"):
        return Status.KEPT, "what is there was changed by hand since; --replace takes this one"
    if age == 0:
        return Status.KEPT, "differs from what is there, and nothing says which is newer; --replace takes this one"
    return Status.REPLACED, "a newer attempt"


def _compare(record: dict[str, Any], incoming: Incoming) -> int:
    """1 if the attempt is newer than the record, -1 if older, 0 if nothing says so."""
    at = record.get("received_at")
    if at and incoming.received_at:
        before = datetime.fromisoformat(at)
        before = before if before.tzinfo else before.replace(tzinfo=UTC)
        return (incoming.received_at > before) - (incoming.received_at < before)
    order = record.get("order") if record.get("from") == incoming.source else 0
    if order and incoming.order:
        return (incoming.order > order) - (incoming.order < order)
    return 0


def _tells_more(record: dict[str, Any], incoming: Incoming) -> bool:
    if not record or (incoming.received_at and not record.get("received_at")):
        return True
    return _compare(record, incoming) > 0


def _entry(incoming: Incoming, digest: str) -> dict[str, Any]:
    return {
        "received_at": incoming.received_at.astimezone(UTC).isoformat() if incoming.received_at else None,
        "late": incoming.late,
        "from": incoming.source,
        "archive": incoming.archive,
        "order": incoming.order,
        "sha256": digest,
    }


def _code_in(folder: Path) -> dict[str, bytes]:
    """The code in a folder; a link counts as a file that is like no other."""
    found: dict[str, bytes] = {}
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = file.relative_to(folder).as_posix()
        if is_code(name) and not file.is_dir():
            try:
                found[name] = file.read_bytes() if not file.is_symlink() else f"link to {file.readlink()}".encode()
            except OSError as error:
                raise OutputError(f"{file}: cannot be read, so it is not replaced: {error.strerror}") from error
    return found


def _exchange(folder: Path, files: Mapping[str, bytes]) -> None:
    """Make folder hold these files; what else lay in it (not code, no time stamp of nbgrader's) stays in it."""
    staged, aside = folder.with_name(_STAGED + folder.name), folder.with_name(_SET_ASIDE + folder.name)
    try:
        shutil.rmtree(staged, ignore_errors=True)
        for name, data in files.items():
            _write(staged / name, data)
        for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
            name = file.relative_to(folder).as_posix()
            if file.is_file() and not file.is_symlink() and not is_code(name) and file.name != "timestamp.txt":
                (staged / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, staged / name)
        if folder.is_dir():
            folder.rename(aside)
        staged.rename(folder)
    except OSError as error:
        shutil.rmtree(staged, ignore_errors=True)
        if aside.is_dir() and not folder.exists():
            aside.rename(folder)
        raise OutputError(
            f"{folder}: could not be written: {error.strerror or error}. What was there before is unchanged; make room "
            f"or make the folder writable, then run the same command again"
        ) from error
    shutil.rmtree(aside, ignore_errors=True)


def _put_right(submitted: Path) -> None:
    """What a call that was killed left: an old attempt without its folder comes back, a half-written one goes."""
    for aside in submitted.glob(f"{_SET_ASIDE}*"):
        folder = submitted / aside.name.removeprefix(_SET_ASIDE)
        if folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(folder)
    for staged in submitted.glob(f"{_STAGED}*"):
        shutil.rmtree(staged, ignore_errors=True)


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _read_record(file: Path) -> dict[str, dict[str, Any]]:
    try:
        record = json.loads(file.read_bytes())
        if not isinstance(record, dict) or not all(isinstance(entry, dict) for entry in record.values()):
            raise ValueError("its entries are no objects")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CourseError(f"{file}: is no record of `grade collect` ({error}); repair it or move it away") from None
    return record


def _write_record(file: Path, record: dict[str, dict[str, Any]]) -> None:
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise OutputError(f"{file}: could not be written: {error.strerror}; collect the same archive again") from error
