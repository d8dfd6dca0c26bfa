"""Fixtures that every room's tests may use."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from tiny_course import TinyCourse, make_tiny_course

# A shell without job control starts its background deaf to Ctrl-C, and whoever is started there stays so.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def tiny_course(tmp_path: Path) -> TinyCourse:
    """A fresh course of one assignment, `sums`."""
    return make_tiny_course(tmp_path / "course")
