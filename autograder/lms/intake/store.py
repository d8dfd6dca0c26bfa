"""The folders under submitted/ and their record, received.json: each student's is exchanged whole, nothing is lost.

A new attempt is written beside the old one and takes its place by two renames; whatever stops that in between, the
next call puts right.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Mapping
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
_AT = "%Y-%m-%dT%H-%M-%SZ"
_LABEL = re.compile(r"(?:(?P<at>\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)|number-(?P<order>\d+))(?:-\d+)?")
_OLDEST = datetime.min.replace(tzinfo=UTC)
ATTEMPTS = "attempts"  # beside submitted/: attempts that do not count


class Status(StrEnum):
    """What became of an attempt. `KEPT` is what a person must decide; `OLDER` needs nobody."""

    NEW = "new"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    OLDER = "older"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One student's attempt as it is to lie in the folder. order: the LMS's running number, 0 if it has none.

    deadline: where the last attempt in time counts, not the last; None where the last does. by_hand_now: the student
    handed it in at received_at, here, so that it is newer than files that were there before anybody collected one.
    best: whether the best counts, so that one that was kept before may be worse than what is there.
    """

    student: str
    files: dict[str, bytes]
    received_at: datetime | None
    order: int = 0
    late: bool = False
    source: str
    archive: str
    deadline: datetime | None = None
    by_hand_now: bool = False
    best: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAttempt:
    """An attempt as it lies in submitted/ (there) or in attempts/, under its label."""

    label: str
    received_at: datetime | None
    order: int
    files: Mapping[str, bytes]
    there: bool = False


