"""What gives its items one by one arrives as a list, whatever it is called."""

from __future__ import annotations

import itertools

import pytest

from autograder.jailed.observed import listed

R = [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "value",
    [
        (v for v in R),
        map(float, R),
        filter(None, R),
        iter(R),
        iter(tuple(R)),
        reversed(R[::-1]),
        itertools.accumulate(R, lambda _, b: b),
        itertools.chain(R),
        itertools.islice(R, 3),
        dict(enumerate(R)).values(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_iterator_is_its_items(value: object) -> None:
    """In order, as a list"""
    assert listed(value) == R


@pytest.mark.parametrize("value", [R, tuple(R), range(3), {1: 2}, "text", None], ids=repr)
def test_anything_else_stays_as_it_is(value: object) -> None:
    """Also what can be gone through but has its items at hand"""
    assert listed(value) is value


def test_an_iterator_without_end_stays_one() -> None:
    """It gives what it gave, from the first item on"""
    assert list(itertools.islice(listed(itertools.accumulate(itertools.repeat(1))), 3)) == [1, 2, 3]
