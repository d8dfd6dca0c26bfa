"""A notebook without what it shows: pictures and tables that were stored with it are no part of the work."""

from __future__ import annotations

import json
from typing import Any

SMALL = 256 << 10  # bytes up to which a notebook is taken as it is
LARGEST = 48 << 20  # bytes beyond which no notebook is read at all
_PROSE = 20_000  # characters kept of a cell that is no code; pictures are pasted into such cells


def slim(data: bytes) -> bytes:
    """The same cells, with nothing but their sources. What is no notebook comes back as it is."""
    if len(data) <= SMALL:
        return data
    try:
        document = json.loads(data.decode("utf-8-sig"))
        cells = [_source_only(cell) for cell in document["cells"] if isinstance(cell, dict)]
    except (ValueError, KeyError, TypeError, RecursionError, MemoryError):
        return data
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 4, "metadata": {}}).encode()


def _source_only(cell: dict[str, Any]) -> dict[str, Any]:
    source = cell.get("source", "")
    if cell.get("cell_type") != "code":
        text = "".join(line for line in source if isinstance(line, str)) if isinstance(source, list) else str(source)
        return {"cell_type": str(cell.get("cell_type")), "source": text[:_PROSE]}
    return {"cell_type": "code", "source": source}
