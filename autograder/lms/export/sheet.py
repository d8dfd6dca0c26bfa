"""Rows of cells as spreadsheets and LMSs write and read them, and text that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal, TypeVar

from autograder.errors import UsageError
from autograder.lms.rows import NotATable, read_rows
from autograder.records import Student
from autograder.scoring import hundredths

BLANK = ("", "-")
_Value = TypeVar("_Value")
_FORMULA = re.compile(r"[=+\-@|%\t\r\n\uff1d\uff0b\uff0d\uff20]")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:(?:,\d{3})+|(?:\.\d{3}){2,})")  # scores never have three decimals
_HARMLESS = re.compile(r"[\w.@+#-]*")  # no formula that does anything is written in these alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file that an LMS exported. name: for errors; rows: all below the header; lines: where these stand."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def column(self, title: str) -> int | None:
        """The index of the column called so, whatever its case; None if there is none."""
        wanted = title.casefold()
        return next((i for i, cell in enumerate(self.header) if cell.strip().casefold() == wanted), None)


def read_sheet(data: bytes, name: str, *, begins: str = "") -> Sheet:
    """A table in any encoding and with any separator that LMSs use. UsageError (name:line) if it is none.

    begins: the first title of the header, where the LMS writes other rows above it.
    """
    try:
        header, *rows = read_rows(data, begins=begins)
    except NotATable as bad:
        raise UsageError(f"{name}:{bad.line}: {bad}; name the file as the LMS exported it") from None
    return Sheet(
        name=name,
        header=header.cells,
        rows=tuple(row.cells for row in rows),
        lines=tuple(row.line for row in rows),
    )


def write_rows(rows: Iterable[Sequence[str]], *, separator: str = ",", quote_all: bool = False) -> str:
    """Rows as text, lines ended as RFC 4180 asks."""
    text = io.StringIO(newline="")
    quoting: Literal[0, 1] = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=separator, quoting=quoting, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def number(value: float, decimal: str = ".") -> str:
    """A score to the hundredth, without needless zeros: 12.5, 100, or 12,5 with a decimal comma."""
    return hundredths(value).replace(".", decimal)


def parsed(text: str) -> float | None:
    """The number in an LMS's cell, with point or comma and thousands apart or not; None if there is none."""
    plain = re.sub(r"[\s'\u2019]", "", text).rstrip("%").removeprefix("#")
    if "," in plain and "." in plain:
        plain = plain.replace("," if plain.rindex(".") > plain.rindex(",") else ".", "")
    elif _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "").replace(".", "")
    try:
        value = float(plain.replace(",", "."))
    except ValueError:
        return None
    return value if isfinite(value) else None


def guarded(text: str) -> str:
    """Text that came from people, as one cell: no control characters, and an apostrophe before what is a formula."""
    plain = "".join(c if c.isprintable() or c == "\n" else " " for c in text).strip()
    return f"'{plain}" if _FORMULA.match(plain) else plain


def key(text: str) -> str:
    """A cell by which the LMS finds the student: left as it is, unless it could be a formula."""
    return text if _HARMLESS.fullmatch(text) else guarded(text)


def find_rows(sheet: Sheet, keys: Mapping[str, str], students: Iterable[Student]) -> dict[str, int]:
    """Student id to row. keys: column title to roster field, the surest first; nobody is taken for somebody else.

    A row that fits by one key and has another value under a second is another person's, such as one of the same name.
    UsageError (name:line) where the sheet has one of our students' keys twice: an import would take the last.
    """
    found: dict[str, int] = {}
    everybody, taken = tuple(students), set[int]()
    known = {student.id: student for student in everybody}
    for title, roster_field in keys.items():
        column = sheet.column(title)
        if column is None:
            continue
        theirs = _grouped((_folded(row[column], roster_field), index) for index, row in enumerate(sheet.rows))
        ours = _grouped((_folded(getattr(s, roster_field), roster_field), s.id) for s in everybody)
        for value, same in ours.items():
            there = theirs.get(value, [])
            if len(same) > 1 or not there or same[0] in found:
                continue
            if len(there) == 1 and there[0] not in taken and not _denied(sheet, there[0], keys, known[same[0]]):
                found[same[0]] = there[0]
                taken.add(there[0])
            elif len(there) > 1 and roster_field != "name":
                first, second = (sheet.lines[index] for index in there[:2])
                raise UsageError(f"{sheet.name}:{second}: {title} {value!r} is in line {first} already; take one out")
    return found


def _denied(sheet: Sheet, row: int, keys: Mapping[str, str], student: Student) -> bool:
    """Whether a row has another value than the student's under some key, where both have one; names may differ."""
    for title, roster_field in keys.items():
        column = sheet.column(title)
        if column is None or roster_field == "name":
            continue
        theirs, ours = (
            _folded(sheet.rows[row][column], roster_field),
            _folded(getattr(student, roster_field), roster_field),
        )
        if theirs and ours and theirs != ours:
            return True
    return False


def _grouped(pairs: Iterable[tuple[str, _Value]]) -> dict[str, list[_Value]]:
    """What goes with each value that is not empty."""
    seen: dict[str, list[_Value]] = {}
    for value, what in pairs:
        if value:
            seen.setdefault(value, []).append(what)
    return seen


def _folded(text: str, roster_field: str) -> str:
    plain = unicodedata.normalize("NFC", text).casefold().strip()
    if roster_field == "id":
        plain = re.sub(r"^participant (?=\d+$)", "p", plain)  # a file without names: see `grade collect --blind`
    if roster_field == "name":
        return " ".join(sorted(re.findall(r"\w+", plain)))
    return plain.removeprefix("#")