class Shelf:
    """submitted/ of one assignment, open for writing. On leaving, in an error too, received.json holds what was put."""

    def __init__(self, root: Path, slug: str, *, replace_others: bool, dry_run: bool) -> None:
        self._submitted = root / "assignments" / slug / "submitted"
        self._attempts = root / "assignments" / slug / ATTEMPTS
        self._record_file = root / "assignments" / slug / RECEIVED_FILE
        self._replace, self._dry = replace_others, dry_run
        self._record = _read_record(self._record_file)
        self._before = json.dumps(self._record)

    def __enter__(self) -> Shelf:
        if not self._dry and self._submitted.is_dir():
            self._put_right()
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
        if incoming.best and self._is_kept(incoming, digest):
            return Status.UNCHANGED, "was handed in before; `grade` put the best of all attempts there"
        status, reason = _decide(folder, digest, record, incoming, replace_others=self._replace)
        if status in (Status.NEW, Status.REPLACED) and not self._dry:
            aside = _exchange(folder, incoming.files, _held(folder, record, incoming.files))
            if aside is not None:
                self._put_by(aside, incoming.student)
        if status is Status.OLDER:
            self.keep(incoming.student, _label(_entry(incoming, digest)), incoming.files)
        if status in (Status.NEW, Status.REPLACED) or (status is Status.UNCHANGED and _tells_more(record, incoming)):
            self._record[incoming.student] = _entry(incoming, digest)
        return status, reason

    def keep(self, student: str, label: str, files: Mapping[str, bytes]) -> None:
        """Write an attempt that does not count to attempts/<student>/<label>/, unless it is there."""
        folder = self._attempts / student / label
        if self._dry or folder.exists():
            return
        staged = folder.with_name(_STAGED + folder.name)
        try:
            shutil.rmtree(staged, ignore_errors=True)
            for name, data in files.items():
                _write(staged / name, data)
            staged.rename(folder)
        except OSError as error:
            shutil.rmtree(staged, ignore_errors=True)
            raise OutputError(f"{folder}: could not be written: {error.strerror or error}") from error

    def _is_kept(self, incoming: Incoming, digest: str) -> bool:
        folder = self._attempts / incoming.student / _label(_entry(incoming, digest))
        return not self._replace and folder.is_dir() and digest_of(_files_in(folder)) == digest

    def attempts(self, student: str) -> tuple[KeptAttempt, ...]:
        """All attempts of which it is known when they came in, or in which order; the oldest first.

        Nothing where what is in submitted/ was not put there by `grade collect`, or was changed by hand since.
        """
        record = self._record.get(student, {})
        there = _held(self._submitted / student, record)
        if not record or digest_of(there) != record.get("sha256"):
            return ()
        label, order = _label(record), record.get("order", 0)
        found = [KeptAttempt(label=label, received_at=_time(record), order=order, files=there, there=True)]
        folders = self._attempts / student
        for folder in sorted(folders.iterdir()) if folders.is_dir() else ():
            said = _LABEL.fullmatch(folder.name)
            if said and folder.name != label and folder.is_dir() and (files := _files_in(folder)):
                at = datetime.strptime(said["at"], _AT).replace(tzinfo=UTC) if said["at"] else None
                order = int(said["order"] or 0)
                found.append(KeptAttempt(label=folder.name, received_at=at, order=order, files=files))
        return tuple(sorted(found, key=lambda each: (each.received_at or _OLDEST, each.order)))

    def give_way(self, student: str, attempt: KeptAttempt) -> str:
        """Put a kept attempt in the place of what is in submitted/, which is kept. Why it stays, or ""."""
        record = self._record.get(student, {})
        status, reason = self.put(
            Incoming(
                student=student,
                files=dict(attempt.files),
                received_at=attempt.received_at,
                order=attempt.order,
                source=record.get("from", ""),
                archive=record.get("archive", ""),
            )
        )
        return "" if status is Status.REPLACED else reason or str(status)

    def _put_by(self, aside: Path, student: str) -> None:
        """Move an attempt that gave way to attempts/<student>/, under its time."""
        label = _label(self._record.get(student, {}))
        folder, number = self._attempts / student / label, 1
        try:
            while folder.exists() and _files_in(folder) != _files_in(aside):  # a person put something else there
                number += 1
                folder = folder.with_name(f"{label}-{number}")
            if not folder.exists():
                folder.parent.mkdir(parents=True, exist_ok=True)
                aside.rename(folder)
        except OSError as error:
            raise OutputError(f"{folder}: could not be written: {error.strerror or error}; {aside} has it") from error
        shutil.rmtree(aside, ignore_errors=True)

    def _put_right(self) -> None:
        """What a call that was killed left: an old attempt without its folder comes back, a half-written one goes."""
        for aside in self._submitted.glob(f"{_SET_ASIDE}*"):
            student = aside.name.removeprefix(_SET_ASIDE)
            folder = self._submitted / student
            if folder.exists():
                self._put_by(aside, student)
            else:
                aside.rename(folder)
        for staged in self._submitted.glob(f"{_STAGED}*"):
            shutil.rmtree(staged, ignore_errors=True)


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
    there = _held(folder, record, incoming.files)
    texts = not any(map(is_code, incoming.files))  # such a submission is what was collected before, code or none
    if not any(is_code(name) or texts for name in there):
        return Status.NEW, ""
    if digest_of(there) == digest:
        return Status.UNCHANGED, ""
    if "files" not in record and record.get("sha256") == digest_of(there) == digest_of(_code_of(incoming.files)):
        return Status.REPLACED, "with the files beside the code"  # which were not taken when this record was written
    age = _compare(record, incoming)
    strange = [name for name in incoming.files if name not in there and (folder / name).exists()]
    if strange and not replace_others and (record or not incoming.by_hand_now):
        return Status.KEPT, f"{strange[0]} there was not put by `grade collect`; --replace takes this one, beside it"
    if replace_others:
        return Status.REPLACED, "an older attempt" if age < 0 else ""
    if age < 0:
        return Status.OLDER, "what is there came in later"
    before = _time(record)
    if incoming.deadline and before and incoming.received_at and before <= incoming.deadline < incoming.received_at:
        return Status.OLDER, "came in after the deadline; what is there was in time and counts"
    if not record and incoming.by_hand_now:
        if incoming.deadline and incoming.received_at and incoming.deadline < incoming.received_at:
            return Status.OLDER, "came in after the deadline; what a person put there counts"
        return Status.REPLACED, "what a person put there lies among the earlier attempts"
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


