"""What a wrong array has to do with the right one: transposed, scaled, shifted, reversed, squared, broadcast ...

A claim is made only after it was checked: the right values, changed in the way that is named, agree with the student's
within the check's own tolerance and differ from the right values by far more than it. What any values would satisfy (a
constant factor between two single numbers) is never claimed; a whole one is, where the right number is no round one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from autograder.suite.values import number

Array = NDArray[np.float64]
_MAX_PERMUTED = 1 << 20
_NICE = 40
_MOST_TIMES = 1000
_CLEARLY = 20  # tolerances: by how many two values differ clearly


class Comparison:
    """How close two arrays must be. `whole`: whole numbers are expected, so no tolerance may hide an off-by-one."""

    def __init__(self, *, rtol: float, atol: float, whole: bool = False) -> None:
        self.rtol, self.atol, self.whole = rtol, atol, whole

    def tolerance(self, expected: Array) -> Array:
        """The largest difference allowed at each place."""
        with np.errstate(all="ignore"):
            allowed = self.atol + self.rtol * np.abs(expected)
            return np.asarray(np.minimum(allowed, 0.1) if self.whole else allowed)

    def agree(self, observed: Array, expected: Array) -> NDArray[np.bool_]:
        """Where the two agree. Infinities agree with themselves, nan with nan."""
        with np.errstate(all="ignore"):
            near = np.abs(observed - expected) <= self.tolerance(expected)
            same = (observed == expected) | (np.isnan(observed) & np.isnan(expected))
        return np.asarray((near & np.isfinite(observed) & np.isfinite(expected)) | same)

    def same(self, observed: Array, expected: Array) -> bool:
        """Whether the two have one shape and agree everywhere."""
        return observed.shape == expected.shape and bool(self.agree(observed, expected).all())

    def far(self, one: Array, other: Array) -> bool:
        """Whether two arrays of one shape differ somewhere by clearly more than the tolerance."""
        with np.errstate(all="ignore"):
            return bool((np.abs(one - other) > _CLEARLY * self.tolerance(other)).any())


def recognise_values(observed: Array, expected: Array, compare: Comparison) -> str | None:
    """What was done to `expected` to get `observed`, both of one shape and different; None if nothing known fits.

    A sentence in the learner's words. Where two things explain it equally well, both are named.
    """
    if observed.shape != expected.shape or not np.isfinite(observed).all() or not np.isfinite(expected).all():
        return None
    with np.errstate(all="ignore"):
        claims: list[str] = []
        for claim, changed in _changes(expected, observed):
            if compare.same(observed, changed) and compare.far(changed, expected):
                claims.append(claim)
        if not claims:
            claims = list(_by_fit(observed, expected, compare))[:1]
        if not claims:
            claims = list(_by_pattern(observed, expected, compare))[:1]
    if not claims:
        return None
    return claims[0] if len(claims) == 1 else f"{claims[0]} (or: {claims[1]})"


def _changes(e: Array, o: Array) -> Iterator[tuple[str, Array]]:
    """Every change that needs no fitting, with the sentence that names it."""
    if e.size >= 2 and not o.any():
        yield "every value is 0", np.zeros_like(e)
        return
    yield "every value has the opposite sign", -e
    if (e < 0).any():
        yield "the signs are lost: each value is the absolute value of the right one", np.abs(e)
    yield "each value is the square of the right one", e * e
    if (e >= 0).all():
        yield "each value is the square root of the right one", np.sqrt(e)
    if (e != 0).all():
        yield "each value is one divided by the right one", 1 / e
    yield "each value is one minus the right one", 1 - e
    if (e > 0).all():
        yield "each value is the logarithm of the right one", np.log(e)
    for low, high in ((-1.0, 1.0), (0.0, 1.0)):
        below, above = bool((e < low).any()), bool((e > high).any())  # an end that no value passes is not named
        if e.size >= 3 and ((e > low) & (e < high)).any() and (below or above):
            ends = " and ".join(f"{end:g}" for end, passed in ((low, below), (high, above)) if passed)
            side = "" if below and above else " below," if below else " above,"
            yield f"the values are cut off{side} at {ends}", np.clip(e, low if below else None, high if above else None)
    if e.size >= 3:
        yield "each value is rounded to a whole number", np.round(e)
        if e.ndim == 1:
            yield "the values are in reverse order", e[::-1]
        for axis in range(e.ndim) if e.ndim > 1 else ():
            if e.shape[axis] > 1:
                yield f"the values are in reverse order along axis {axis}", np.flip(e, axis)
    for axes in _permutations(e):
        if tuple(e.shape[a] for a in axes) == e.shape:
            yield _permuted(axes), e.transpose(axes)


def _by_fit(o: Array, e: Array, compare: Comparison) -> Iterator[str]:
    """Changes by a number that is read off the data; so they need several different values to be more than a guess."""
    if e.size == 1 and not compare.whole:
        yield from _whole_factor(float(o.flat[0]), float(e.flat[0]))
    if e.size < 3 or not _varied(e, compare) or not _varied(o, compare):
        return
    top = np.unravel_index(np.argmax(np.abs(e)), e.shape)
    factor = float(o[top] / e[top]) if e[top] != 0 else float("nan")
    if _scaled(o, e, factor, compare) and compare.far(factor * e, e):
        yield f"every value is {_factor(factor)}"
    middle = float(np.median(o - e))
    if compare.same(o, e + middle) and compare.far(e + middle, e):
        yield f"every value is too {'large' if middle > 0 else 'small'} by {number(abs(middle))}"
    for axis in range(e.ndim):
        if e.shape[axis] < 3:
            continue
        early, late = _slice(e, axis, slice(None, -1)), _slice(e, axis, slice(1, None))
        along = f" along axis {axis}" if e.ndim > 1 else ""
        if not _varied(e, compare, axis):
            continue
        if compare.same(_slice(o, axis, slice(1, None)), early) and compare.far(early, late):
            yield f"the values stand one place too late{along}: at index 1 is what belongs at index 0, and so on"
        if compare.same(_slice(o, axis, slice(None, -1)), late) and compare.far(late, early):
            yield f"the values stand one place too early{along}: at index 0 is what belongs at index 1, and so on"
    if e.size >= 4:
        slope, level = (float(number) for number in np.polyfit(e.ravel(), o.ravel(), 1))
        far = compare.far(slope * e + level, e)
        if far and _scaled(o - level, e, slope, compare) and len(np.unique(e)) > 2:
            plus = f", plus {number(level)}" if abs(level) > 1e-6 * np.max(np.abs(o)) else ""
            yield f"every value is {number(slope)} times the right one{plus}"


def _whole_factor(mine: float, right: float) -> Iterator[str]:
    """A sum in place of a mean, or a mean taken twice: one number is exactly a whole multiple of the other.

    Six digits must agree, so that fewer than one ratio in a hundred does so by luck, also near the largest factor.
    Round numbers, which are multiples of each other all the time, are left alone.
    """
    if mine == 0 or right == 0 or round(right, 4) == right or mine * right < 0:
        return
    factor = mine / right
    times = factor if factor > 1 else 1 / factor
    if 1.5 < times <= _MOST_TIMES and abs(times - round(times)) <= 3e-6 * times:
        yield f"every value is {_factor(factor)}"


def _scaled(o: Array, e: Array, factor: float, compare: Comparison) -> bool:
    """Whether o is factor * e, as closely as the factor leaves the tolerance, and by more than one value.

    Values that a small factor sinks below the tolerance would agree with any others there.
    """
    if not np.isfinite(factor) or factor == 0:
        return False
    changed = factor * e
    closer = Comparison(rtol=compare.rtol, atol=compare.atol * min(1.0, abs(factor)), whole=compare.whole)
    large = np.abs(changed) > _CLEARLY * closer.tolerance(changed)
    return closer.same(o, changed) and bool(large.sum() > 1) and _varied(changed[large], closer)


def _by_pattern(o: Array, e: Array, compare: Comparison) -> Iterator[str]:
    """Where the wrong values are, and what they share."""
    if o.size >= 3 and _varied(e, compare) and np.ptp(o) <= 1e-6 * np.max(np.abs(o)):
        yield f"every value is the same, {number(o.flat[0])}"
    for axis in range(o.ndim):
        if o.ndim < 2 or o.shape[axis] < 2:
            continue
        first = _slice(o, axis, slice(0, 1))
        if compare.same(o, np.broadcast_to(first, o.shape)) and _varied(e, compare, axis):
            entries = ("rows", "columns")[axis] if o.ndim == 2 else f"entries along axis {axis}"
            yield f"all {entries} are the same, though they should differ"
    wrong = ~compare.agree(o, e)
    for axis in range(o.ndim):
        others = tuple(a for a in range(o.ndim) if a != axis)
        lines = wrong.any(axis=others) if others else wrong
        if o.shape[axis] >= 3 and lines.sum() == 1:
            place = int(np.argmax(lines))
            where = {0: "the first", o.shape[axis] - 1: "the last"}.get(place)
            named = f"index {place}{f' of axis {axis}' if o.ndim > 1 else ''}{f' ({where})' if where else ''}"
            yield f"all values are right except at {named}"
    if o.ndim >= 2:
        for axis in range(o.ndim):
            mine = _adds_to_one(o, axis)
            if mine and not _adds_to_one(e, axis):
                right = [a for a in range(e.ndim) if _adds_to_one(e, a)]
                if right:
                    yield f"the values add up to 1 along axis {axis}; they should do so along axis {right[0]}"


def recognise_shape(observed: Array, expected: Array, compare: Comparison) -> str | None:
    """Why the shape differs, checked by value where values are named; None if nothing known fits."""
    o, e = observed.shape, expected.shape
    with np.errstate(all="ignore"):
        if observed.ndim == expected.ndim:
            for axes in _permutations(expected):
                if compare.same(observed, expected.transpose(axes)):
                    return f"{_permuted(axes)}; the values are right"
            found = _length(observed, expected, compare)
            if found:
                return found
            if sorted(o) == sorted(e) and observed.ndim == 2:
                return "the two axes are exchanged"
        if observed.size == expected.size and compare.same(observed.ravel(), expected.ravel()):
            if observed.squeeze().shape == expected.squeeze().shape:
                more = observed.ndim > expected.ndim
                return f"the values are right, with {'an axis of length 1 too many' if more else 'one axis missing'}"
            return "the values are right and in the right order, but arranged in another shape"
        if _without(o, e):
            return _broadcast(observed, expected, compare)
        if len(o) + 1 == len(e) and o == e[1:]:
            return "the first axis, one entry for each example, is missing"
        if o == () and e:
            return "one single number, where one number for each place is expected"
    return None


def _length(o: Array, e: Array, compare: Comparison) -> str | None:
    differing = [axis for axis in range(e.ndim) if o.shape[axis] != e.shape[axis]]
    if len(differing) != 1 or abs(o.shape[differing[0]] - e.shape[differing[0]]) != 1:
        return None
    axis = differing[0]
    along = f" along axis {axis}" if e.ndim > 1 else ""
    short, verb = (o, "missing") if o.shape[axis] < e.shape[axis] else (e, "too many")
    text = f"one entry too {'few' if short is o else 'many'}{along}"
    if short.size == 0:
        return text
    ends = [
        name
        for name, part in (("first", slice(1, None)), ("last", slice(None, -1)))
        if compare.same(o if short is o else _slice(o, axis, part), _slice(e, axis, part) if short is o else e)
    ]
    return f"{text}: the {ends[0]} one is {verb}, the others are right" if len(ends) == 1 else text


def _broadcast(o: Array, e: Array, compare: Comparison) -> str | None:
    """`o` has axes that `e` lacks: repeated values, or a table made of a row and a column."""
    added = o.ndim - e.ndim
    for places in itertools.combinations(range(o.ndim), added):
        spread = np.expand_dims(e, places)
        if spread.ndim == o.ndim and all(s in (1, n) for s, n in zip(spread.shape, o.shape, strict=True)):
            full = np.broadcast_to(spread, o.shape)
            if compare.same(o, full):
                return f"the right values are repeated along axis {places[0]}"
    if e.ndim == 1 and o.shape == (*e.shape, *e.shape):
        return f"broadcasting: shapes {(e.size, 1)} and {(e.size,)} were combined into a table {o.shape}"
    if e.ndim and o.ndim == e.ndim + 1 and o.shape[1:] == e.shape:
        return "one axis too many at the front"
    return None


def _without(o: tuple[int, ...], e: tuple[int, ...]) -> bool:
    return len(o) > len(e) and len(o) <= 6


def _permutations(e: Array) -> Iterator[tuple[int, ...]]:
    """Other orders of the axes; for many axes or values only exchanges of two."""
    if e.ndim < 2:
        return
    plain = tuple(range(e.ndim))
    if e.ndim <= 4 and e.size <= _MAX_PERMUTED:
        orders: Iterator[tuple[int, ...]] = itertools.permutations(plain)
    else:
        orders = (_exchanged(plain, a, b) for a, b in itertools.combinations(plain[:8], 2))
    for order in sorted(orders, key=lambda order: sum(a != b for a, b in zip(order, plain, strict=True))):
        if order != plain:
            yield order


def _exchanged(order: tuple[int, ...], a: int, b: int) -> tuple[int, ...]:
    new = list(order)
    new[a], new[b] = new[b], new[a]
    return tuple(new)


def _permuted(axes: tuple[int, ...]) -> str:
    moved = [a for a, b in enumerate(axes) if a != b]
    if len(axes) == 2:
        return "it is transposed: rows and columns are exchanged"
    if len(moved) == 2:
        return f"axes {moved[0]} and {moved[1]} are exchanged"
    return f"the axes are in another order: {axes} of the right one"


def _factor(factor: float) -> str:
    inverse = 1 / factor
    for value, text in ((factor, "{} times the right one"), (inverse, "the right one divided by {}")):
        if abs(value) > 1.5 and abs(value) < 1e6 and abs(value - round(value)) < 1e-4 * abs(value):
            return text.format(number(round(value)))
    if 0 < factor < 1.5:
        for square, text in (
            (1 / factor**2, "divided by the square root of {}"),
            (factor**2, "times the square root of {}"),
        ):
            if 1.5 < square < _NICE and abs(square - round(square)) < 1e-4 * square:
                return f"the right one {text.format(round(square))}"
    return f"{number(factor)} times the right one"


def _varied(a: Array, compare: Comparison, axis: int | None = None) -> bool:
    """Whether the values (along one axis) differ by clearly more than the tolerance."""
    if a.size == 0:
        return False
    spread = np.ptp(a, axis=axis)
    return bool(np.max(spread) > _CLEARLY * np.max(compare.tolerance(a)))


def _slice(a: Array, axis: int, part: slice) -> Array:
    index: list[slice] = [slice(None)] * a.ndim
    index[axis] = part
    return a[tuple(index)]


def _adds_to_one(a: Array, axis: int) -> bool:
    if a.shape[axis] < 2 or (a < -1e-6).any():
        return False
    return bool((np.abs(a.sum(axis=axis) - 1) < 1e-4).all())
