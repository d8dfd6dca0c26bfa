"""What a check says about a wrong value, and that no value whatever makes it stumble."""

import contextlib
import enum
import itertools
import re
import warnings
from collections import namedtuple

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.boundary.classes import Table
from autograder.records import Answer
from autograder.suite.assertions import CheckFailed, ReferenceFault, as_array, assert_matches, assert_pure, require
from autograder.suite.values import MAX_DEPTH, Numbers, render, to_numbers

E = np.random.default_rng(7).normal(size=(4, 3, 2))


def failure(observed, expected, **options):
    with pytest.raises(CheckFailed) as caught:
        assert_matches(observed, expected, **{"name": "x_t", **options})
    return caught.value


class Colour(enum.IntEnum):
    """A whole number by another name."""

    RED = 1


class AlwaysEqual:
    """Says yes to every comparison and raises at all else."""

    def __eq__(self, other):
        return True

    def __bool__(self):
        raise RuntimeError("no")

    def __len__(self):
        raise RuntimeError("no")

    def __getattr__(self, name):
        raise RuntimeError("no")

    __hash__ = None


class Pretender:
    """Claims to be an array."""

    @property
    def __class__(self):
        return np.ndarray


class Liar(list):
    """A list that lies about its items."""

    def __iter__(self):
        raise RuntimeError("no")

    def __len__(self):
        return 10**9


def endless():
    inner = []
    inner.append(inner)
    inner.append(inner)
    return inner


def deep(levels):
    value = 1.0
    for _ in range(levels):
        value = [value]
    return value


HOSTILE = {
    "handle": AlwaysEqual(),
    "pretender": Pretender(),
    "lying list": Liar([1, 2]),
    "endless": endless(),
    "deep": deep(5000),
    "dict": {"a": 1},
    "nan": float("nan"),
    "empty": [],
    "ragged": [[1, 2], [3]],
    "ragged arrays": [np.zeros(2), np.zeros(3)],
    "complex": 1 + 2j,
    "huge int": 10**5000,
    "huge negative": -(10**400),
    "huge view": np.broadcast_to(np.float32(1), (10**5, 10**5)),
    "huge tensor": torch.zeros(1).expand(10**12),
    "text": "1.0",
    "bytes": b"12",
    "set": {1, 2},
    "function": len,
    "objects": np.array([1, "a", None], dtype=object),
    "object of object": np.array({"a": 1}, dtype=object),
    "dates": np.array(["2020-01-01"], dtype="datetime64[D]"),
    "texts": np.array(["a", "b"]),
    "records": np.zeros(3, dtype=[("a", "f4")]),
    "sparse": torch.eye(3).to_sparse(),
    "meta": torch.zeros(3, device="meta"),
    "bfloat16": torch.zeros(3, dtype=torch.bfloat16),
    "float8": torch.zeros(3).to(torch.float8_e4m3fn),
    "grad": torch.ones(3, requires_grad=True),
    "conjugate": torch.ones(3, dtype=torch.complex64).conj(),
    "zero axis": np.zeros((0, 3)),
    "many axes": np.zeros((1,) * 40),
    "longdouble": np.array([1e4000], dtype=np.longdouble),
    "mixed": [1, "a", None, {"b": [2]}],
    "nested none": [[None], [1.0]],
    "surrogate": "\ud800",
    "long text": "x" * 10**6,
}


EXPECTED = [E, 1.0, 3, [1, 2], (E, E[0]), {"a": 1}, "a", None, True, [[1], [2, 3]]]


def test_any_value_is_judged_without_an_error_or_a_warning():
    """Whatever a student returns, the comparison passes or fails; it never raises anything else and never warns"""
    broken = {}
    for (name, value), expected in itertools.product(HOSTILE.items(), EXPECTED):
        try:
            judge_quietly(value, expected)
        except Exception as error:  # noqa: BLE001 -- collected, so that each is seen
            broken[f"{name} against {expected!r}"[:80]] = repr(error)[:200]
    assert broken == {}


