"""The files of one attempt: code whole or not at all, data beside it as far as grading reads it, zips opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from autograder.lms.intake.archive import MAX_ENTRY, Archive, Entry, Unreadable
from autograder.lms.intake.downloads import Claim
from autograder.lms.intake.file_names import arrange, is_code, is_hidden, is_text, original_name
from autograder.records import MAX_DEPTH, MAX_FILES

Handed = tuple[Claim, Entry]
_MAX_NAME = 200  # bytes of one part of a path, with room for what is put in front while writing
_MAX_PATH = 1000  # bytes of a path within a submission
_MAX_ZIPS = 3  # of one in another
_PACKED = (".rar", ".7z", ".tar", ".gz", ".tgz", ".xz", ".bz2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """files: name in the submission to bytes; notes: what was left out, moved or renamed."""

    files: dict[str, bytes]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One file that was handed in, not read yet. label: for errors; order: the LMS's running number, or 0."""

    name: str
    label: str
    size: int
    order: int
    read: Callable[[], bytes]


def read_attempt(
    opened: Archive,
    handed: Iterable[Handed],
    slug: str,
    *,
    others: Iterable[str] = (),
    room: int = 2**62,
    texts: Sequence[str] = (),
) -> Contents:
    """The files of one attempt, arranged. Unreadable, naming the entry, if any code of it cannot be trusted.

    others: slugs of which no file is this assignment's; room: bytes that grading reads of a submission. texts: what is
    handed in beside code or without any, such as query.sql.
    """
    notes: list[str] = []
    files = [
        _File(
            name=_clean(claim.file),
            label=entry.name,
            size=entry.info.file_size,
            order=claim.order,
            read=lambda entry=entry: opened.read(entry),  # type: ignore[misc]
        )
        for claim, entry in sorted(handed, key=lambda pair: pair[0].order)
    ]

    def is_work(name: str) -> bool:
        return is_code(name) or name in texts

    files = _texts_named(files, texts, notes)
    if not any(is_work(file.name) for file in files):
        files = _texts_named(list(_unpacked(opened, files, notes, _MAX_ZIPS)), texts, notes)
    code = [file for file in files if is_work(file.name)]
    if not code:
        raise Unreadable(_no_code(files, texts))
    found = _code(code, slug)
    left = room - sum(map(len, found.values()))
    if left < 0:
        notes.append(f"its code is larger than the {room / 2**20:g} MiB that grading reads of a submission")
    for file in (file for file in files if not is_work(file.name)):
        why = _unfit(file, found, left)
        if not why:
            try:
                found[file.name] = file.read()
                left -= len(found[file.name])
            except Unreadable as reason:
                why = f" ({reason})"
        if why:
            notes.append(f"left out: {file.name.removeprefix('.onlinetext/')}{why}")
    if clash := next((str(up) for name in found for up in PurePosixPath(name).parents if str(up) in found), None):
        raise Unreadable(f"{clash}: is both a file and a folder")
    arranged, moved = arrange(found, slug, others) if any(map(is_code, found)) else (found, ())
    return Contents(files=arranged, notes=(*_short(notes), *moved))


