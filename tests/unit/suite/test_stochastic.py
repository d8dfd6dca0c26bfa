"""Statistical checks: right noise passes, wrong noise fails, and the stated false-failure rates are the true ones."""

import math

import mpmath
import numpy as np
import pytest

from autograder.suite import stochastic
from autograder.suite.assertions import CheckFailed
from autograder.suite.stochastic import (
    KS,
    TAIL,
    Z_TAIL,
    Z,
    assert_chi_square,
    assert_rate,
    assert_standard_normal,
    assert_uncorrelated,
    assert_uniform_counts,
)

N = 8192
COUNTS = 20_000
RUNS = 10_000


def rng(seed=3):
    return np.random.default_rng(seed)


def failure(assertion, *args, **options):
    with pytest.raises(CheckFailed) as caught:
        assertion(*args, **options)
    return caught.value.message


@pytest.mark.no_cover
def test_ten_thousand_right_runs_pass_the_normal_check():
    """No standard normal sample fails among 10,000"""
    draws = rng()
    for _ in range(RUNS):
        assert_standard_normal(draws.normal(size=200), name="z", shape=(200,))


@pytest.mark.no_cover
def test_ten_thousand_right_runs_pass_the_correlation_check():
    """No two independent samples fail among 10,000"""
    draws = rng()
    for _ in range(RUNS):
        assert_uncorrelated(draws.normal(size=400), draws.normal(size=400), name="two rows")


@pytest.mark.no_cover
@pytest.mark.parametrize("antithetic", [False, True])
def test_ten_thousand_right_runs_pass_the_counts_check(antithetic):
    """No evenly drawn sample fails among 10,000, and where pairs t, T-1-t are allowed neither does one made of them"""
    draws = rng()
    for _ in range(RUNS):
        values = draws.integers(0, 10, size=400)
        if antithetic:
            values[200:] = 9 - values[:200]
        assert_uniform_counts(values, 10, name="t", size=400, antithetic=antithetic)


@pytest.mark.no_cover
def test_ten_thousand_right_runs_pass_the_rate_check():
    """No sample drawn at the asked rate fails among 10,000"""
    draws = rng()
    for _ in range(RUNS):
        assert_rate(draws.random(500) < 0.1, 0.1, name="dropped labels", size=500)


@pytest.mark.no_cover
def test_ten_thousand_right_runs_pass_the_chi_square_check():
    """No sum of squared normal draws fails among 10,000"""
    draws = rng()
    for total in draws.chisquare(30, size=RUNS):
        assert_chi_square(total, 30, name="z")


def gamma_tail(df, statistic):
    with mpmath.workdps(40):
        upper = mpmath.gammainc(mpmath.mpf(df) / 2, mpmath.mpf(statistic) / 2, mpmath.inf, regularized=True)
        return float(2 * min(upper, 1 - upper))


def test_chi_square_tails_are_exact():
    """The tail agrees with 40-digit arithmetic from one degree of freedom to 200,000"""
    degrees, distances = [1, 2, 9, 49, 999, 7000, 8192, 20_000, 200_000], [-7, -6.3, -3, -0.5, 0.5, 3, 6.3, 7.5]
    statistics = {(df, sds): df + sds * math.sqrt(2 * df) for df in degrees for sds in distances}
    possible = {key: statistic for key, statistic in statistics.items() if statistic > 0}
    tails = {key: stochastic.chi_square_tail(statistic, key[0]) for key, statistic in possible.items()}
    assert len(tails) == 61
    assert tails == pytest.approx({key: gamma_tail(key[0], s) for key, s in possible.items()}, rel=1e-4)


@pytest.mark.parametrize(("n", "p"), [(500, 0.1), (8000, 0.1), (3000, 0.37), (30, 0.5)])
def test_binomial_tails_are_exact(n, p):
    """The tail agrees with a sum of exact binomial terms"""
    for sds in (-6.7, -2, 0, 2, 6.7):
        yes = min(n, max(0, round(n * p + sds * math.sqrt(n * p * (1 - p)))))
        with mpmath.workdps(30):
            mass = [mpmath.binomial(n, k) * mpmath.mpf(p) ** k * (1 - mpmath.mpf(p)) ** (n - k) for k in range(yes + 1)]
            below = mpmath.fsum(mass)
            exact = min(1, 2 * min(below, 1 - below + mass[-1]))
        assert stochastic.binomial_tail(yes, n, p) == pytest.approx(float(exact), rel=1e-6)


