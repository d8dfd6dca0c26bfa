"""Memory gathered in huge pages holds what it held."""

from __future__ import annotations

import os

import numpy as np

from autograder.boundary import huge_pages


def test_gathering_changes_no_byte_here_or_in_a_fork() -> None:
    """What was in memory before is there after, and a fork sees it and can change its own copy."""
    held = np.arange(3 << 20, dtype=np.int64)  # 24 MiB
    huge_pages.gather()
    assert np.array_equal(held, np.arange(3 << 20))
    child = os.fork()
    if child == 0:
        whole = bool(held.sum() == held.size * (held.size - 1) // 2)
        held[:] = 7
        os._exit(0 if whole and held[-1] == 7 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert held[-1] == held.size - 1
