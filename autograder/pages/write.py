"""Puts a page where it belongs. Nobody's copy of a page that would not change is touched.

A page is made of results, which are safe on the disk before it: one that a power failure took is made again.
"""

from __future__ import annotations

from pathlib import Path

from autograder.results.result_json import write_atomically


def write_page(file: Path, page: str) -> Path:
    """Make file hold the page, unless it does already, and return it. OutputError if it cannot be written."""
    data = page.encode("utf-8", "replace")
    if not _holds(file, data):
        write_atomically(file, data, synced=False)
    return file


def _holds(file: Path, data: bytes) -> bool:
    try:
        return file.read_bytes() == data
    except OSError:
        return False
