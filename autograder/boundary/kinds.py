"""Values beyond numbers, texts, lists, dicts and arrays: how each is taken apart into those, and put together again.

`apart` runs where the value is. `together` runs where it arrives, on parts that may be hostile: it looks names up in
tables of this file, imports nothing and calls nothing that the parts name. What it raises becomes a WireError.
pandas is used where it has been imported, and else a table arrives as a `Table`.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.boundary.classes import Member, Table, class_named, name_of
from autograder.boundary.tensors import is_dtype
from autograder.boundary.wire import KEYS, MAX_BLOB, MAX_KEYS, MAX_NDIM, Refused, TooMuch, WireError, plain_key

SET, FROZENSET, FRACTION, DECIMAL, DATE, TIME, DATETIME, DURATION = range(8)
ENUM, CLASS, DTYPE, TEXTS, MOMENTS, OBJECTS, MASKED, FRAME, SERIES, INDEX = range(8, 18)

MAX_HASHED = 1_024  # items of sets whose hash a sender can choose
MAX_EXPONENT = 10_000
_HASHABLE = {
    *KEYS, bytes, complex, tuple, frozenset, fractions.Fraction, decimal.Decimal,
    datetime.date, datetime.time, datetime.datetime, datetime.timedelta,
}  # fmt: skip

_DTYPE = re.compile(r"[<>|=][biufcUSMm]\d{1,6}(\[\d{0,4}[A-Za-z]{1,2}\])?|\|O")
_MOMENT = re.compile(r"<[Mm]8(\[\d{0,4}[A-Za-z]{1,2}\])?")
_COLUMN = re.compile(
    r"bool|u?int(8|16|32|64)|float(16|32|64)|complex(64|128)|object|str|string|boolean|U?Int(8|16|32|64)|Float(32|64)"
    r"|(datetime|timedelta)64\[(s|ms|us|ns)\]|datetime64\[(s|ms|us|ns), UTC\]|category"
)


def is_masked(value: object) -> bool:
    """Whether this is an array with a mask."""
    return isinstance(value, np.ma.MaskedArray)


def apart(value: Any) -> tuple[int, list[Any]] | None:
    """The kind of a value and its parts, None for what has none. Raises Refused for what cannot cross whole."""
    if isinstance(value, (set, frozenset)):
        kind = SET if isinstance(value, set) else FROZENSET
        items = list(set.__iter__(value) if isinstance(value, set) else frozenset.__iter__(value))
        if sum(type(item) not in KEYS for item in items) > MAX_HASHED:
            raise TooMuch(f"a set of more than {MAX_HASHED} items that are no numbers and no texts is too large")
        return kind, items
    if isinstance(value, enum.Enum):
        if not isinstance(value.name, str):
            return None
        plain = value.value if isinstance(value.value, (int, float, str, bool, type(None))) else None
        return ENUM, [type(value).__name__, value.name, plain, isinstance(value, (int, str, float))]
    if isinstance(value, fractions.Fraction):
        return FRACTION, [value.numerator, value.denominator]
    if isinstance(value, decimal.Decimal):
        if value.is_snan() or (value.is_finite() and (abs(value.adjusted()) > MAX_EXPONENT or len(str(value)) > 2_000)):
            raise TooMuch("a Decimal of so many digits, or a signalling nan, cannot cross")
        return DECIMAL, [str(value)]
    if isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
        return _moment_apart(value)
    if isinstance(value, type) or is_dtype(value):
        name = name_of(value)
        return (CLASS, [name]) if name else None
    if isinstance(value, np.dtype):
        return (DTYPE, [value.str]) if _DTYPE.fullmatch(value.str) and value.names is None else None
    if isinstance(value, Member):
        return ENUM, [value.kind, value.name, value.value, False]
    pandas = sys.modules.get("pandas")
    return None if pandas is None else _table_apart(value, pandas)


def array_apart(array: Any) -> tuple[int, list[Any]]:
    """The same for an array that is not one of numbers."""
    if is_masked(array):
        return MASKED, [np.asarray(array.data), np.array(np.ma.getmaskarray(array))]
    kind = array.dtype.kind
    if kind in "UST":
        items = array.ravel().tolist()
        if kind == "S":
            items = [item.decode("latin-1") for item in items]
        return TEXTS, [list(array.shape), kind == "S", items]
    if kind in "Mm":
        plain = np.atleast_1d(array.astype(array.dtype.newbyteorder("<")))
        return MOMENTS, [plain.dtype.str, plain.view(np.int64), not array.ndim]
    if kind == "O":
        return OBJECTS, [list(array.shape), array.ravel().tolist()]
    raise Refused(f"an array of {array.dtype} cannot cross: use an array of numbers for each field")


def together(kind: int, parts: list[Any], enumerated: Callable[[str], Any], has_pandas: Callable[[], object]) -> Any:
    """The value of these parts. enumerated: "Colour.RED" to that member, or None; has_pandas: asked before a table."""
    if kind in (SET, FROZENSET):
        return (set if kind == SET else frozenset)(parts)
    if kind == ENUM:
        name, member, value, mixed = parts
        known = enumerated(f"{_text(name)}.{_text(member)}")
        plain = type(value) in (int, float, str, bool)
        return known if known is not None else value if mixed is True and plain else Member(name, member, value)
    if kind in (FRAME, SERIES, INDEX):
        has_pandas()
        return _table_together(kind, parts, sys.modules.get("pandas"))
    return _TOGETHER[kind](*parts)


def hashed(items: list[Any]) -> int:
    """How many of these can be chosen to collide. Raises WireError for what no set may hold."""
    if not all(type(item) in _HASHABLE or type(item) is Member for item in items):
        raise WireError("a set of what no set holds")
    return sum(not (type(item) in KEYS and plain_key(item)) for item in items)


def _text(value: Any, limit: int = 100) -> str:
    if type(value) is not str or len(value) > limit:
        raise WireError("a text is missing")
    return value


def _fraction(numerator: Any, denominator: Any) -> fractions.Fraction:
    if type(numerator) is not int or type(denominator) is not int or denominator <= 0:
        raise WireError("not a fraction")
    return fractions.Fraction(numerator, denominator)


def _decimal(text: Any) -> decimal.Decimal:
    value = decimal.Decimal(_text(text, 2_100))
    if value.is_snan() or (value.is_finite() and abs(value.adjusted()) > MAX_EXPONENT):
        raise WireError("a Decimal over the limits")
    return value


def _moment_apart(value: Any) -> tuple[int, list[Any]] | None:
    if isinstance(value, datetime.timedelta):
        return DURATION, [value.days, value.seconds, value.microseconds]
    if type(value).__name__ == "NaTType":
        return MOMENTS, ["<M8[ns]", np.array([np.datetime64("NaT").astype(np.int64)]), True]
    if isinstance(value, datetime.datetime):
        return DATETIME, [datetime.datetime.isoformat(value)]
    return (DATE if isinstance(value, datetime.date) else TIME), [value.isoformat()]


def _duration(*parts: Any) -> datetime.timedelta:
    if not all(type(part) is int for part in parts):
        raise WireError("not a duration")
    days, seconds, microseconds = parts
    return datetime.timedelta(days, seconds, microseconds)


def _dtype(name: Any) -> np.dtype[Any]:
    if not _DTYPE.fullmatch(_text(name)):
        raise WireError("not a dtype")
    found: np.dtype[Any] = np.dtype(name)
    return found


def _shape(shape: Any) -> tuple[int, ...]:
    known = type(shape) is list and len(shape) <= MAX_NDIM
    if not known or not all(type(axis) is int and 0 <= axis <= 1 << 31 for axis in shape):
        raise WireError("not a shape")
    return tuple(shape)


def _texts(shape: Any, in_bytes: Any, items: Any) -> Any:
    if type(items) is not list or not all(type(item) is str for item in items):
        raise WireError("not texts")
    if len(items) * max(map(len, items), default=0) * 4 > MAX_BLOB:
        raise WireError("texts over the limit")
    given = [item.encode("latin-1", "replace") for item in items] if in_bytes is True else items
    return np.array(given, dtype="S" if in_bytes is True else "U").reshape(_shape(shape))


def _moments(dtype: Any, ticks: Any, alone: Any) -> Any:
    if not _MOMENT.fullmatch(_text(dtype)) or type(ticks) is not np.ndarray or ticks.dtype != np.int64:
        raise WireError("not moments")
    array = ticks.view(dtype)
    return array[0] if alone is True else array


def _objects(shape: Any, items: Any) -> Any:
    if type(items) is not list:
        raise WireError("not objects")
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array.reshape(_shape(shape))


def _masked(data: Any, mask: Any) -> Any:
    if type(data) is not np.ndarray or type(mask) is not np.ndarray or data.shape != mask.shape or mask.dtype != bool:
        raise WireError("not a masked array")
    return np.ma.MaskedArray(data, mask=mask)


_TOGETHER: dict[int, Callable[..., Any]] = {
    FRACTION: _fraction,
    DECIMAL: _decimal,
    DATE: lambda text: datetime.date.fromisoformat(_text(text)),
    TIME: lambda text: datetime.time.fromisoformat(_text(text)),
    DATETIME: lambda text: datetime.datetime.fromisoformat(_text(text)),
    DURATION: _duration,
    CLASS: lambda name: class_named(_text(name)),
    DTYPE: _dtype,
    TEXTS: _texts,
    MOMENTS: _moments,
    OBJECTS: _objects,
    MASKED: _masked,
}


def _table_apart(value: Any, pandas: Any) -> tuple[int, list[Any]] | None:
    if isinstance(value, pandas.DataFrame):
        if len(value.columns) > MAX_KEYS:
            raise TooMuch(f"a DataFrame of {len(value.columns)} columns is too large: the limit is {MAX_KEYS}")
        labels = _index_apart(value.columns, pandas)
        columns = [_column_apart(value.iloc[:, place], pandas) for place in range(len(value.columns))]
        return FRAME, [labels, _index_apart(value.index, pandas), columns]
    if isinstance(value, pandas.Series):
        return SERIES, [value.name, _index_apart(value.index, pandas), _column_apart(value, pandas)]
    if isinstance(value, pandas.Index):
        return INDEX, _index_apart(value, pandas)
    if value is pandas.NA:
        raise Refused("pandas.NA cannot cross by itself: use None")
    return None


def _index_apart(index: Any, pandas: Any) -> list[Any]:
    """Names and levels; a range by its ends."""
    if isinstance(index, pandas.RangeIndex):
        return [list(index.names), [[index.start, index.stop, index.step]]]
    levels = range(index.nlevels)
    return [list(index.names), [_column_apart(index.get_level_values(level), pandas) for level in levels]]


def _column_apart(column: Any, pandas: Any) -> list[Any]:
    """[dtype, values], and for categories [dtype, codes, categories, ordered]."""
    dtype = str(column.dtype)
    if dtype == "category":
        kind = column.dtype
        codes = column.codes if isinstance(column, pandas.Index) else column.cat.codes
        return [dtype, np.asarray(codes, dtype=np.int64), _column_apart(kind.categories, pandas), bool(kind.ordered)]
    if not _COLUMN.fullmatch(dtype):
        raise Refused(f"a column of {dtype} cannot cross: make it one of numbers, texts or dates")
    if dtype.endswith("UTC]"):
        return [dtype, column.to_numpy(dtype=dtype.replace(", UTC", ""))]
    if dtype[0] in "UIFsb" and dtype != "bool":
        missing = column.isna()
        return [dtype, [None if gone else item for item, gone in zip(column.tolist(), missing, strict=True)]]
    return [dtype, column.to_numpy()]


def _table_together(kind: int, parts: list[Any], pandas: Any) -> Any:
    if kind == INDEX:
        index = _index_together(parts, pandas)
        return index if pandas else Table({}, (), index, "Index")
    labels, index_parts, columns = parts
    index = _index_together(index_parts, pandas)
    if kind == SERIES:
        if not plain_key(labels):
            raise WireError("not a name")
        values = _column_together(columns, pandas)
        if pandas is None:
            return Table({labels: values}, (columns[0],), index, "Series")
        return pandas.Series(values, index=index, name=labels, dtype=values.dtype)
    names = _index_together(labels, pandas)
    if type(columns) is not list or len(columns) > MAX_KEYS or len(columns) != len(names):
        raise WireError("columns are missing")
    filled = [_column_together(column, pandas) for column in columns]
    if any(len(column) != len(index) for column in filled):
        raise WireError("columns of different lengths")
    if pandas is None:
        dtypes = tuple(_text(column[0]) for column in columns)
        return Table({str(name): column for name, column in zip(names, filled, strict=True)}, dtypes, index)
    frame = pandas.DataFrame(dict(enumerate(filled)), index=index)
    frame.columns = names
    return frame


def _index_together(parts: Any, pandas: Any) -> Any:
    names, levels = parts
    if type(names) is not list or len(names) > 16 or len(names) != len(levels) or not all(map(plain_key, names)):
        raise WireError("not an index")
    ends = levels[0]
    if len(levels) == 1 and len(ends) == 3 and all(type(end) is int for end in ends):
        if len(range(*ends)) > MAX_BLOB:
            raise WireError("an index over the limit")
        return range(*ends) if pandas is None else pandas.RangeIndex(*ends, name=names[0])
    filled = [_column_together(level, pandas) for level in levels]
    if pandas is None:
        return filled[0] if len(filled) == 1 else list(zip(*filled, strict=True))
    if len(filled) == 1:
        return pandas.Index(filled[0], name=names[0], dtype=getattr(filled[0], "dtype", None))
    return pandas.MultiIndex.from_arrays(filled, names=names)


def _column_together(parts: Any, pandas: Any) -> Any:
    dtype, values, *more = parts
    if not _COLUMN.fullmatch(_text(dtype)) or type(values) not in (list, np.ndarray) or np.ndim(values) != 1:
        raise WireError("not a column")
    if pandas is None:
        return values
    if dtype == "category":
        categories, ordered = more
        kinds = pandas.Index(_column_together(categories, pandas))
        return pandas.Categorical.from_codes(values, kinds, ordered=ordered is True)
    if dtype.endswith("UTC]"):
        return pandas.Series(values).dt.tz_localize("UTC").array
    return pandas.array(values, dtype=dtype) if dtype != "object" else np.asarray(_objects([len(values)], list(values)))