def judge_quietly(value, expected):
    """Compare, render and convert, with every warning an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            assert_matches(value, expected)
        except CheckFailed as failed:
            assert len(failed.observed or "") <= 300 and len(failed.expected or "") <= 300
            assert len(failed.message) < 700
        with contextlib.suppress(CheckFailed):
            assert np.isfinite(as_array(value)).all()
        assert len(render(value)) <= 300


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(width=64)
    | st.complex_numbers()
    | st.text(max_size=5)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(VALUES, VALUES)
def test_any_two_plain_values_are_compared(observed, expected):
    """Two values made of the border's plain types are compared without any error but CheckFailed"""
    try:
        assert_matches(observed, expected)
    except CheckFailed:
        pass
    except (ReferenceFault, TypeError) as ours:  # an expectation that nothing can be compared with is a fault of ours
        assert "holds nan" in str(ours) or "no comparison is defined" in str(ours)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_every_finite_value_matches_itself(value):
    """A value without nan is right when it is what is expected"""
    numbers = to_numbers(value)
    if isinstance(numbers, Numbers) and not np.isnan(numbers.raw).any():
        assert_matches(value, value)


@pytest.mark.parametrize(
    "form",
    [
        E,
        E.astype(np.float32),
        E.tolist(),
        [torch.tensor(row) for row in E],
        torch.tensor(E).float(),
        tuple(map(list, E)),
    ],
    ids=["float64", "float32", "lists", "list of tensors", "float32 tensor", "tuple"],
)
def test_every_form_of_the_right_numbers_passes(form):
    """numpy, torch, lists and tuples of any float width are the same answer"""
    assert_matches(form, E, name="x_t")


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        ([1, 2], [1.0, 2.0]),
        ([1.0, 2.0], [1, 2]),
        (np.array([1, 0]), np.array([True, False])),
        (np.array([True, False]), np.array([1, 0])),
        (Colour.RED, 1),
        (np.bool_(True), True),
        (torch.tensor(True), True),
        (namedtuple("Pair", "a b")(1, 2), (1, 2)),
        ([[1], [2, 3]], ((1,), (2, 3))),
        ({"a": np.ones(2)}, {"a": [1, 1]}),
        ([np.inf, 1], [np.inf, 1]),
        (10**30, 10**30),
        ([], []),
        (np.stack([E, E]), (E, E)),
    ],
    ids=str,
)
def test_equal_values_of_another_type_pass(observed, expected):
    """What counts is the value where the type does not matter"""
    assert_matches(observed, expected)


def test_a_forgotten_return_is_named():
    """None in place of a value asks about `return`"""
    assert "did you forget `return`" in failure(None, E).message


@pytest.mark.parametrize(
    ("observed", "expected", "words"),
    [
        (-E, E, "opposite sign"),
        (np.abs(E), E, "signs are lost"),
        (E**2, E, "the square of the right one"),
        (np.sqrt(np.abs(E)), np.abs(E), "the square root of the right one"),
        (1 / E, E, "one divided by the right one"),
        (1 - E, E, "one minus the right one"),
        (np.log(np.abs(E)), np.abs(E), "the logarithm"),
        (np.clip(E, -1, 1), E, "cut off at -1 and 1"),
        (np.clip(np.minimum(E, 0.9), -1, 2), np.minimum(E, 0.9), "cut off below, at -1."),
        (np.broadcast_to(E[:1, 0], (3, 2)), E[:3, 0], "all rows are the same"),
        (np.round(4 * E), 4 * E, "rounded to a whole number"),
        (3 * E, E, "3 times the right one"),
        (E / 6, E, "the right one divided by 6"),
        (E / 3**0.5, E, "divided by the square root of 3"),
        (0.37 * E, E, "0.37 times the right one"),
        (E + 0.5, E, "too large by 0.5"),
        (E - 2, E, "too small by 2"),
        (2 * E + 1, E, "2 times the right one, plus 1"),
        (E[::-1], E, "reverse order along axis 0"),
        (np.arange(5.0)[::-1] ** 2, np.arange(5.0) ** 2, "in reverse order"),
        (np.roll(E, 1, 0), E, "one place too late along axis 0"),
        (np.roll(E, -1, 1), E, "one place too early along axis 1"),
        (0 * E, E, "every value is 0"),
        (0 * E + 2, E, "every value is the same, 2"),
        (np.broadcast_to(E[:1], E.shape), E, "all entries along axis 0 are the same"),
        (E.reshape(4, 6)[:, :4].T, E.reshape(4, 6)[:, :4], "rows and columns are exchanged"),
        (E.transpose(0, 2, 1), E, "axes 1 and 2 are exchanged"),
        (E.transpose(2, 0, 1), E, "axes are in another order"),
        (E.reshape(4, 6).T, E.reshape(4, 6), "rows and columns are exchanged"),
        (E[None], E, "an axis of length 1 too many"),
        (E, E[None], "one axis missing"),
        (E[:-1], E, "one entry too few along axis 0: the last one is missing"),
        (E[1:], E, "one entry too few along axis 0: the first one is missing"),
        (np.append(E.ravel(), 1.0), E.ravel(), "one entry too many: the last one is too many"),
        (E.ravel(), E, "arranged in another shape"),
        (np.outer(np.ones(4), np.arange(4.0)), np.arange(4.0), "repeated along axis 0"),
        (np.outer(np.arange(4.0), np.arange(4.0) + 1), np.arange(4.0), "broadcasting"),
        (E[0], E, "one entry for each example, is missing"),
        (1.5, E, "one single number"),
        (E.astype(complex), E, "complex numbers"),
        (E > 0, E, "True and False"),
        ([1, 2.5, 3], [1, 2, 3], "whole numbers"),
        ("a", E, "a text"),
        ({}, E, "a dictionary"),
        ([[1, 2], [3]], E, "ragged"),
        ([1, None], [1.0, 2.0], "item 1 is None"),
        (4.0, 2.0, "it is the square of the right one"),
        (True, 1.0, "True and False"),
        ((E, -E[0]), (E, E[0]), "Item 1 of x_t is wrong"),
        ((E,), (E, E[0]), "has 1 item; it should have 2"),
        ({"a": 1}, {"a": 1, "b": 2}, "no entry 'b'"),
        ({"a": 1, "c": 1}, {"a": 1}, "an entry too many"),
        ("dog", "cat", "'dog'; it should be 'cat'"),
        (1, True, "it should be True"),
    ],
)
def test_what_was_done_to_the_right_answer_is_recognised(observed, expected, words):
    """The message names the mistake that turns the right values into the student's"""
    assert words in failure(observed, expected).message


