"""How values that are neither numbers, texts, lists nor dicts are compared and shown: exactly, in the learner's words.

Sets, exact numbers, dates and times, members of an Enum, classes and dtypes, arrays of texts and of moments, masked
arrays, and tables of pandas. What a student returned came by value: its methods are Python's, numpy's and pandas' own.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.boundary.classes import Member, Table
from autograder.boundary.tensors import is_dtype
from autograder.suite.objects import is_object, type_name_of

EXACT = (fractions.Fraction, decimal.Decimal)
_MOMENTS = (datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)
_SHOWN = 5


class Differs(Exception):
    """Two values are not the same. The text is a sentence without its full stop; {name} stands for the value's name."""


def is_special(value: Any) -> bool:
    """Whether this module compares what is expected."""
    kind = type(value)
    if kind in (int, float, list, tuple) or (kind is np.ndarray and value.dtype.kind in "biufc"):
        return False  # the usual cases
    if issubclass(kind, np.ndarray):
        return isinstance(value, np.ma.MaskedArray) or value.dtype.kind in "USTMm"
    plain = (set, frozenset, *EXACT, *_MOMENTS, enum.Enum, Member, type, np.dtype)
    return (issubclass(kind, plain) and not issubclass(kind, (int, str))) or is_dtype(value) or is_table(value)


