"""A table as people and LMSs save it: CSV or tab-separated, UTF-8 or UTF-16, each row with the line it stands in."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

_QUOTED = re.compile(r'"[^"]*"?')


class NotATable(Exception):
    """The bytes cannot be read as a table from this line on: the reason, and what to do."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row. line: where it begins, 1-based; cells: as many as the header has."""

    line: int
    cells: tuple[str, ...]


def read_rows(data: bytes, *, begins: str = "") -> tuple[Row, ...]:
    """The rows that are not blank, the header first. NotATable if there is none, or a row is longer than the header.

    Separators may be `,`, `;` or tabs, whichever the header has most of outside quotes. begins: the first title of the
    header, where other rows stand above it.
    """
    text = _text(data)
    titled = [line for line in text.splitlines() if begins and line.lstrip('"').startswith(begins)]
    first = _QUOTED.sub("", titled[0] if titled else text.partition("\n")[0])
    separator = max(",;\t", key=first.count)
    rows: list[Row] = []
    for line, cells in _split(text, separator):
        if titled and not rows and cells[:1] != [begins]:
            continue
        width = len(rows[0].cells) if rows else len(cells)
        if any(cell.strip() for cell in cells[width:]):
            raise NotATable(line, f"has {len(cells)} cells under {width} columns; quote cells that hold {separator!r}")
        if any(cell.strip() for cell in cells):
            rows.append(Row(line=line, cells=tuple((cells + [""] * width)[:width])))
    if not rows:
        raise NotATable(1, "is empty")
    return tuple(rows)


def _split(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise NotATable(line, f"is not CSV: {error}") from None


def _text(data: bytes) -> str:
    encoding = "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in data[:2]:
        encoding = "utf-16-be" if data[0] == 0 else "utf-16-le"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotATable(line, "is neither UTF-8 nor UTF-16; save it as CSV UTF-8") from None