@pytest.mark.parametrize(
    "observed", [np.linspace(1e-4, 2e-4, 16), np.cumprod(1 - np.linspace(1e-4, 0.02, 16)) * 1e-4 + 0.5]
)
def test_values_that_differ_are_not_called_the_same(observed):
    """Values within the tolerance of each other are the same only if nothing but rounding tells them apart"""
    assert "every value is the same" not in failure(observed, np.linspace(1e-4, 0.02, 16)).message


def test_a_level_that_is_nothing_beside_the_values_is_left_out():
    """A factor with a rounding error beside it is a factor"""
    expected = 1 + np.arange(12.0) / 1000
    message = failure(0.99 * expected + 1e-9, expected).message
    assert "0.99 times the right one" in message and "plus" not in message


def test_values_that_are_nearly_right_are_no_multiple_of_the_right_ones():
    """A rounding error is neither a factor nor a level"""
    expected = np.array([0.8374, -0.0833, 1.0, -0.5])
    assert "times" not in failure(expected - [1.2e-4, 0, 0, 0], expected).message


@pytest.mark.parametrize(("factor", "words"), [(30, "30 times the right one"), (1 / 4, "the right one divided by 4")])
def test_a_whole_factor_between_two_losses_is_said(factor, words):
    """A sum in place of a mean: one number is enough, as it agrees to six digits"""
    message = failure(torch.tensor(0.8263417 * factor), torch.tensor(0.8263417), name="loss").message
    assert f"it is {words}" in message


@pytest.mark.parametrize(
    ("mine", "right"),
    [(6.0, 2.0), (0.5, 0.25), (4, 2), (2.479, 0.8263417), (2.47905, 0.8263417), (-2.4790251, 0.8263417)],
)
def test_round_or_inexact_numbers_are_no_multiples(mine, right):
    """Two round numbers are multiples of each other all the time"""
    assert "times" not in failure(mine, right).message and "divided" not in failure(mine, right).message


def test_entries_along_the_first_axis_are_named():
    """Where only some are wrong the learner reads which pictures they are, not which indices"""
    wrong = E.copy()
    wrong[[1, 3]] += 1
    rows = [f"the picture at t = {t}" for t in (5, 0, 7, 2)]
    assert failure(wrong, E, rows=rows).message.endswith(
        " All is right but the picture at t = 0 and the picture at t = 2."
    )
    assert "All is right" not in failure(E + 1, E, rows=rows).message
    assert "All is right" not in failure(E[:3], E, rows=rows).message
    assert "All is right" not in failure(None, E, rows=rows).message


def test_one_wrong_entry_is_named():
    """Right values but for one place are said to be right"""
    wrong = E.copy()
    wrong[0] += np.arange(6).reshape(3, 2)
    assert "right except at index 0 of axis 0 (the first)" in failure(wrong, E).message