def test_certain_rates_allow_no_exception():
    """At p = 0 or 1 every flag must be that"""
    assert_rate(np.zeros(50, bool), 0.0, name="flags", size=50)
    assert_rate([1] * 50, 1.0, name="flags", size=50)
    assert "should be 0" in failure(assert_rate, [True] + [False] * 49, 0.0, name="flags", size=50)


@pytest.mark.parametrize("n", [400, 1000, 8192])
def test_the_correlation_tail_is_within_twice_the_stated_one(n):
    """Beyond 6.6 the correlation's exact law (r^2 is Beta) has at most twice the normal law's tail"""
    r = math.tanh(Z / math.sqrt(n - 3))
    with mpmath.workdps(40):
        exact = mpmath.betainc(mpmath.mpf(1) / 2, mpmath.mpf(n - 1) / 2, r**2, 1, regularized=True)
    assert float(exact) < 2 * Z_TAIL


def test_the_sum_of_a_check_is_below_one_in_a_billion():
    """Mean, spread, bell and three correlations together fail a right solution less often than 1e-9"""
    bell = 2 * math.exp(-2 * KS**2)
    assert Z_TAIL + TAIL + bell < 4.8e-10
    assert Z_TAIL + TAIL + bell + 3 * 2 * Z_TAIL < 1e-9


WRONG_NOISE = {
    "uniform": (lambda r: r.uniform(-(3**0.5), 3**0.5, N), "as if drawn evenly from a range"),
    "Laplace": (lambda r: r.laplace(size=N) / 2**0.5, "too many lie close to 0"),
    "std x 1.1": (lambda r: 1.1 * r.normal(size=N), "The spread (standard deviation) of your noise is 1."),
    "std x 0.81": (lambda r: 0.81 * r.normal(size=N), "noise is 0."),
    "variance for std": (lambda r: 0.5 * r.normal(size=N), "it should be 1"),
    "mean": (lambda r: r.normal(size=N) + 0.2, "The mean of your noise is 0."),
    "abs": (lambda r: np.abs(r.normal(size=N)), "The mean of your noise"),
    "zeros": (lambda r: np.zeros(N), "Every value of your noise is the same"),
    "signs": (lambda r: r.choice([-1.0, 1.0], N), "only 2 different values occur"),
    "clamped": (lambda r: np.clip(r.normal(size=N), -1, 1), "it should be 1"),
    "uniform 0..1": (lambda r: r.random(N), "mean"),
    "drawn once": (lambda r: np.tile(r.normal(size=16), N // 16), "your noise"),
    "short": (lambda r: r.normal(size=3), "has the shape (3,); it should be (8192,)"),
    "nan": (lambda r: np.where(np.arange(N) == 5, np.nan, r.normal(size=N)), "not finite: at index 5"),
    "text": (lambda r: "noise", "is a text"),
    "handle": (lambda r: object(), "an object"),
}


@pytest.mark.parametrize(("draw", "words"), WRONG_NOISE.values(), ids=WRONG_NOISE.keys())
def test_noise_of_another_law_fails_at_8192_values(draw, words):
    """Wrong mean, spread or shape of the bell is seen in each of 40 runs, and named"""
    for seed in range(40):
        message = failure(assert_standard_normal, draw(rng(seed)), name="your noise", shape=(N,))
        assert words in message


def test_dependent_noise_is_uncovered_by_correlation():
    """One noise for two pictures, or neighbours that go together, fail in each of 40 runs"""
    for seed in range(40):
        z = rng(seed).normal(size=N + 1)
        assert "same draws used twice" in failure(assert_uncorrelated, z[1:], z[1:], name="two pictures")
        smooth = z[1:] + 0.15 * z[:-1]
        assert "not independent" in failure(assert_uncorrelated, smooth[1:], smooth[:-1], name="neighbours")


def test_too_few_or_unequal_values_fail_the_correlation():
    """Values that a student withheld are never judged as independent"""
    z = rng().normal(size=N)
    assert "too few values" in failure(assert_uncorrelated, z, z[:-1], name="rows")
    assert "too few values" in failure(assert_uncorrelated, [], [], name="rows")
    assert_uncorrelated(np.zeros(N), z, name="rows")


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda r: r.integers(1, 50, COUNTS), "never holds 0"),
        (lambda r: r.integers(0, 49, COUNTS), "never holds 49"),
        (lambda r: r.integers(0, 51, COUNTS), "reaches from 0 to 50; it should stay within 0 to 49"),
        (lambda r: r.integers(-1, 50, COUNTS), "reaches from -1 to 49"),
        (lambda r: np.full(COUNTS, 7), "never holds 0"),
        (lambda r: (0.2 + 0.8 * np.sqrt(r.random(COUNTS))) * 49.999 // 1, "never holds 0"),
        (lambda r: r.random(COUNTS) * 49, "whole numbers"),
        (lambda r: r.random(COUNTS) < 0.5, "whole numbers"),
        (lambda r: r.integers(0, 50, COUNTS - 1), "shape (19999,)"),
        (lambda r: np.round(r.random(COUNTS) * 49), "times; each of 0 to 49 should turn up about 400"),
    ],
)
@pytest.mark.parametrize("antithetic", [False, True])
def test_uneven_counts_fail(draw, words, antithetic):
    """Values left out, out of range or too frequent are seen in each of 20 runs"""
    for seed in range(20):
        message = failure(assert_uniform_counts, draw(rng(seed)), 50, name="t", size=COUNTS, antithetic=antithetic)
        assert words in message