def _code(files: Iterable[_File], slug: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    labels: set[str] = set()
    for file in files:
        # The running number says which of noising.py and noising-1.py is newer.
        name = original_name(file.name, slug) if file.order and is_code(file.name) else file.name
        if _too_long(name):
            too_long = f"has a name longer than {_MAX_NAME} bytes, or {_MAX_PATH} with its folders"
            raise Unreadable(f"{file.label[:60]}...: {too_long}")
        if len(found) == MAX_FILES and name not in found:
            raise Unreadable(f"more than {MAX_FILES} files of code were handed in, and grading reads no more")
        if sum(map(len, found.values())) + file.size > MAX_ENTRY:
            raise Unreadable(f"its code unpacks to more than {MAX_ENTRY >> 20} MiB")
        data = _read(file)
        again = not file.order or file.label in labels  # with another running number it is a newer one
        if name in found and again and found[name] != data:
            raise Unreadable(f"{file.label}: is in the archive twice, with different content")
        found[name] = data
        labels.add(file.label)
    return found


def _unfit(file: _File, found: dict[str, bytes], left: int) -> str:
    """Why a file that is no code stays out, or "". What was read before goes first."""
    if is_hidden(file.name) or _too_long(file.name) or file.name in found:
        return " "
    if file.name.count("/") > MAX_DEPTH:
        return " (lies too deep)"
    if len(found) >= MAX_FILES:
        return f" (more than {MAX_FILES} files)"
    if file.size > left:
        return f" ({file.size / 2**20:.1f} MiB, more than grading reads)"
    return ""


def _unpacked(opened: Archive, files: Iterable[_File], notes: list[str], depth: int) -> Iterator[_File]:
    """The files with each zip among them opened, under the same guards; those inside lie where the zip lay."""
    for file in files:
        if not file.name.lower().endswith(".zip") or is_hidden(file.name):
            yield file
            continue
        if not depth:
            raise Unreadable(f"{file.label}: is a zip in more than {_MAX_ZIPS} others")
        inner = opened.inside(file.label, _read(file))
        folder = PurePosixPath(file.name).parent
        inside = [
            _File(
                name=_clean(str(folder / entry.name)) if not entry.problem else entry.name,
                label=f"{file.label}/{entry.name}",
                size=entry.info.file_size,
                order=file.order,
                read=lambda entry=entry, inner=inner: inner.read(entry),  # type: ignore[misc]
            )
            for entry in inner.entries
        ]
        notes.append(f"{PurePosixPath(file.name).name} was opened")
        yield from _unpacked(inner, inside, notes, depth - 1)


def _texts_named(files: list[_File], texts: Sequence[str], notes: list[str]) -> list[_File]:
    """The files, with the texts that are asked for under their names. A single file of such a kind is taken for one."""
    there = {file.name for file in files}
    missing = [text for text in texts if text not in there]
    meant = {
        file.label: text for text in missing for file in files if is_text(file.name, text) and file.name not in texts
    }
    kind = [file for file in files if any(file.name.lower().endswith(PurePosixPath(t).suffix.lower()) for t in texts)]
    alone = not meant and len(texts) == len(missing) == len(kind) == 1 and not any(is_code(name) for name in there)
    if alone and not is_hidden(kind[0].name):
        notes.append(f"{kind[0].name} was taken for {texts[0]}")
        meant = {kind[0].label: texts[0]}
    return [replace(file, name=meant.get(file.label, file.name)) for file in files]


def _no_code(files: Iterable[_File], texts: Sequence[str]) -> str:
    names = [file.name.removeprefix(".onlinetext/") for file in files]
    packed = next((name for name in names if name.lower().endswith(_PACKED)), "")
    advice = f"; {packed} is packed in a way that is not opened: ask for a zip or the files" if packed else ""
    wanted = "".join(f", and no {text}," for text in texts)
    return f"no .py or .ipynb{wanted} was handed in, only {', '.join(names[:5])}{advice}"


def _short(notes: list[str]) -> list[str]:
    """At most five of what was left out, in one note."""
    out = [note.removeprefix("left out: ").strip() for note in notes if note.startswith("left out: ")]
    rest = [note for note in notes if not note.startswith("left out: ")]
    return rest + ([f"left out: {', '.join(out[:5])}{', ...' if len(out) > 5 else ''}"] if out else [])


def _too_long(name: str) -> bool:
    return any(len(part.encode()) > _MAX_NAME for part in name.split("/")) or len(name.encode()) > _MAX_PATH


def _clean(name: str) -> str:
    return str(PurePosixPath(*(part for part in name.split("/") if part not in ("", "."))))


def _read(file: _File) -> bytes:
    try:
        return file.read()
    except Unreadable as reason:
        raise Unreadable(f"{file.label}: {reason}") from None
