"""A notebook without what it shows: pictures and tables that were stored with it are no part of the work."""

from __future__ import annotations

import json
from typing import Any

from autograder.reading.cells import is_notebook, raw_cells

SMALL = 256 << 10  # bytes up to which a notebook is taken as it is
LARGEST = 48 << 20  # bytes beyond which no notebook is read at all
_PROSE = 20_000  # characters kept of a cell that is no code; pictures are pasted into such cells


def slim(data: bytes) -> bytes:
    """The same cells, with nothing but their sources. What is no notebook comes back as it is.

    Of a file that is damaged, its whole cells, in a file that is damaged too, so that this is told.
    """
    if len(data) <= SMALL:
        return data
    try:
        text = data.decode("utf-8-sig")
        if not is_notebook(text):
            return data
        stored, damage = raw_cells(text)
    except (ValueError, RecursionError, MemoryError):
        return data
    small = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [_source_only(cell) for cell in stored]}
    return json.dumps(small)[: -1 if damage else None].encode()


def _source_only(cell: dict[str, Any]) -> dict[str, Any]:
    source = cell.get("source", cell.get("input", ""))
    if cell.get("cell_type") != "code":
        text = "".join(line for line in source if isinstance(line, str)) if isinstance(source, list) else str(source)
        return {"cell_type": str(cell.get("cell_type")), "source": text[:_PROSE]}
    return {"cell_type": "code", "source": source}
