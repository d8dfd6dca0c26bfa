"""Read a zip that students had a hand in: names in any encoding, nothing outside it, no bombs, no links.

Nothing here writes to the disk. An entry that cannot be trusted keeps its name and says why, so that nobody's work is
passed over in silence.
"""

from __future__ import annotations

import io
import lzma
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UsageError

MAX_ENTRIES = 200_000
MAX_TOTAL = 8 * 2**30  # bytes unpacked, all entries together
MAX_ENTRY = 64 * 2**20
MAX_RATIO = 200  # of a file above RATIO_FREE; text that deflates further is a bomb, or no work of a person
RATIO_FREE = 2**20
_CHUNK = 2**18
_JUNK = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", "__pycache__", ".ipynb_checkpoints"})
_OLD_ENCODINGS = ("cp437", "cp850", "cp1252")  # what zips without a word on encoding were written in, likeliest first


class Unreadable(Exception):
    """One entry that is not read, with the reason in the instructor's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file in a zip. name: with `/` between parts, composed (NFC). problem: why it must not be unpacked, or ""."""

    name: str
    info: zipfile.ZipInfo
    problem: str = ""


class Archive:
    """An open zip. It counts what is read of it and of zips inside it: the cap holds for all entries together."""

    def __init__(self, file: Path, zipped: zipfile.ZipFile, outer: Archive | None = None) -> None:
        self.file = file
        self._zip = zipped
        self._outer = outer
        self._left = MAX_TOTAL
        self.entries = _entries(file, zipped)

    def inside(self, name: str, data: bytes) -> Archive:
        """A zip that was an entry of this one, under the same guards. Unreadable if it is none or too large."""
        try:
            return Archive(Path(name), zipfile.ZipFile(io.BytesIO(data)), self)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            raise Unreadable(f"{name}: is no zip, or damaged: {error}") from None
        except UsageError as error:
            raise Unreadable(str(error)) from None

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Unreadable(f"the archive unpacks to more than {MAX_TOTAL >> 30} GiB: a zip bomb")
        if self._outer:
            self._outer._count(size)

    def read(self, entry: Entry) -> bytes:
        """The entry's bytes. Unreadable if it is unsafe, damaged, or larger than its caps, whatever its header says."""
        if entry.problem:
            raise Unreadable(entry.problem)
        packed = entry.info.compress_size
        data = bytearray()
        try:
            with self._zip.open(entry.info) as stream:
                while chunk := stream.read(_CHUNK):
                    data += chunk
                    self._count(len(chunk))
                    if reason := _too_large(len(data), packed):
                        raise Unreadable(reason)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, struct.error) as error:
            raise Unreadable(f"damaged: {error}; download the archive again") from None
        except (NotImplementedError, RuntimeError) as error:  # what zipfile raises on methods and passwords unknown
            raise Unreadable(f"cannot be unpacked: {error}") from None
        except MemoryError:  # LZMA makes room for as large a window as the entry names, 4 GiB if it likes
            raise Unreadable("cannot be unpacked: it asks for more memory than there is") from None
        return bytes(data)


@contextmanager
def open_archive(file: Path) -> Iterator[Archive]:
    """The zip in file. UsageError, with what to do, if it is none, was cut short, or has too many entries."""
    if file.exists() and not file.is_file():
        raise UsageError(f"{file}: is no file; name the zip that the LMS made")
    try:
        zipped = zipfile.ZipFile(file)
    except FileNotFoundError:
        raise UsageError(f"{file}: there is no such archive") from None
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from None
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        if not _looks_zipped(file):
            raise UsageError(f"{file}: is no zip; name the file as the LMS made it") from None
        raise UsageError(f"{file}: is damaged or was cut short ({error}); download it again") from None
    with zipped:
        yield Archive(file, zipped)


def _looks_zipped(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(2) == b"PK"


def _entries(file: Path, zipped: zipfile.ZipFile) -> tuple[Entry, ...]:
    infos = [info for info in zipped.infolist() if not info.filename.endswith("/")]
    if len(infos) > MAX_ENTRIES:
        raise UsageError(f"{file}: has {len(infos)} entries; at most {MAX_ENTRIES} are read")
    encoding = _likeliest([_raw(info) for info in infos if not info.flag_bits & 0x800])
    found = []
    for info in infos:
        name = unicodedata.normalize("NFC", _name(info, encoding)).replace("\\", "/")
        parts = name.split("/")
        if not _JUNK.intersection(parts) and not parts[-1].startswith("._"):
            found.append(Entry(name=name, info=info, problem=_problem(name, info)))
    return tuple(found)


def _problem(name: str, info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if not name:
        return "has no name"
    if name.startswith("/") or name[1:2] == ":":
        return "has an absolute path: it would land outside the course"
    if ".." in name.split("/"):
        return "climbs out of its folder with `..`"
    if not name.isprintable():
        return "has unprintable characters in its name"
    if stat.S_ISLNK(mode):
        return "is a symbolic link, not a file"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a device or a pipe, not a file"
    if info.flag_bits & 0x1:
        return "is encrypted; ask for it without a password"
    return _too_large(info.file_size, info.compress_size)


def _too_large(size: int, packed: int) -> str:
    if size > MAX_ENTRY:
        return f"unpacks to more than {MAX_ENTRY >> 20} MiB"
    if size > RATIO_FREE and size > MAX_RATIO * max(packed, 1):
        return f"unpacks to more than {MAX_RATIO} times its size: a zip bomb"
    return ""


def _raw(info: zipfile.ZipInfo) -> bytes:
    return info.orig_filename.encode("cp437")  # as zipfile decoded it, where the utf-8 flag is not set


def _name(info: zipfile.ZipInfo, encoding: str) -> str:
    if info.flag_bits & 0x800:
        return info.orig_filename
    raw = _raw(info)
    if (unicode_path := _unicode_path(info.extra, raw)) is not None:
        return unicode_path
    try:
        return raw.decode("utf-8")  # macOS and many a library write it and do not say so
    except UnicodeDecodeError:
        return raw.decode(encoding, "replace")


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in Info-ZIP's Unicode Path field, if it belongs to this raw name."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        body, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == 0x7075 and len(body) > 5 and struct.unpack("<L", body[1:5])[0] == zlib.crc32(raw):
            try:
                return body[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _likeliest(names: Iterable[bytes]) -> str:
    """The old encoding in which most foreign bytes of these names are Latin letters; one zip has one encoding."""
    foreign = bytes(byte for name in names if not _is_utf8(name) for byte in name if byte >= 0x80)

    def letters(encoding: str) -> int:
        text = foreign.decode(encoding, "replace")
        return sum(unicodedata.name(character, "").startswith("LATIN") for character in text)

    return max(_OLD_ENCODINGS, key=letters)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