def test_more_even_than_chance_is_right():
    """A shuffled deck is an accepted way to draw evenly"""
    assert_uniform_counts(rng().permutation(np.arange(N) % 64), 64, name="t", size=N)


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.13, 0.9, 1.0])
def test_another_rate_fails(rate):
    """A share other than the asked one is told as a share"""
    message = failure(assert_rate, rng().random(N) < rate, 0.1, name="dropped labels", size=N)
    assert message.startswith("The share of dropped labels is ") and message.endswith("it should be 0.1.")


def test_flags_must_be_yes_or_no():
    """Anything but True, False, 0 and 1 is no flag"""
    assert "True and False only" in failure(assert_rate, [0.5] * 9, 0.5, name="flags", size=9)


@pytest.mark.parametrize("total", [0.0, -1.0, 7000 * 0.85, 7000 * 1.15, 1e300])
def test_a_sum_of_squares_of_another_size_fails(total):
    """Too small, too large and impossible sums fail"""
    assert "it should be 1" in failure(assert_chi_square, total, 7000, name="z")


def test_names_from_the_code_keep_their_spelling():
    """A message that starts with a variable's name does not capitalise it"""
    assert failure(assert_uniform_counts, [9] * 100, 5, name="t", size=100).startswith("t reaches")
    assert failure(assert_rate, [2] * 9, 0.5, name="your flags", size=9).startswith("Your flags")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda z: z + 0.5, "The mean of x_T is 4; it should be 3.9"),
        (lambda z: 2 * z, "The spread (standard deviation) of x_T is 0.4"),
        (lambda z: 0 * z, "Every value of x_T is the same, 3.9"),
        (lambda z: np.sign(z), "mean 3.9 and spread 0.2, but do not follow a bell curve"),
    ],
)
def test_messages_speak_of_what_was_returned_and_not_of_standard_units(change, words):
    """A sample of N(3.9, 0.2) that was standardised is told by its own mean and spread"""
    z = np.random.default_rng(0).normal(size=N)
    with pytest.raises(CheckFailed) as caught:
        stochastic.assert_standard_normal(change(z), name="x_T", shape=(N,), law=(3.9, 0.2))
    assert words in caught.value.message
