"""Two submissions side by side, with what they share marked: for instructors alone, since it shows both.

Everything from a submission is escaped, and the pages load nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.pages.templates import inlined, template
from autograder.pages.write import write_page

_MAX_LINES = 5000
_COLOURS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two submissions. marked: (start, end) in its text of each passage that both share, in the same order."""

    name: str
    text: str
    marked: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two submissions that are alike. alike: percent; shared: how many marks."""

    assignment: str
    alike: float
    shared: int
    first: Side
    second: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A part of a line. passage: its number from 1, or 0; begins: whether the passage begins here."""

    text: str
    passage: int = 0
    begins: bool = False


def write_similar_pages(course: str, found: Sequence[Comparison], folder: Path) -> tuple[Path, ...]:
    """Write a page for each comparison into folder, and index.html before them. OutputError if one cannot be."""
    style = inlined("style.css")
    names = [f"{place:03}.html" for place, _ in enumerate(found, start=1)]
    index = folder / "index.html"
    written = [index]
    for name, pair in zip(names, found, strict=True):
        page = template("similar.html").render(
            course=course,
            pair=pair,
            sides=(("a", "b", pair.first), ("b", "a", pair.second)),
            lines=_lines,
            colours=_COLOURS,
            style=style,
        )
        written.append(write_page(folder / name, page))
    page = template("similar_index.html").render(course=course, rows=list(zip(names, found, strict=True)), style=style)
    write_page(index, page)
    return tuple(written)


def _lines(side: Side) -> list[list[_Piece]]:
    """The text line by line, each cut where a passage begins or ends. Where passages overlap, the first has it."""
    lines: list[list[_Piece]] = [[]]
    position = 0

    def add(text: str, passage: int) -> None:
        for place, part in enumerate(text.split("\n")):
            if place:
                lines.append([])
            if part:
                lines[-1].append(_Piece(text=part, passage=passage, begins=passage > 0 and place == 0))

    for start, end, number in sorted((start, end, number) for number, (start, end) in enumerate(side.marked, start=1)):
        if end <= position:
            continue
        add(side.text[position:start], 0)
        add(side.text[max(start, position) : end], number)
        position = end
    add(side.text[position:], 0)
    return lines[:_MAX_LINES]