def _files_in(folder: Path) -> dict[str, bytes]:
    """All files of a folder, by name."""
    try:
        return {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file() and not file.is_symlink()
        }
    except OSError as error:
        raise OutputError(f"{folder}: cannot be read: {error.strerror or error}") from error


def _compare(record: dict[str, Any], incoming: Incoming) -> int:
    """1 if the attempt is newer than the record, -1 if older, 0 if nothing says so."""
    before = _time(record)
    if before and incoming.received_at:
        return (incoming.received_at > before) - (incoming.received_at < before)
    order = record.get("order") if record.get("from") == incoming.source else 0
    if order and incoming.order:
        return (incoming.order > order) - (incoming.order < order)
    return 0


def _time(record: dict[str, Any]) -> datetime | None:
    if not record.get("received_at"):
        return None
    before = datetime.fromisoformat(record["received_at"])
    return before if before.tzinfo else before.replace(tzinfo=UTC)


def _label(record: dict[str, Any]) -> str:
    """A folder's name for an attempt: its time, else its number, else its digest."""
    if at := _time(record):
        return f"{at.astimezone(UTC):{_AT}}"
    return f"number-{record['order']}" if record.get("order") else f"sha256-{str(record.get('sha256', 'unknown'))[:12]}"


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
        "files": sorted(incoming.files),
    }


def _code_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if is_code(name)}


def _held(folder: Path, record: dict[str, Any], coming: Collection[str] = ()) -> dict[str, bytes]:
    """The code in a folder, and what else the record says was put there; a link counts as a file like no other.

    Where no code comes in, the texts that do are what may be there too.
    """
    found: dict[str, bytes] = {}
    ours = {*record.get("files", ()), *(() if any(map(is_code, coming)) else coming)}
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = file.relative_to(folder).as_posix()
        if (is_code(name) or name in ours) and not file.is_dir():
            try:
                found[name] = file.read_bytes() if not file.is_symlink() else f"link to {file.readlink()}".encode()
            except OSError as error:
                raise OutputError(f"{file}: cannot be read, so it is not replaced: {error.strerror}") from error
    return found


def _exchange(folder: Path, files: Mapping[str, bytes], held: Mapping[str, bytes]) -> Path | None:
    """Make folder hold these files; what else lay in it (a teacher's notes, no time stamp of nbgrader's) stays in it.

    held: what was collected before, which gives way. Returns where that was set aside, None if there was nothing.
    """
    staged, aside = folder.with_name(_STAGED + folder.name), folder.with_name(_SET_ASIDE + folder.name)
    try:
        shutil.rmtree(staged, ignore_errors=True)
        for name, data in files.items():
            _write(staged / name, data)
        for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
            name = file.relative_to(folder).as_posix()
            if file.is_file() and not file.is_symlink() and name not in held and file.name != "timestamp.txt":
                kept = staged / name if name not in files else staged / f"{name}.before-collect"
                kept.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, kept)
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
    return aside if aside.is_dir() else None


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
        for student, entry in record.items():
            _check(student, entry)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError) as error:
        raise CourseError(f"{file}: is no record of `grade collect` ({error}); repair it or move it away") from None
    return record


def _check(student: str, entry: dict[str, Any]) -> None:
    """ValueError, naming the student and the field, for what `grade collect` never writes."""
    at, files = entry.get("received_at"), entry.get("files", [])
    try:
        _ = at is None or datetime.fromisoformat(at)
    except (ValueError, TypeError):
        raise ValueError(f"{student}: received_at is {at!r}, no time") from None
    if not isinstance(entry.get("order", 0), int):
        raise ValueError(f"{student}: order is {entry['order']!r}, no number")
    if not isinstance(files, list) or not all(isinstance(name, str) for name in files):
        raise ValueError(f"{student}: files is {files!r}, no list of names")


def _write_record(file: Path, record: dict[str, dict[str, Any]]) -> None:
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
        part.replace(file)
    except OSError as error:
        raise OutputError(f"{file}: could not be written: {error.strerror}; collect the same archive again") from error