def is_table(value: Any) -> bool:
    """Whether this is a DataFrame, a Series or an Index of pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and issubclass(type(value), (pandas.DataFrame, pandas.Series, pandas.Index))


def column_of(value: Any) -> NDArray[Any] | None:
    """The numbers of a Series, with pandas or without; None for anything else, and where a value is missing."""
    if type(value) is Table:
        values = next(iter(value.columns.values()), None) if value.kind == "Series" else None
    elif is_table(value) and issubclass(type(value), sys.modules["pandas"].Series):
        values = value.to_numpy()
    else:
        return None
    array = np.asarray(values) if values is not None else None
    return array if array is not None and array.dtype.kind in "biuf" else None


def describe(value: Any) -> str | None:
    """What sort of thing it is, for those of this module; None for others."""
    for kinds, words in _WORDS:
        if issubclass(type(value), kinds):
            return words
    if type(value) is Table:
        return f"{'an' if value.kind == 'Index' else 'a'} {value.kind}"
    if is_table(value):
        return f"{'an' if type(value).__name__ == 'Index' else 'a'} {type(value).__name__}"
    return None


def show(value: Any) -> str | None:
    """A short text on it, for those of this module; None for others."""
    kind = type(value)
    if issubclass(kind, (set, frozenset)):
        listed = sorted(map(_shown, value))
        return "{" + ", ".join(listed[:_SHOWN]) + (", ..." if len(listed) > _SHOWN else "") + "}" if listed else "set()"
    if issubclass(kind, (*EXACT, datetime.date, datetime.time, datetime.timedelta, np.datetime64, np.timedelta64)):
        return str(value)
    if issubclass(kind, Member):
        return repr(value)
    if issubclass(kind, enum.Enum):
        return f"{kind.__name__}.{value.name}"
    if issubclass(kind, type):
        return str(value.__name__)
    if issubclass(kind, np.dtype) or is_dtype(value):
        return str(value)
    if is_table(value):
        size = f"{value.shape[0]} rows" + (f" and {value.shape[1]} columns" if len(value.shape) > 1 else "")
        return f"{describe(value)} of {size}"
    if issubclass(kind, np.ndarray) and value.dtype.kind in "USTMm":
        shown = ", ".join(map(str, value.ravel()[:_SHOWN].tolist()))
        return f"array {value.shape}: [{shown}{', ...' if value.size > _SHOWN else ''}]"
    return None


def compare(observed: Any, expected: Any, inner: Callable[[Any, Any, str], None]) -> None:
    """Raise Differs unless they are the same. inner(observed, expected, name): compares arrays of numbers."""
    kind = type(expected)
    if is_table(expected):
        _tables(observed, expected, inner)
    elif issubclass(kind, (set, frozenset)):
        _sets(observed, expected)
    elif issubclass(kind, np.ma.MaskedArray):
        _masked(observed, expected, inner)
    elif issubclass(kind, np.ndarray):
        _arrays(observed, expected)
    elif issubclass(kind, EXACT):
        exact = issubclass(type(observed), (int, *EXACT)) and not issubclass(type(observed), bool)
        if not exact:
            raise Differs(
                f"{{name}} is {_say(observed)}; it should be exactly {_shown(expected)}, {describe(expected)}"
            )
        _same(observed, expected)
    else:
        _same(observed, expected)


def _same(observed: Any, expected: Any) -> None:
    comparable = describe(observed) == describe(expected)
    if issubclass(type(expected), (np.dtype, type)) or is_dtype(expected):
        comparable = issubclass(type(observed), (np.dtype, type)) or is_dtype(observed)
    if issubclass(type(expected), EXACT):
        comparable = True
    if issubclass(type(expected), enum.Enum):
        expected = Member(type(expected).__name__, expected.name, None)
    if not comparable or (observed != expected and not (_is_nat(observed) and _is_nat(expected))):
        raise Differs(f"{{name}} is {_say(observed)}; it should be {_shown(expected)}")


def _is_nat(value: Any) -> bool:
    return isinstance(value, (np.datetime64, np.timedelta64)) and bool(np.isnat(value))


def _sets(observed: Any, expected: Any) -> None:
    if not issubclass(type(observed), (set, frozenset)):
        raise Differs(f"{{name}} is {_say(observed)}; it should be a set, {_shown(expected)}")
    missing, extra = expected - observed, observed - expected
    if missing:
        raise Differs(f"{{name}} lacks {_shown(sorted(missing, key=_shown)[0])}{_more(missing)}")
    if extra:
        raise Differs(
            f"{{name}} holds {_shown(sorted(extra, key=_shown)[0])}{_more(extra)}, which does not belong there"
        )


def _more(items: Any) -> str:
    return f" and {len(items) - 1} more" if len(items) > 1 else ""


def _arrays(observed: Any, expected: Any) -> None:
    """Arrays of texts and moments; lists of such will do."""
    array = np.asarray(observed) if issubclass(type(observed), (list, tuple, np.ndarray)) else None
    texts = expected.dtype.kind in "UST"
    if array is not None and array.dtype.kind == "O":
        array = np.array([str(item) if texts else item for item in array.ravel().tolist()]).reshape(array.shape)
    if array is None or (array.size and array.dtype.kind not in ("UST" if texts else "Mm")):
        raise Differs(f"{{name}} is {_say(observed)}; it should be an array of {'texts' if texts else 'dates'}")
    if array.shape != expected.shape:
        raise Differs(f"{{name}} has the shape {array.shape}; it should be {expected.shape}")
    wrong = (array != expected) & ~_missing(array, expected)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = at[0] if len(at) == 1 else list(at)
        raise Differs(f"{{name}} at index {place} is {array[at].item()!r}; it should be {expected[at].item()!r}")


def _missing(array: Any, expected: Any) -> Any:
    return np.isnat(array) & np.isnat(expected) if array.dtype.kind in "Mm" else np.zeros(array.shape, bool)


def _masked(observed: Any, expected: Any, inner: Callable[[Any, Any, str], None]) -> None:
    if not issubclass(type(observed), np.ma.MaskedArray):
        raise Differs(f"{{name}} is {_say(observed)}; it should be a masked array")
    if observed.shape != expected.shape:
        raise Differs(f"{{name}} has the shape {observed.shape}; it should be {expected.shape}")
    mine, right = np.ma.getmaskarray(observed), np.ma.getmaskarray(expected)
    if (mine != right).any():
        at = tuple(int(i) for i in np.argwhere(mine != right)[0])
        verb = "is masked and should not be" if mine[at] else "should be masked"
        raise Differs(f"{{name}} at index {at[0] if len(at) == 1 else list(at)} {verb}")
    inner(observed.filled(0), expected.filled(0), "{name}")


def _tables(observed: Any, expected: Any, inner: Callable[[Any, Any, str], None]) -> None:
    pandas = sys.modules["pandas"]
    for kind in (pandas.DataFrame, pandas.Series, pandas.Index):
        if isinstance(expected, kind) and not issubclass(type(observed), kind):
            raise Differs(f"{{name}} is {_say(observed)}; it should be a {kind.__name__}")
    if isinstance(expected, pandas.Index):
        _columns(observed.to_series(), expected.to_series(), "{name}", list(expected), inner)
        return
    if isinstance(expected, pandas.DataFrame):
        mine, right = list(observed.columns), list(expected.columns)
        for label in right:
            if label not in mine:
                raise Differs(f"{{name}} has no column {label!r}; its columns are {mine[:10]}")
        for label in mine:
            if label not in right:
                raise Differs(f"{{name}} has a column too many: {label!r}")
        if mine != right:
            raise Differs(f"the columns of {{name}} are {mine[:10]}; their order should be {right[:10]}")
    if len(observed) != len(expected):
        raise Differs(f"{{name}} has {len(observed)} rows; it should have {len(expected)}")
    rows = list(expected.index)
    if list(observed.index) != rows:
        place = next(i for i, (one, other) in enumerate(zip(observed.index, rows, strict=True)) if one != other)
        raise Differs(
            f"the index of {{name}} at row {place} is {observed.index[place]!r}; it should be {rows[place]!r}"
        )
    if isinstance(expected, pandas.Series):
        _columns(observed, expected, "{name}", rows, inner)
        return
    for place, label in enumerate(expected.columns):
        _columns(observed.iloc[:, place], expected.iloc[:, place], f"column {label!r} of {{name}}", rows, inner)


def _columns(observed: Any, expected: Any, name: str, rows: list[Any], inner: Callable[[Any, Any, str], None]) -> None:
    """Two Series of the same length: numbers within the tolerance, all else exactly; missing is as missing."""
    if len(observed) != len(expected):
        raise Differs(f"{name} has {len(observed)} values; it should have {len(expected)}")
    gone, lost = observed.isna().to_numpy(), expected.isna().to_numpy()
    both = zip(observed.tolist(), expected.tolist(), strict=True)
    for place, (mine, right) in enumerate(both):
        where = f"{name} in row {rows[place]!r}"
        if gone[place] != lost[place]:
            told = "is missing; it should be" if gone[place] else "should be missing; it is"
            raise Differs(f"{where} {told} {_shown(right if gone[place] else mine)}")
        if not gone[place]:
            inner(mine, right, where)


def _say(value: Any) -> str:
    if is_object(value):  # its own text is the submission's, and would be asked for
        return f"a {type_name_of(value)}"
    text = show(value)
    words = describe(value)
    return text if text is not None else words if words is not None else _shown(value)


def _shown(value: Any) -> str:
    text = show(value)
    return text if text is not None else repr(value)[:60]


_WORDS: tuple[tuple[Any, str], ...] = (
    ((set, frozenset), "a set"),
    (fractions.Fraction, "a Fraction"),
    (decimal.Decimal, "a Decimal"),
    (datetime.datetime, "a date with a time"),
    (datetime.date, "a date"),
    (datetime.time, "a time"),
    ((datetime.timedelta, np.timedelta64), "a length of time"),
    (np.datetime64, "a date of numpy"),
    ((Member, enum.Enum), "a member of an Enum"),
    (np.dtype, "a dtype"),
)
