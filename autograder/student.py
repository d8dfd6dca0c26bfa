"""For a student's notebook: `from autograder.student import check; check(q_sample)` tries a function's examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.selfcheck.examples import handed_out
from autograder.selfcheck.run import Report, try_examples

__all__ = ["check"]


def check(function: Callable[..., Any]) -> Report:
    """Run the examples in the function's docstring; a notebook shows what differs, with a picture.

    The examples are those of the starter's docstring; without one, of examples.json beside the notebook. Nothing is
    graded and nothing is sent.
    """
    return try_examples(function, handed_out=handed_out(Path.cwd()))
