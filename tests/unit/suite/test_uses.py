"""Whether an answer was made of its parts, whatever the factors."""

from __future__ import annotations

import numpy as np
import pytest

from autograder.suite import assert_uses
from autograder.suite.assertions import CheckFailed

RNG = np.random.default_rng(7)
X, EPS, NOISE = RNG.normal(size=(3, 4, 5))


@pytest.mark.parametrize("made", [2 * X - EPS, X + 0.1 * EPS + 3, (X - EPS).clip(-1, 1), (X + EPS).tolist()])
def test_any_factors_and_formulas_near_a_sum_will_do(made: object) -> None:
    """How the parts are put together is judged elsewhere."""
    assert_uses(made, {"x": X, "eps": EPS})


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (X, "without eps"),
        (-0.3 * EPS, "without x"),
        (NOISE, "does not come from x and eps"),
        (np.full((4, 5), 2.0), "does not come from"),
        (np.zeros((4, 5)), "does not come from"),
        (X[:2], "holds 10 values"),
        (np.full((4, 5), np.nan), "nan"),
    ],
)
def test_what_leaves_a_part_out_or_comes_from_elsewhere_fails(made: object, says: str) -> None:
    """One part alone, noise, a constant, another shape."""
    with pytest.raises(CheckFailed, match=says):
        assert_uses(made, {"x": X, "eps": EPS}, name="x_prev")


def test_parts_that_cannot_be_told_apart_are_not_demanded() -> None:
    """A model that says a multiple of its input leaves no trace of its own."""
    assert_uses(3 * X, {"x": X, "eps": 2 * X})


def test_noise_may_be_left_over_where_the_suite_allows_it() -> None:
    """`most` is the share of the spread that may come from elsewhere, `needs` what must have been used."""
    assert_uses(X + EPS + 5 * NOISE, {"x": X, "eps": EPS}, most=1.0)
    assert_uses(X, {"x": X, "eps": EPS}, needs=("x",))
