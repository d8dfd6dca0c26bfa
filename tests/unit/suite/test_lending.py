"""What a suite may hand to a submission: its own functions, and what it says it means."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
import torch

from autograder.suite import CallLog, lend
from autograder.suite.calls import overhear
from autograder.suite.lending import may_be_lent


class Own:
    """A model of the suite's own."""

    def __call__(self, x: float) -> float:
        return x

    def method(self, x: float) -> float:
        """Another one."""
        return x


def of_file(name: str) -> object:
    """A function whose code says that it stands in a file of that name."""
    space: dict[str, object] = {}
    exec(compile("def read(x): return x", name, "exec"), space)
    return space["read"]


OURS = {
    "a lambda": lambda x: x,
    "an object of its own class": Own(),
    "its method": Own().method,
    "a partial of its own": functools.partial(Own().method, 1.0),
    "a log": CallLog(lambda x, t: x),
    "what it says it lends": lend(np.sin),
    "a module that it says it lends": lend(torch.nn.Linear(1, 1)),
}
STRANGERS = {
    "a library's of the environment below": of_file("/opt/shared/lib/python3/site-packages/library/files.py"),
    "a library's of the system": of_file("/usr/lib/python3/dist-packages/library.py"),
    "a library's function in C": np.fromfile,
    "a library's function in Python": torch.load,
    "Python's own": print,
    "the standard library's": Path.read_text,
    "a bound method of a library's": Path("/").read_text,
    "a partial of a library's": functools.partial(np.fromfile, "x"),
    "a class": Own,
    "an exception of a library's": np.linalg.LinAlgError,
    "a module of torch": torch.nn.Linear(1, 1),
}


def test_what_is_the_suites_own_may_be_lent() -> None:
    """Functions, objects and methods whose code is in the suite, and whatever is said to be lent."""
    assert [what for what, value in OURS.items() if not may_be_lent(value)] == []


def test_nothing_else_may_be_lent() -> None:
    """No library's function, class, exception or module."""
    assert [what for what, value in STRANGERS.items() if may_be_lent(value)] == []


@pytest.mark.parametrize("what", STRANGERS)
def test_a_stranger_among_the_arguments_is_told_what_to_do(what: str) -> None:
    """A TypeError of the suite's, which makes the check ungraded, and a sentence that names the way out."""
    with pytest.raises(TypeError, match=r"only functions that the suite defines itself are lent.*lend\("):
        overhear((STRANGERS[what],), {})
