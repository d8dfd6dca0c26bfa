"""What a file is, whatever its name says, and the cells of a notebook, of a damaged one too."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_OBJECT = re.compile(r"\{\s*\"(?:cell_type|attachments|execution_count|id|metadata|outputs|source|input|collapsed)\"")
_PROSE = re.compile(r"^(?:async\s+)?(?:def|class)\s+(\w+)", re.MULTILINE)
MAX_CELLS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """code: the sources of the code cells, in order. elsewhere: a function's name to the kind of cell it stands in.

    damage: what is wrong with the file as a whole, "" if nothing is.
    """

    code: tuple[str, ...]
    elsewhere: dict[str, str]
    damage: str = ""


def is_notebook(text: str) -> bool:
    """Whether a text is a notebook by what is in it: a JSON object with cells, also one that is cut short."""
    start = text[:200_000]
    return start.lstrip()[:1] == "{" and re.search(r'"(?:cells|worksheets|nbformat)"\s*:', text) is not None


def is_web_page(text: str) -> bool:
    """Whether a text is HTML, as a browser saves it."""
    return re.match(r"\s*<(?:!doctype|html|head|body)\b", text[:2000], re.IGNORECASE) is not None


def notebook(text: str) -> Notebook:
    """The cells of a notebook. Raises ValueError, or RecursionError for absurd nesting, if it has none to be found."""
    plain, damage = raw_cells(text)
    elsewhere = {
        name: str(cell.get("cell_type"))[:20]
        for cell in plain
        if cell.get("cell_type") in ("markdown", "raw", "heading")
        for name in _PROSE.findall(_text(cell))
    }
    return Notebook(
        code=tuple(_text(cell) for cell in plain if cell.get("cell_type") == "code"),
        elsewhere=elsewhere,
        damage=damage,
    )


def raw_cells(text: str) -> tuple[list[dict[str, Any]], str]:
    """The cells as they are stored, and what is wrong with the file as a whole. Raises as `notebook` does."""
    damage = ""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        cells = _whole_cells(text)
        if not cells:
            raise
        damage = f"the notebook's file is damaged at line {error.lineno}; the cells that are whole were read"
    else:
        cells = _cells(document)
    return [cell for cell in cells[:MAX_CELLS] if isinstance(cell, dict)], damage


def _cells(document: Any) -> list[Any]:
    if not isinstance(document, dict):
        raise ValueError("the file holds no JSON object")
    cells = document.get("cells")
    if cells is None and isinstance(document.get("worksheets"), list):  # format 3
        sheets = [sheet for sheet in document["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet.get("cells"), list) for cell in sheet["cells"]]
    if not isinstance(cells, list):
        raise ValueError("the file has no list of cells")
    return cells


def _whole_cells(text: str) -> list[Any]:
    """The cells that can still be read in a text that is no JSON as a whole: cut short, or with marks of a merge."""
    decoder, end = json.JSONDecoder(), 0
    found: list[Any] = []
    for match in _OBJECT.finditer(text):
        if match.start() < end or len(found) >= MAX_CELLS:
            continue
        try:
            cell, end = decoder.raw_decode(text, match.start())
        except (ValueError, RecursionError):
            continue
        if isinstance(cell, dict) and "cell_type" in cell:
            found.append(cell)
    return found


def _text(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    lines = source if isinstance(source, list) else [source]
    return "".join(line for line in lines if isinstance(line, str)).replace("\r\n", "\n").replace("\r", "\n")
