"""Fixtures that every room's tests may use."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_course import TinyCourse, make_tiny_course


@pytest.fixture
def tiny_course(tmp_path: Path) -> TinyCourse:
    """A fresh course of one assignment, `sums`."""
    return make_tiny_course(tmp_path / "course")