def test_the_wrong_axis_of_a_softmax_is_named():
    """Shares that add up along another axis are told which"""
    scores = np.exp(E[:, :, 0])
    message = failure(scores / scores.sum(0), scores / scores.sum(1, keepdims=True)).message
    assert "add up to 1 along axis 0; they should do so along axis 1" in message


def test_first_and_worst_places_are_shown_with_both_values():
    """The first differing index and the largest error stand in the message, yours beside the right one"""
    wrong = E + 0.01 * np.arange(24).reshape(E.shape) ** 1.5
    message = failure(wrong, E).message
    assert f"At index [0, 0, 1] yours is {wrong[0, 0, 1]:.4g}, it should be {E[0, 0, 1]:.4g}" in message
    assert "The largest error is at index [3, 2, 1]" in message and "23 of 24 values" in message


def test_values_that_are_not_finite_are_told_before_wrong_values():
    """nan and infinity are named with their place"""
    wrong = -E
    wrong[1, 2, 0] = np.nan
    assert "1 value that is not finite: at index [1, 2, 0] it is nan" in failure(wrong, E).message
    assert "infinite" in failure(np.inf, 1.0).message


def test_a_shape_is_told_before_values_and_a_type_before_both():
    """Type, then shape, then values"""
    assert "shape (2,); it should be (4, 3, 2)" in failure([1.0, np.nan], E).message
    assert "a text" in failure("nan", E).message


def test_an_off_by_one_in_a_large_whole_number_is_wrong():
    """The relative tolerance hides no off-by-one where whole numbers are expected"""
    assert "100001" in failure([100_001], [100_000]).message


def test_a_failure_carries_credit_renderings_and_evidence():
    """What the page shows and the share of points kept come along"""
    failed = failure(-E, E, credit=0.5)
    assert failed.credit == 0.5 and failed.expected.startswith("array (4, 3, 2) float64: [0.00")
    assert np.array_equal(failed.evidence["expected"], E) and np.array_equal(failed.evidence["observed"], -E)


CLAIMS = {
    "opposite sign": lambda e: -e,
    "the signs are lost": np.abs,
    "square of": lambda e: e * e,
    "square root of the right": lambda e: np.sqrt(np.abs(e)),
    "one divided by": lambda e: 1 / e,
    "one minus": lambda e: 1 - e,
    "reverse order": lambda e: e[::-1],
    "rounded": np.round,
}
NUMBERS = st.lists(st.floats(-9, 9).filter(lambda v: abs(v) > 1e-3), min_size=1, max_size=6)


def drawn_by(e, change):
    """The student's values: the right ones changed, or numbers of their own."""
    return np.array(change) if isinstance(change, list) else change(e)


PAIRS = NUMBERS.flatmap(
    lambda e: st.tuples(
        st.just(e),
        st.lists(st.floats(-9, 9), min_size=len(e), max_size=len(e))
        | st.sampled_from([*CLAIMS.values(), lambda e: 2 * e, lambda e: e + 1]),
    )
)


@settings(max_examples=500, deadline=None)
@given(PAIRS)
@example(([0.03125, 5.0, 0.03125], [0.0, 0.0012, 0.0]))  # a factor so small that what it leaves is no value at all
@example(([0.03125, 5.0, 0.03125, 2.0], [0.5, 0.5012, 0.5, 0.5005]))
@example(([0.002, 0.003, 8.0, 0.004], [0.0, 0.0, 0.004, 0.0]))
@example(([1.0, 2.0, 3.0], [1e-4, 2e-4, 3e-4]))
def test_nothing_is_claimed_that_does_not_hold(pair):
    """A message never names a change that does not turn the right values into the student's"""
    e = np.array(pair[0])
    o = drawn_by(e, pair[1])
    try:
        assert_matches(o, e, name="x_t")
    except CheckFailed as failed:
        for words, change in CLAIMS.items():
            if words in failed.message:
                assert np.allclose(o, change(e), rtol=1e-4, atol=1e-5)
        scaled = ("times the right one", "divided by")
        if any(f"every value is {words}" in re.sub(r" [\d.e+-]+", "", failed.message, count=1) for words in scaled):
            assert np.ptp(o / e) < 1e-2 * np.abs(o / e).max()
        if " by " in failed.message and "too " in failed.message:
            assert np.ptp(o - e) < 1e-3


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 100).filter(lambda f: abs(f - 1) > 0.05))
def test_a_constant_factor_is_found_whatever_it_is(seed, factor):
    """Values scaled by any constant are said to be scaled"""
    e = np.random.default_rng(seed).normal(size=(3, 4)) + 3
    message = failure(factor * e, e).message
    assert "times the right one" in message or "the right one divided by" in message or "opposite" in message


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**6))
def test_unrelated_values_get_no_explanation(seed):
    """Random values are only said to be wrong, with no idea invented"""
    rng = np.random.default_rng(seed)
    message = failure(rng.normal(size=(3, 4)), rng.normal(size=(3, 4))).message
    assert re.match(r"x_t is wrong at (all 12|\d+ of 12) values\.", message)  # one may be close by chance
    assert not any(word in message for word in ("times the right", "divided by", "opposite", "shifted", "place"))


