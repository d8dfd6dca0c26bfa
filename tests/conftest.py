"""Fixtures that every room's tests may use."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_course import TinyCourse, make_tiny_course

# A shell without job control starts its background deaf to Ctrl-C, and whoever is started there stays so.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def environment_as_it_was() -> Iterator[None]:
    """What a test's calls set in the environment (matplotlib's backend, threads) is nothing to the next test."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture
def tiny_course(tmp_path: Path) -> TinyCourse:
    """A fresh course of one assignment, `sums`."""
    return make_tiny_course(tmp_path / "course")
