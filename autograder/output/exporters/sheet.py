"""Rows of cells as spreadsheets and LMSs write and read them, and text that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from autograder.contracts import Student
from autograder.errors import UsageError

BLANK = ("", "-")
_Value = TypeVar("_Value")
_FORMULA = re.compile(r"[=+\-@|%\t\r\n\uff1d\uff0b\uff0d\uff20]")
_HARMLESS = re.compile(r"[\w.@+#-]*")  # no formula that does anything is written in these alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file that an LMS exported. name: for errors; rows: all below the header, as long as the header."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, title: str) -> int | None:
        """The index of the column called so, whatever its case; None if there is none."""
        wanted = title.casefold()
        return next((i for i, cell in enumerate(self.header) if cell.strip().casefold() == wanted), None)


def read_sheet(data: bytes, name: str) -> Sheet:
    """A CSV or tab-separated file in UTF-8 or UTF-16, with `,` `;` or tab between cells. UsageError if it is none."""
    try:
        utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{name}: is neither UTF-8 nor UTF-16; name the file as the LMS exported it") from None
    first = text.partition("\n")[0]
    separator = max("\t;,", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(row)]
    except csv.Error as error:
        raise UsageError(f"{name}: is not CSV: {error}") from None
    if not rows:
        raise UsageError(f"{name}: is empty; name the file as the LMS exported it")
    width = len(rows[0])
    even = tuple(tuple((row + [""] * width)[:width]) for row in rows[1:])
    return Sheet(name=name, header=tuple(rows[0]), rows=even)


def write_rows(rows: Iterable[Sequence[str]], *, separator: str = ",", quote_all: bool = False) -> str:
    """Rows as text, lines ended as RFC 4180 asks."""
    text = io.StringIO(newline="")
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=separator, quoting=quoting, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def number(value: float, decimal: str = ".") -> str:
    """A score to the hundredth, without needless zeros: 12.5, 100, or 12,5 with a decimal comma."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", decimal)


def parsed(text: str) -> float | None:
    """The number in an LMS's cell, with point or comma; None if there is none."""
    try:
        return float(text.strip().rstrip("%").replace(",", ".").removeprefix("#"))
    except ValueError:
        return None


def guarded(text: str) -> str:
    """Text that came from people, as one cell: no control characters, and an apostrophe before what is a formula."""
    plain = "".join(c if c.isprintable() or c == "\n" else " " for c in text).strip()
    return f"'{plain}" if _FORMULA.match(plain) else plain


def key(text: str) -> str:
    """A cell by which the LMS finds the student: left as it is, unless it could be a formula."""
    return text if _HARMLESS.fullmatch(text) else guarded(text)


def find_rows(sheet: Sheet, keys: Mapping[str, str], students: Iterable[Student]) -> dict[str, int]:
    """Student id to row. keys: column title to roster field, the surest first; nobody is taken for somebody else."""
    found: dict[str, int] = {}
    everybody, taken = tuple(students), set[int]()
    for title, roster_field in keys.items():
        column = sheet.column(title)
        if column is None:
            continue
        theirs = _unique((_folded(row[column], roster_field), index) for index, row in enumerate(sheet.rows))
        ours = _unique((_folded(getattr(s, roster_field), roster_field), s.id) for s in everybody)
        for value, student in ours.items():
            if value in theirs and student not in found and theirs[value] not in taken:
                found[student] = theirs[value]
                taken.add(theirs[value])
    return found


def _unique(pairs: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    """Those pairs whose first is not empty and there once."""
    seen: dict[str, list[_Value]] = {}
    for value, what in pairs:
        if value:
            seen.setdefault(value, []).append(what)
    return {value: whats[0] for value, whats in seen.items() if len(whats) == 1}


def _folded(text: str, roster_field: str) -> str:
    plain = unicodedata.normalize("NFC", text).casefold().strip()
    if roster_field == "name":
        return " ".join(sorted(re.findall(r"\w+", plain)))
    return plain.removeprefix("#")