def test_a_single_wrong_number_is_never_called_scaled_or_shifted():
    """One number is always some factor of another, which explains nothing"""
    assert failure(3.0, 2.0).message == "x_t is 3; it should be 2."
    assert failure(2.00031, 2.0).message == "x_t is 2.00031; it should be 2."


def test_as_array_gives_fresh_float64_of_the_asked_shape():
    """Numbers of any form become float64 that can be changed freely"""
    mine = np.ones((2, 3))
    array = as_array(mine, shape=(2, None))
    array += 1
    assert array.dtype == np.float64 and mine.max() == 1


@pytest.mark.parametrize(
    ("value", "options", "words"),
    [
        (np.ones(3), {"shape": (2,)}, "has the shape (3,); it should be (2,)"),
        (np.ones(3), {"shape": (None, 2)}, "it should be (any, 2)"),
        ([1.0, np.nan], {}, "1 value that is not finite: at index 1"),
        (None, {}, "did you forget `return`"),
        ("a", {}, "is a text; it should be numbers"),
        ([[1], [1, 2]], {}, "ragged"),
        (1j, {}, "complex"),
        (deep(MAX_DEPTH + 1), {}, "levels deep"),
    ],
)
def test_as_array_says_why_a_value_is_not_usable(value, options, words):
    """Whatever is not finite real numbers of the asked shape fails the check in words"""
    with pytest.raises(CheckFailed) as caught:
        as_array(value, name="z", **options)
    assert words in caught.value.message


def test_require_fails_with_its_own_sentence():
    """A contract's message is what the learner reads; values are rendered, texts kept"""
    require(True, "never shown")
    with pytest.raises(CheckFailed) as caught:
        require(False, "Two calls for one step.", credit=0.25, expected="one call", observed=[1, 2])
    failed = caught.value
    assert (failed.message, failed.credit) == ("Two calls for one step.", 0.25)
    assert (failed.expected, failed.observed) == ("one call", "a list of 2: [1, 2]")


def test_a_changed_argument_and_a_moved_generator_fail_purity():
    """Purity looks at arguments and, unless told not to, at the global generators"""
    assert_pure(Answer(value=1))
    assert_pure(Answer(value=1, generators=("torch",)), generators=False)
    with pytest.raises(CheckFailed, match="changed its input x0"):
        assert_pure(Answer(value=1, mutated=("x0",)))
    with pytest.raises(CheckFailed, match="global random generator of numpy and torch"):
        assert_pure(Answer(value=1, generators=("numpy", "torch")))


def test_an_answer_is_compared_by_its_value():
    """student.call's Answer may be passed as it is"""
    assert_matches(Answer(value=E), E)


def test_a_long_row_is_shown_by_both_ends() -> None:
    """The dots stand where numbers are left out, and nowhere else."""
    assert render(np.arange(20.0)) == "array (20,) float64: [0, 1, 2, 3, 4, ..., 18, 19]"
    assert render(np.arange(8.0)) == "array (8,) float64: [0, 1, 2, 3, 4, 5, 6, 7]"


def test_a_series_of_numbers_is_a_row_of_them_without_pandas_too():
    """A table, one of texts and one with gaps are none"""
    index = [0, 1]
    assert_matches(Table({None: np.array([1.0, 2.0])}, ("float64",), index, "Series"), [1.0, 2.0], name="the row")
    for odd, words in (
        (Table({"a": np.array([1.0, 2.0])}, ("float64",), index), "a DataFrame"),
        (Table({None: ["x", "y"]}, ("object",), index, "Series"), "a Series"),
        (Table({None: [1.0, None]}, ("Float64",), index, "Series"), "a Series"),
        (Table({}, (), index, "Index"), "an Index"),
    ):
        with pytest.raises(CheckFailed, match=f"The row is {words}"):
            assert_matches(odd, [1.0, 2.0], name="the row")
