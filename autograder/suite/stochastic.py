"""Statistical checks of noise that the student draws: each states how often a right solution fails.

Every threshold is a tail of a known law, never "looks about right" (the constants allow a whole check of four or five
statistics to stay below 1e-9). Shape and finiteness come first, and the number of values is the suite's, never the
student's. KS sees no dependence: always add correlations across the axes along which one noise might be repeated.
Use 8,192 values or more: there a standard deviation wrong by a tenth, uniform noise and Laplace noise always fail.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.suite.assertions import CheckFailed, as_array
from autograder.suite.values import Numbers, number, sentence, to_numbers

Z = 6.6  # two-sided tail of the normal law: 4.1e-11
KS = 3.4  # of sqrt(n) D_n; tail 2 exp(-2 KS^2) = 1.8e-10 for every n (Massart, 1990, the DKW inequality)
TAIL = 10**-9.6  # 2.5e-10, for chi-square statistics
Z_TAIL = math.erfc(Z / math.sqrt(2))
_FEWEST = 400


def assert_standard_normal(
    z: Any, *, name: str, shape: tuple[int, ...], credit: float = 0.0, law: tuple[float, float] = (0.0, 1.0)
) -> None:
    """Fail unless the values look like independent draws of N(0, 1): mean, spread, and the whole bell.

    law: mean and spread of what `name` is, where z is that less its mean, divided by its spread; messages speak of
    what `name` is. False-failure rate 4.7e-10: mean 4.1e-11, sum of squares (chi-square, exact) 2.5e-10,
    Kolmogorov-Smirnov 1.8e-10.
    """
    values = as_array(z, name=name, shape=shape, credit=credit).ravel()
    level, scale = law
    n = values.size
    mean, spread = float(values.mean()), float(np.sqrt(np.mean(values**2)))
    if np.ptp(values) == 0:
        same = number(level + scale * values[0])
        _fail(
            f"Every value of {name} is the same, {same}; noise differs from place to place.",
            credit,
            sample=values,
        )
    if abs(mean) * math.sqrt(n) > Z:
        margin = number(scale * Z / math.sqrt(n))
        mine, right = number(level + scale * mean), number(level)
        expected, observed = f"mean {right} (within {margin})", f"mean {mine}"
        _fail(f"The mean of {name} is {mine}; it should be {right}.", credit, expected, observed, values)
    if chi_square_tail(float(np.sum(values**2)), n) < TAIL:
        mine, right = number(scale * spread), number(scale)
        expected, observed = f"spread {right}", f"spread {mine}"
        _fail(
            f"The spread (standard deviation) of {name} is {mine}; it should be {right}.",
            credit,
            expected,
            observed,
            values,
        )
    if ks_statistic(values) > KS:
        counted = "" if law == (0.0, 1.0) else " (counted from the mean, in spreads)"
        _fail(
            f"The values of {name} have mean {number(level)} and spread {number(scale)}, but do not follow a bell "
            f"curve: {_odd_shape(values)}{counted}.",
            credit,
            "normally distributed values",
            f"largest {number(float(np.abs(values).max()))}, kurtosis {number(_kurtosis(values))}",
            values,
        )


def assert_uncorrelated(a: Any, b: Any, *, name: str, credit: float = 0.0) -> None:
    """Fail if two sets of independent N(0, 1) draws go together.

    a, b: numbers of one shape, 400 or more, whose shape was checked before. name: what they are ("two pictures of one
    batch"). False-failure rate 4.1e-11: Fisher's z of the correlation about 0, normal to 2x in this tail at n >= 400.
    """
    first, second = as_array(a, name=name, credit=credit), as_array(b, name=name, credit=credit)
    if first.shape != second.shape or first.size < _FEWEST:
        _fail(f"There are too few values to compare in {name}: shapes {first.shape} and {second.shape}.", credit)
    r = correlation(first, second)
    if abs(math.atanh(r)) * math.sqrt(first.size - 3) > Z:
        same = " They are the same draws used twice." if np.allclose(first, second, atol=1e-3) else ""
        _fail(
            f"The draws are not independent: {name} have a correlation of {number(r)}; it should be about 0.{same}",
            credit,
            "correlation 0",
            f"correlation {number(r)}",
        )


def assert_uniform_counts(
    values: Any, categories: int, *, name: str, size: int, antithetic: bool = False, credit: float = 0.0
) -> None:
    """Fail unless each of 0..categories-1 turns up equally often among `size` whole numbers.

    False-failure rate 2.5e-10: upper tail of the chi-square law with categories - 1 degrees of freedom, for independent
    draws with size / categories >= 20. More even than chance is right too. With `antithetic`, so are draws in pairs
    t, categories - 1 - t, whose counts vary twice as much.
    """
    whole = _whole_numbers(values, categories, name=name, size=size, credit=credit)
    counts = np.bincount(whole, minlength=categories)
    fair = size / categories
    statistic = float(np.sum((counts - fair) ** 2) / fair)
    if _upper_tail(statistic, categories - 1) >= TAIL:
        return
    if antithetic and _upper_tail(statistic / 2, math.ceil(categories / 2) - 1) >= TAIL:
        return
    never = np.flatnonzero(counts == 0)
    if never.size and fair >= 30:
        text = f"{name} never holds {never[0]}, though each of 0 to {categories - 1} should turn up equally often."
        _fail(text, credit, f"about {number(fair)} of each", f"no {never[0]} among {size}")
    odd = int(np.argmax(np.abs(counts - fair)))
    text = f"{name} holds {odd} {counts[odd]} times; each of 0 to {categories - 1} should turn up about {number(fair)}."
    _fail(text, credit, f"about {number(fair)} of each", f"{odd} turned up {counts[odd]} times")


def assert_rate(flags: Any, p: float, *, name: str, size: int, credit: float = 0.0) -> None:
    """Fail unless a share p of `size` independent yes-or-no draws is yes (bools, or 0 and 1).

    False-failure rate at most 4.1e-11 for every size: exact tails of the binomial law.
    """
    values = as_array(flags, name=name, shape=(size,), credit=credit)
    if not np.isin(values, (0.0, 1.0)).all():
        _fail(f"{name} should hold True and False only.", credit)
    yes = int(values.sum())
    if binomial_tail(yes, size, p) < Z_TAIL:
        share = number(yes / size)
        _fail(
            f"The share of {name} is {share}; it should be {number(p)}.", credit, f"share {number(p)}", f"share {share}"
        )


def assert_chi_square(sum_of_squares: float, df: int, *, name: str, credit: float = 0.0) -> None:
    """Fail unless a sum of `df` squared N(0, 1) draws has the size it should.

    False-failure rate 2.5e-10: both tails of the chi-square law, exact.
    """
    total = float(as_array(sum_of_squares, name=name, shape=(), credit=credit))
    if total < 0 or chi_square_tail(total, df) < TAIL:
        spread = number(math.sqrt(max(total, 0.0) / df))
        text = f"The spread (standard deviation) of {name} is {spread}; it should be 1."
        _fail(text, credit, "spread 1", f"spread {spread}")


def chi_square_tail(statistic: float, df: float) -> float:
    """The chance, both tails counted, that a chi-square value with `df` degrees lies so far out."""
    upper = _upper_tail(statistic, df)
    lower = _gamma(df, statistic, upper=False)
    return 2 * min(upper, lower, 0.5)


def ks_statistic(values: NDArray[np.float64]) -> float:
    """sqrt(n) times the largest distance between the values' distribution and the standard normal one."""
    n = values.size
    steps = np.arange(n + 1) / n
    bell = _normal_cdf(np.sort(values.ravel()))
    return math.sqrt(n) * float(max((steps[1:] - bell).max(), (bell - steps[:-1]).max()))


def correlation(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Correlation about 0 (the means are known to be 0), kept off +-1 so that atanh is finite."""
    with np.errstate(all="ignore"):
        r = float(np.sum(a * b) / np.sqrt(np.sum(a * a) * np.sum(b * b)))
    return float(np.clip(r, -0.999999, 0.999999)) if math.isfinite(r) else 0.0


def binomial_tail(yes: int, n: int, p: float) -> float:
    """The chance, both tails counted, of `yes` or something further out among n draws with chance p. Exact."""
    if not 0 < p < 1:
        return float(yes == n * p)
    k = np.arange(n + 1)
    steps = np.log(np.arange(n, 0, -1)) - np.log(np.arange(1, n + 1)) + math.log(p / (1 - p))
    log_mass = n * math.log1p(-p) + np.concatenate(([0.0], np.cumsum(steps)))
    mass = np.exp(log_mass)
    return float(min(1.0, 2 * min(mass[k <= yes].sum(), mass[k >= yes].sum())))


def _upper_tail(statistic: float, df: float) -> float:
    return _gamma(df, statistic, upper=True)


def _gamma(df: float, statistic: float, *, upper: bool) -> float:
    """The regularised incomplete gamma function P(df/2, statistic/2), or Q = 1 - P if upper.

    By its series below the mean and its continued fraction (Lentz's method) above, as in Abramowitz and Stegun, 6.5.29
    and 6.5.31. torch has it too, and takes two seconds to import; scipy is not asked of a course.
    """
    a, x = df / 2, max(statistic, 0.0) / 2
    if x == 0 or math.isinf(x):
        return float(upper == (x == 0))
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        n = 0
        while term > total * 1e-17:
            n += 1
            term *= x / (a + n)
            total += term
        return max(0.0, 1 - front * total) if upper else front * total
    b = x + 1 - a
    c, d = math.inf, 1 / b
    fraction = d
    change, n = 0.0, 0
    while abs(change - 1) > 1e-15:
        n += 1
        step = n * (a - n)
        b += 2
        d = 1 / (b + step * d)
        c = b + step / c
        change = c * d
        fraction *= change
    return front * fraction if upper else 1 - front * fraction


def _normal_cdf(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([math.erfc(-value * math.sqrt(0.5)) / 2 for value in values.tolist()])


def _whole_numbers(values: Any, categories: int, *, name: str, size: int, credit: float) -> NDArray[np.int64]:
    array = as_array(values, name=name, shape=(size,), credit=credit)
    numbers = to_numbers(values)
    if (array != np.round(array)).any() or (isinstance(numbers, Numbers) and numbers.family == "bool"):
        _fail(f"{name} should hold whole numbers.", credit)
    if array.min() < 0 or array.max() > categories - 1:
        low, high = number(float(array.min())), number(float(array.max()))
        text = f"{name} reaches from {low} to {high}; it should stay within 0 to {categories - 1}."
        _fail(text, credit, f"0 to {categories - 1}", f"{low} to {high}")
    return array.astype(np.int64)


def _kurtosis(values: NDArray[np.float64]) -> float:
    """3 for the normal law, 1.8 for the uniform one, 6 for the Laplace one."""
    return float(np.mean(values**4) / np.mean(values**2) ** 2)


def _odd_shape(values: NDArray[np.float64]) -> str:
    largest = float(np.abs(values).max())
    repeated = 1 - np.unique(values).size / values.size
    if repeated > 0.5:
        return f"only {np.unique(values).size} different values occur"
    if (values >= 0).all() or (values <= 0).all():
        return "all of them have the same sign"
    if largest < 1.75:
        return f"none is further from 0 than {number(largest)}, as if drawn evenly from a range"
    if np.mean(np.abs(values) > 0.999 * largest) > 0.01:
        return f"they are cut off at {number(largest)}"
    if _kurtosis(values) > 3.5:
        return "too many lie close to 0 and too many far out"
    below, beyond = number(float(np.mean(values < 0))), number(float(np.mean(np.abs(values) > 2)))
    return f"a share of {below} lies below 0 (it should be 0.5), {beyond} lies beyond 2 on either side (0.0455)"


def _fail(
    message: str,
    credit: float,
    expected: str | None = None,
    observed: str | None = None,
    sample: NDArray[np.float64] | None = None,
) -> None:
    evidence = None if sample is None else {"sample": sample}
    raise CheckFailed(sentence(message), expected=expected, observed=observed, credit=credit, evidence=evidence)
