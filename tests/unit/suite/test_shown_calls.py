"""The inputs of a failed check as Python: what stands on the page runs, and gives the answer that was judged."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from autograder.records import LoadReport, Outcome
from autograder.suite import as_array, assert_matches, assert_pure
from autograder.suite.assertions import CheckFailed
from autograder.suite.shown_calls import told_inputs
from autograder.suite.student import RecordedCall, Student
from autograder.verdicts.trusted import Trusted
from autograder.verdicts.verdict import attempt


def pasted(text, **names):
    """The names that a pasted snippet leaves behind."""
    space = {**names}
    exec(text, space)
    return space


def seen_by(function, *args, **kwargs):
    """What a function is called with when the snippet of such a call runs, and the snippet."""
    seen = []

    def listening(*mine, **named):
        seen.append((mine, named))

    text = told_inputs(RecordedCall(function="f", args=args, kwargs=kwargs), function)
    pasted(text, f=listening)
    return *seen[0], text


@pytest.mark.parametrize(
    "value",
    [
        torch.tensor([0.1, float("nan"), float("inf")]),
        torch.tensor([[1, 2], [3, 4]]),
        torch.tensor([True, False]),
        torch.tensor(0.25, dtype=torch.float64),
        torch.zeros(0, 3),
        torch.tensor([1.5], dtype=torch.bfloat16),
        torch.tensor([1 + 2j]),
        np.array([0.1, 0.2]),
        np.array([1, 2], dtype=np.uint8),
        np.array([True, False]),
        np.array(["a", "b"]),
        3,
        -0.5,
        "a 'quoted' text",
        b"bytes",
        None,
        [1.0, [2.0, 3.0]],
        (1, 2),
        {"a": 1, 2: [3]},
        {1, 2},
        Fraction(1, 3),
        Decimal("0.10"),
        datetime.date(2026, 11, 30),
        datetime.timedelta(hours=2),
    ],
    ids=repr,
)
def test_small_inputs_are_written_out_whole(value):
    """Who pastes the text has the very values, of the very types"""
    ((mine,), _, _) = seen_by(lambda x: x, value)
    assert type(mine) is type(value) and getattr(mine, "dtype", None) == getattr(value, "dtype", None)
    assert_matches(mine, value, exact=True) if not isinstance(value, (torch.Tensor, np.ndarray)) else None
    if isinstance(value, torch.Tensor):
        assert mine.shape == value.shape and torch.equal(mine.nan_to_num(7), value.nan_to_num(7))
    if isinstance(value, np.ndarray):
        assert np.array_equal(mine, value)


@pytest.mark.parametrize(
    "value",
    [
        torch.rand(5, 3, 8, 6) + 2,
        torch.randint(3, 9, (100,)),
        torch.rand(100) < 0.5,
        np.random.default_rng(0).normal(size=(20, 20)),
        np.linspace(0.9, 0.1, 100),
        torch.linspace(0.1, 0.9, 100),
        np.arange(200) % 7,
    ],
    ids=lambda value: f"{type(value).__name__} {value.dtype}",
)
def test_for_a_large_array_another_of_its_shape_type_and_range_stands_in(value):
    """And the text says so, with the first values of the real one"""
    ((mine,), _, text) = seen_by(lambda x: x, value)
    assert (mine.shape, mine.dtype) == (value.shape, value.dtype)
    assert float(mine.min()) >= float(value.min()) - 1e-3 and float(mine.max()) <= float(value.max()) + 1e-3
    assert "like it in shape and range" in text
    if value.ndim == 1 and value.dtype in (torch.float32, np.float64):
        assert (np.diff(mine) * np.sign(float(value[-1] - value[0])) > 0).all()


def test_arguments_have_the_names_of_the_right_function():
    """By place and by name; a model is stood in for"""
    (args, named, text) = seen_by(lambda model, x, *, scale=1.0: x, abs, torch.ones(2), scale=2.0)
    assert "x = torch.tensor" in text and "f(model, x, scale=scale)" in text
    assert named == {"scale": 2.0} and torch.equal(args[0](torch.ones(2), 3), torch.ones(2))


def test_many_arrays_are_shown_in_part_and_the_call_is_never_cut_off():
    """However much was handed in, the text stays short and runs"""
    (args, _, text) = seen_by(lambda *x: x, *(torch.rand(60, dtype=torch.float64) for _ in range(20)))
    assert len(args) == 20 and len(text) <= 4000


def judged(check, **functions):
    """How a check ends with these functions."""
    student = Student(Trusted(functions), LoadReport())
    done = attempt(check, {"student": student}, student)
    assert done.outcome is Outcome.FAILED and len(done.calls) == 2
    return done


def first_of_two(student):
    one, other = student.f(1.0), student.f(2.0)
    assert_matches(one, np.array([5.0]))
    assert_matches(other, np.array([2.0]))


def part_of_the_first(student):
    (one, _), _ = student.f(1.0), student.f(2.0)
    as_array(one, shape=(7,))


def behaviour_of_the_first(student):
    one, _ = student.call("f", torch.ones(1)), student.f(2.0)
    assert_pure(one)


def grows(x):
    x *= 2
    return x


@pytest.mark.parametrize(
    ("check", "function"),
    [
        (first_of_two, lambda x: np.array([x])),
        (part_of_the_first, lambda x: (np.array([x]), np.array([x]))),
        (behaviour_of_the_first, grows),
    ],
)
def test_the_inputs_shown_are_those_of_the_call_that_failed(check, function):
    """Not those of the last call that the check made"""
    assert judged(check, f=function).meant == 0


def test_a_failure_that_names_no_value_shows_the_last_call():
    """As before"""

    def check(student):
        student.f(1.0), student.f(2.0)
        raise CheckFailed("no")

    assert judged(check, f=lambda x: x).meant == -1
