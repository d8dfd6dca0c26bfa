"""Comparisons that explain themselves: what a check fails with, in the learner's words.

`assert_matches` compares in the order in which a learner can understand it: was anything returned, is it the right sort
of thing, the right shape, are all values finite, are they right; and where they are not, what was done to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.records import Answer
from autograder.suite import kinds
from autograder.suite.explain import Comparison, recognise_shape, recognise_values
from autograder.suite.objects import materialised
from autograder.suite.values import (
    NotNumbers,
    Numbers,
    describe_kind,
    is_a,
    is_sequence,
    is_tensor,
    items_of,
    pair,
    render,
    sentence,
    to_numbers,
)

MAX_EVIDENCE = 1 << 20
_MAX_ITEMS = 10_000
_WHOLE = 2**53  # above it a float64 does not tell two whole numbers apart
_FAMILY_WORDS = {
    "bool": "True and False",
    "int": "whole numbers",
    "float": "numbers",
    "complex": "complex numbers",
}


class CheckFailed(Exception):
    """A student's value is not as asked.

    message: a sentence for the learner; expected, observed: short renderings; credit: the share of points kept, 0..1;
    evidence: arrays to draw a picture from ("observed", "expected"), None if there is nothing to draw; about: "values",
    or "behaviour" where the sentence is about arguments, generators or calls, which no idea about values explains.
    subject: the value itself as the suite got it, None if it is not known; it tells which call is meant. atol: the
    absolute tolerance of the comparison that failed, None where nothing was compared.
    """

    subject: Any = None
    atol: float | None = None

    def __init__(
        self,
        message: str,
        *,
        expected: str | None = None,
        observed: str | None = None,
        credit: float = 0.0,
        evidence: Mapping[str, NDArray[Any]] | None = None,
        about: str = "values",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.observed = observed
        self.credit = credit
        self.evidence = evidence
        self.about = about


class ReferenceFault(Exception):
    """What the suite expects is no answer. Our fault, so nobody loses points by it."""


def _refuse_nan(expected: Any, name: str) -> None:
    wanted = to_numbers(expected)
    if isinstance(wanted, Numbers) and wanted.family in ("float", "complex") and np.isnan(wanted.raw).any():
        raise ReferenceFault(f"the reference's {name} holds nan, so no answer can be right")


def require(
    condition: object,
    message: str,
    *,
    credit: float = 0.0,
    expected: object = None,
    observed: object = None,
    about: str = "values",
) -> None:
    """Fail with `message` unless the condition holds.

    message: a whole sentence that says what was seen. expected, observed: texts, or values to be rendered. about:
    "behaviour" if the sentence is about calls of a model, arguments or generators rather than values.
    """
    if not condition:
        raise CheckFailed(message, expected=_shown(expected), observed=_shown(observed), credit=credit, about=about)


@contextmanager
def _about(value: Any) -> Iterator[None]:
    """Remember which value a failure is about: the whole one, not the part that was compared last."""
    try:
        yield
    except CheckFailed as failed:
        failed.subject = value.value if type(value) is Answer else value
        raise


def assert_pure(answer: Answer, *, generators: bool = True, credit: float = 0.0, seeded: bool = False) -> None:
    """Fail if the call changed its arguments or, unless `generators` is False, a global random generator.

    seeded: whether the function is given a seed, of which it may make a generator of its own.
    """
    with _about(answer):
        _refuse_traces(answer, generators, credit, seeded)


def _refuse_traces(answer: Answer, generators: bool, credit: float, seeded: bool) -> None:
    if answer.mutated:
        names = " and ".join(answer.mutated)
        message = f"Your function changed its input {names}. Work on a copy: the caller still needs the old values."
        told, came = f"{names} as before", f"{names} changed"
        raise CheckFailed(message, expected=told, observed=came, credit=credit, about="behaviour")
    if generators and answer.generators:
        names = " and ".join(answer.generators)
        advice = (
            "Make a generator of your own from the seed, so that other code keeps its random numbers."
            if seeded
            else "Nothing is to be drawn here: what is random comes in as an argument, or is not needed."
        )
        message = f"Your function moved the global random generator of {names}. {advice}"
        told, came = "global generators as before", f"{names} moved"
        raise CheckFailed(message, expected=told, observed=came, credit=credit, about="behaviour")


def as_array(
    value: Any,
    *,
    name: str = "result",
    shape: tuple[int | None, ...] | None = None,
    credit: float = 0.0,
) -> NDArray[np.float64]:
    """The value as a fresh float64 array of finite real numbers; otherwise the check fails.

    Accepts a number, an array, a tensor, or lists and tuples of them. shape: what it must be, None on an axis for any
    length there.
    """
    with _about(value):
        return _finite(value, name, shape, credit)


def _finite(value: Any, name: str, shape: tuple[int | None, ...] | None, credit: float) -> NDArray[np.float64]:
    numbers = _numbers(_unwrap(value), name, None, credit)
    if shape is not None and not _fits(numbers.shape, shape):
        wanted = str(shape).replace("None", "any")
        message = f"{sentence(name)} has the shape {_shape(numbers.shape)}; it should be {wanted}."
        raise CheckFailed(message, expected=f"shape {wanted}", observed=render(value), credit=credit)
    if numbers.family == "complex":
        raise CheckFailed(f"{sentence(name)} holds complex numbers; real ones are asked for.", observed=render(value))
    array = np.array(numbers.floats())
    bad = ~np.isfinite(array)
    if bad.any():
        message = f"{_not_finite(array, bad, name)}."
        raise CheckFailed(message, expected="finite numbers", observed=render(value), credit=credit)
    return array


def assert_matches(
    observed: Any,
    expected: Any,
    *,
    name: str = "result",
    rtol: float = 1e-4,
    atol: float = 1e-5,
    exact: bool = False,
    ulps: float | None = None,
    credit: float = 0.0,
    rows: Sequence[str] = (),
) -> None:
    """Fail unless `observed` is `expected`, up to |difference| <= atol + rtol |expected| at each place.

    exact: no tolerance at all. ulps: a tolerance of so many units in the last place of what is expected, in its own
    dtype, and none near zero. Either takes the place of rtol and atol.

    Numbers may come as numpy, torch, lists or tuples of any width: [1, 2] is array([1., 2.]). Where whole numbers are
    expected the tolerance is never above 0.1. Ragged lists, tuples of arrays and dictionaries are compared item by
    item; texts, None and single bools exactly. So are sets, Fractions, Decimals, dates, members of an Enum (by name),
    classes, dtypes, and arrays of texts and dates; of a DataFrame the column and the row are named. Non-finite values
    are wrong unless expected at that very place. credit: the share of the points kept if it fails here. rows: what each
    entry along the first axis is ("the picture at t = 0"): told where only some are wrong. Raises ReferenceFault, which
    makes the check ungraded, if nan is expected: no answer is right then.
    """
    if exact or ulps is not None:
        rtol, atol = (ulps or 0.0) * _last_place(expected), 0.0
    with _about(observed):
        try:
            _match(_unwrap(observed), expected, name, rtol, atol, credit)
        except CheckFailed as failed:
            failed.atol = atol
            if rows:
                failed.message += _wrong_rows(_unwrap(observed), expected, rows, Comparison(rtol=rtol, atol=atol))
            raise


def _wrong_rows(observed: Any, expected: Any, rows: Sequence[str], compare: Comparison) -> str:
    """A sentence that names the entries along the first axis which are wrong, if others are right."""
    mine, right = to_numbers(observed), to_numbers(expected)
    if not isinstance(mine, Numbers) or not isinstance(right, Numbers) or mine.shape != right.shape:
        return ""
    agree = compare.agree(mine.floats(), right.floats())
    wrong = np.array([not row.all() for row in agree] if mine.shape else [not agree.all()])
    named = list(dict.fromkeys(row for row, bad in zip(rows, wrong, strict=False) if bad))
    if wrong.all() or not named:
        return ""
    return f" All is right but {' and '.join([', '.join(named[:-1]), named[-1]] if named[1:] else named)}."


def _match(observed: Any, expected: Any, name: str, rtol: float, atol: float, credit: float) -> None:
    if kinds.is_special(expected):
        _match_special(observed, expected, name, rtol, atol, credit)
        return
    _refuse_nan(expected, name)
    if observed is None and expected is not None:
        message = f"{sentence(name)} came back as None: did you forget `return`?"
        raise CheckFailed(message, expected=render(expected), observed="None", credit=credit)
    large = type(expected) is int and type(observed) is int and abs(expected) > _WHOLE
    if large or expected is None or is_a(expected, (str, bytes, bool, np.bool_)):
        _match_exactly(observed, expected, name, credit)
    elif is_a(expected, dict):
        _match_dict(observed, expected, name, rtol, atol, credit)
    else:
        wanted = to_numbers(expected)
        if isinstance(wanted, NotNumbers) or _is_group(expected):
            _match_items(observed, expected, name, rtol, atol, credit)
        else:
            _match_numbers(observed, expected, wanted, name, rtol, atol, credit)


def _last_place(expected: Any) -> float:
    """The relative size of a unit in the last place of numbers, 0 for what is exact."""
    numbers = to_numbers(expected)
    if not isinstance(numbers, Numbers) or numbers.raw.dtype.kind not in "fc":
        return 0.0
    return float(np.finfo(numbers.raw.dtype).eps)


def _match_special(observed: Any, expected: Any, name: str, rtol: float, atol: float, credit: float) -> None:
    """What `kinds` compares. None is told as everywhere."""

    def fail(message: str) -> CheckFailed:
        return CheckFailed(sentence(message), expected=render(expected), observed=render(observed), credit=credit)

    def inner(mine: Any, right: Any, place: str) -> None:
        assert_matches(mine, right, name=place.replace("{name}", name), rtol=rtol, atol=atol, credit=credit)

    if observed is None:
        raise fail(f"{name} came back as None: did you forget `return`?")
    try:
        kinds.compare(observed, expected, inner)
    except kinds.Differs as differs:
        raise fail(f"{str(differs).replace('{name}', name)}.") from None


def _match_exactly(observed: Any, expected: Any, name: str, credit: float) -> None:
    if is_a(expected, (bool, np.bool_)):
        numbers = to_numbers(observed)
        single = isinstance(numbers, Numbers) and numbers.family == "bool" and numbers.shape == ()
        right = single and isinstance(numbers, Numbers) and bool(numbers.raw) == bool(expected)
    elif expected is None:
        right = observed is None
    elif type(expected) is int:
        right = observed == expected
    else:
        kind = bytes if is_a(expected, bytes) else str
        right = is_a(observed, kind) and kind.__eq__(observed, expected) is True
    if not right:
        message = f"{sentence(name)} is {render(observed)}; it should be {render(expected)}."
        raise CheckFailed(message, expected=render(expected), observed=render(observed), credit=credit)


def _match_dict(observed: Any, expected: dict[Any, Any], name: str, rtol: float, atol: float, credit: float) -> None:
    def fail(message: str) -> CheckFailed:
        return CheckFailed(sentence(message), expected=render(expected), observed=render(observed), credit=credit)

    if not is_a(observed, dict):
        raise fail(f"{name} is {describe_kind(observed)}; it should be a dictionary.")
    keys = [key for key in dict.keys(observed) if is_a(key, (str, int, float, bool, bytes, tuple, type(None)))]
    missing = [key for key in expected if key not in keys]
    if missing:
        raise fail(f"{name} has no entry {render(missing[0])}.")
    if dict.__len__(observed) > len(expected):
        extra = next((key for key in keys if key not in expected), None)
        raise fail(f"{name} has an entry too many: {render(extra)}.")
    for key, wanted in expected.items():
        item = dict.__getitem__(observed, key)
        assert_matches(item, wanted, name=f"{name}[{render(key)}]", rtol=rtol, atol=atol, credit=credit)


def _match_items(observed: Any, expected: Any, name: str, rtol: float, atol: float, credit: float) -> None:
    """Item by item: `expected` is a ragged list, a tuple of arrays, or something that holds more than numbers."""
    if not is_sequence(expected):
        raise TypeError(f"the expected {name} is {describe_kind(expected)}, which no comparison is defined for")
    wanted = items_of(expected)
    if is_sequence(observed):
        items = items_of(observed)
    elif is_a(observed, np.ndarray) and observed.dtype.kind in "OUS" and observed.ndim:
        items = observed.tolist()
    elif is_tensor(observed) or is_a(observed, np.ndarray):
        numbers = to_numbers(observed)
        many = isinstance(numbers, Numbers) and numbers.shape and numbers.shape[0] <= _MAX_ITEMS
        items = list(numbers.raw) if many and isinstance(numbers, Numbers) else [observed]
    else:
        message = f"{sentence(name)} is {describe_kind(observed)}; it should be {describe_kind(expected)}."
        raise CheckFailed(message, expected=render(expected), observed=render(observed), credit=credit)
    if len(items) != len(wanted):
        message = f"{sentence(name)} has {_count(len(items), 'item')}; it should have {len(wanted)}."
        raise CheckFailed(message, expected=render(expected), observed=render(observed), credit=credit)
    for i, (item, right) in enumerate(zip(items, wanted, strict=True)):
        assert_matches(item, right, name=f"item {i} of {name}", rtol=rtol, atol=atol, credit=credit)


def _match_numbers(
    observed: Any, expected: Any, wanted: Numbers, name: str, rtol: float, atol: float, credit: float
) -> None:
    got = _numbers(observed, name, expected, credit)
    o, e = got.floats(), wanted.floats()
    evidence = {"observed": o, "expected": e} if o.size <= MAX_EVIDENCE and e.size <= MAX_EVIDENCE else None
    compare = Comparison(rtol=rtol, atol=atol, whole=wanted.family in ("int", "bool"))

    def fail(message: str) -> CheckFailed:
        shown, came = render(expected), render(observed)
        return CheckFailed(sentence(message), expected=shown, observed=came, credit=credit, evidence=evidence)

    if got.shape != wanted.shape:
        if is_a(observed, tuple) and len(wanted.shape) >= 1 and tuple.__len__(observed) != wanted.shape[0]:
            raise fail(_several(items_of(observed), wanted, compare, name))
        reason = recognise_shape(o, e, compare)
        message = f"{name} has the shape {_shape(got.shape)}; it should be {_shape(wanted.shape)}"
        raise fail(f"{message}: {reason}." if reason else f"{message}.")
    if got.family == "complex" and wanted.family != "complex":
        raise fail(f"{name} holds complex numbers; real ones are asked for.")
    if wanted.family == "complex":
        _match_complex(got, wanted, compare, name, fail)
        return
    single_flag = got.shape == () and wanted.family == "int"
    if got.family == "bool" and wanted.family != "bool" and (wanted.family == "float" or single_flag):
        raise fail(f"{name} holds True and False; it should hold {_FAMILY_WORDS[wanted.family]}.")
    agree = compare.agree(o, e)
    if agree.all():
        return
    bad = ~np.isfinite(o) & ~agree
    if bad.any():
        raise fail(f"{_not_finite(o, bad, name)}.")
    raise fail(_explain(o, e, agree, compare, name, got.family, wanted.family))


def _several(items: list[Any], wanted: Numbers, compare: Comparison, name: str) -> str:
    """What a tuple is called where one array is asked for."""
    found = [to_numbers(item) for item in items]
    right = [
        place
        for place, item in enumerate(found)
        if isinstance(item, Numbers) and compare.same(item.floats(), wanted.floats())
    ]
    said = f"{name} came back as {len(items)} things (a tuple); one is asked for"
    return f"{said}: return the one at index {right[0]}, which is right." if right else f"{said}."


def _match_complex(got: Numbers, wanted: Numbers, compare: Comparison, name: str, fail: Any) -> None:
    o, e = np.asarray(got.raw, dtype=np.complex128), np.asarray(wanted.raw, dtype=np.complex128)
    agree = compare.agree(o.real, e.real) & compare.agree(o.imag, e.imag)
    if not agree.all():
        first = _index(tuple(np.argwhere(~agree)[0]))
        raise fail(f"{name} is wrong at {_places(~agree)}{first and f', first at {first}'}.")


def _explain(
    o: NDArray[np.float64],
    e: NDArray[np.float64],
    agree: NDArray[np.bool_],
    compare: Comparison,
    name: str,
    got: str,
    wanted: str,
) -> str:
    """What is wrong with values of the right shape: the idea if it is recognised, then where and by how much."""
    with np.errstate(all="ignore"):
        error = np.where(agree, 0.0, np.abs(o - e))
    first = tuple(int(i) for i in np.argwhere(~agree)[0])
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape))
    reason = recognise_values(o, e, compare)
    mine, right = pair(float(o[first]), float(e[first]))
    if o.size == 1:
        told = f"{name} is {mine}; it should be {right}"
        return f"{told}: {reason.replace('every value', 'it').replace('each value', 'it')}." if reason else f"{told}."
    parts = [f"{name} is wrong: {reason}." if reason else f"{name} is wrong at {_places(~agree)}."]
    if wanted == "int" and got == "float" and (o != np.round(o)).any():
        parts.append("Only whole numbers are asked for.")
    parts.append(f"At index {_index(first)} yours is {mine}, it should be {right}.")
    if worst != first:
        mine, right = pair(float(o[worst]), float(e[worst]))
        parts.append(f"The largest error is at index {_index(worst)}: yours is {mine}, it should be {right}.")
    return " ".join(parts)


def _numbers(value: Any, name: str, expected: Any, credit: float) -> Numbers:
    numbers = to_numbers(value)
    if isinstance(numbers, Numbers):
        return numbers
    wanted = "numbers" if expected is None else render(expected)
    if value is None:
        message = f"{sentence(name)} came back as None: did you forget `return`?"
    else:
        message = f"{sentence(name)} is {numbers.why}; it should be {_should(expected)}."
    raise CheckFailed(message, expected=wanted, observed=render(value), credit=credit)


def _should(expected: Any) -> str:
    numbers = to_numbers(expected)
    if isinstance(numbers, Numbers):
        return f"numbers of shape {numbers.shape}" if numbers.shape else "a single number"
    return "numbers, in one regular shape"


def _is_group(expected: Any) -> bool:
    """A list or tuple of whole arrays: its items are named one by one, as (mean, variance) are."""
    if not is_sequence(expected):
        return False
    items = items_of(expected)
    return bool(items) and all((is_tensor(item) or is_a(item, np.ndarray)) and item.ndim >= 1 for item in items)


def _not_finite(array: NDArray[np.float64], bad: NDArray[np.bool_], name: str) -> str:
    first = tuple(int(i) for i in np.argwhere(bad)[0])
    what = "nan (not a number)" if np.isnan(array[first]) else "infinite"
    if array.ndim == 0:
        return f"{sentence(name)} is {what}"
    verb = "is" if bad.sum() == 1 else "are"
    count = _count(int(bad.sum()), "value")
    return f"{sentence(name)} has {count} that {verb} not finite: at index {_index(first)} it is {what}"


def _places(wrong: NDArray[np.bool_]) -> str:
    count = int(wrong.sum())
    if wrong.size == 1:
        return "its only value"
    return f"all {wrong.size} values" if count == wrong.size else f"{count} of {wrong.size} values"


def _index(index: tuple[Any, ...]) -> str:
    return str([int(i) for i in index]) if len(index) != 1 else str(int(index[0]))


def _shape(shape: tuple[int, ...]) -> str:
    return str(shape) if shape else "() (a single number)"


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(w is None or w == n for n, w in zip(shape, wanted, strict=True))


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _shown(value: object) -> str | None:
    return None if value is None else value[:300] if isinstance(value, str) else render(value)


def _unwrap(value: Any) -> Any:
    return materialised(value.value if type(value) is Answer else value)
