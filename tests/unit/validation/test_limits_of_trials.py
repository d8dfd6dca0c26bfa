"""Code on trial is ended by what it uses of the processor, and by the clock only where it waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from autograder.validation.trials import limited


def _spin() -> None:
    while True:
        pass


@pytest.mark.parametrize("hangs", [_spin, threading.Event().wait])
def test_what_hangs_is_ended(hangs: Callable[[], object]) -> None:
    """Whether it computes or waits."""
    with limited(0.05) as over:
        hangs()
    assert over == [True]


def test_who_waits_for_a_processor_is_not_ended() -> None:
    """A check takes ten times as long on a busy machine, and its verdict and hint must be the same."""
    done = []
    with limited(0.1) as over:
        time.sleep(0.3)
        done.append(True)
    assert (over, done) == ([], [True])
