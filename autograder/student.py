"""For a student's notebook: `check(q_sample)` tries a function's examples; `attempt` and `show...` draw its answers."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.selfcheck.examples import handed_out
from autograder.selfcheck.hints import read_hints, with_hint
from autograder.selfcheck.plots import attempt, show, show_clouds, show_histogram, show_pictures
from autograder.selfcheck.run import Report, try_examples

__all__ = ["attempt", "check", "show", "show_clouds", "show_histogram", "show_pictures"]


def check(function: Callable[..., Any], hints: bool = False) -> Report | None:
    """Run the examples in the function's docstring; a notebook shows what differs, with a picture.

    The examples are those of the starter's docstring; without one, of examples.json beside the notebook. hints: where
    the answer to an example is that of a known wrong idea, say which idea to think about again; they come with the
    course's bundle, as hints.json. Nothing is graded and nothing is sent. Under nbgrader's Validate, an example that is
    not right is an error, since that button calls all else a success.
    """
    report = try_examples(function, handed_out=handed_out(Path.cwd()))
    report = with_hint(report, read_hints(Path.cwd())) if hints else report
    if os.environ.get("NBGRADER_EXECUTION") != "validate":
        return report
    if not report.passed:
        raise AssertionError(str(report))
    return None  # any value but a number would be taken for a partial credit that cannot be read
