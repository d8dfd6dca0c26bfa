"""The inputs of a call as Python that a student can paste: small ones whole, large ones by shape and first values."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from autograder.suite.student import RecordedCall
from autograder.suite.values import is_a, is_sequence, is_tensor, items_of, render

_WHOLE = (64, 16, 4, 1)  # values of an array that are written out; fewer where the text would be too long
_FIRST = 4
_LONGEST = 4_000


def told_inputs(call: RecordedCall, right: Callable[..., Any] | None = None) -> str:
    """Lines that set the arguments of a call, by the names of the right function's parameters, and the call itself.

    They run as they stand where the function is defined. Where an array is too large to be written out, values of its
    shape and range stand in for it, and for a model a simple one does; a comment says so.
    """
    for whole in _WHOLE:
        text = _told(call, right, whole)
        if len(text) <= _LONGEST:
            return text
    return text[:_LONGEST].rsplit("\n", 1)[0] + "\n# ..."


def _told(call: RecordedCall, right: Callable[..., Any] | None, whole: int) -> str:
    names = _parameters(right)
    lines: list[str] = []
    given: list[str] = []
    for place, value in enumerate(call.args):
        name = names[place] if place < len(names) else f"argument_{place + 1}"
        lines.append(_line(name, value, whole))
        given.append(name)
    for name, value in call.kwargs.items():
        lines.append(_line(name, value, whole))
        given.append(f"{name}={name}")
    body = "\n".join([*lines, f"{call.function}({', '.join(given)})"])
    return "\n".join([*_imports(body), body])


_IMPORTS = {
    r"\btorch\.": "import torch",
    r"\bnp\.": "import numpy as np",
    r"\bpd\.": "import pandas as pd",
    r"\bdatetime\.": "import datetime",
    r"\bFraction\(": "from fractions import Fraction",
    r"\bDecimal\(": "from decimal import Decimal",
    r"\b(?:nan|inf)\b": "from math import inf, nan",
    r"\btorch\.rand": "torch.manual_seed(0)",
}


def _imports(body: str) -> list[str]:
    return [line for used, line in _IMPORTS.items() if re.search(used, body)]


def _parameters(function: Callable[..., Any] | None) -> list[str]:
    if function is None:
        return []
    try:
        return [name for name, p in inspect.signature(function).parameters.items() if p.kind is not p.VAR_POSITIONAL]
    except (TypeError, ValueError):
        return []


def _line(name: str, value: Any, whole: int) -> str:
    if is_tensor(value):
        return _array(name, value.detach().cpu(), "torch", str(value.dtype), whole)
    if is_a(value, np.ndarray):
        return _array(name, value, "np", f"np.{value.dtype}", whole)
    if is_a(value, (bool, int, float, str, bytes, type(None))):
        return _written(name, repr(value), value, whole)
    if is_sequence(value) or is_a(value, (dict, set, frozenset, Fraction, Decimal, date, time, timedelta)):
        return _written(name, repr(_plain(value)), value, whole)
    if type(value).__module__.partition(".")[0] == "pandas" and type(value).__name__ == "DataFrame":
        columns = {column: value[column].tolist() for column in value.columns}
        return _written(name, f"pd.DataFrame({columns!r}, index={value.index.tolist()!r})", value, whole)
    if callable(value):
        return f"{name} = lambda x, *rest: x  # stands in for a function of the check's own, such as a model"
    return f"{name} = ...  # something of the course's own"


def _written(name: str, text: str, value: Any, whole: int) -> str:
    if len(text) <= 20 * whole:
        return f"{name} = {text}"
    if is_sequence(value) and all(is_a(item, (int, float)) for item in items_of(value)):
        return _long_row(name, np.array(_plain(list(items_of(value)))), is_a(value, tuple))
    return f"{name} = ...  # {render(value)}"


def _long_row(name: str, numbers: Any, is_tuple: bool) -> str:
    """A list or tuple of many numbers."""
    if (numbers == numbers[0]).all():
        one = repr(numbers[0].item())
        return f"{name} = ({one},) * {len(numbers)}" if is_tuple else f"{name} = [{one}] * {len(numbers)}"
    like = f"{_like(numbers, 'np', str(numbers.dtype))}.tolist()"
    return _stood_in(name, f"tuple({like})" if is_tuple else like, numbers)


def _stood_in(name: str, like: str, array: Any) -> str:
    first = ", ".join(f"{value:.4g}" for value in np.ravel(array)[:_FIRST].astype(float))
    return f"{name} = {like}  # like it in shape and range; the check's own begins with {first}, ..."


def _plain(value: Any) -> Any:
    if is_tensor(value) or is_a(value, (np.ndarray, np.generic)):
        return value.tolist()
    if is_a(value, dict):
        return {key: _plain(item) for key, item in dict.items(value)}
    if not is_sequence(value):
        return value
    items = [_plain(item) for item in items_of(value)]
    return tuple(items) if is_a(value, tuple) else items


def _array(name: str, value: Any, module: str, kind: str, whole: int) -> str:
    array = np.asarray(value.tolist() if module == "torch" and "bfloat" in kind else value)
    make = "torch.tensor" if module == "torch" else "np.array"
    if array.dtype.kind not in "biufc":
        return _written(name, f"np.array({array.tolist()!r})", value, whole)
    if array.size == 0:
        return f"{name} = {module}.zeros({tuple(array.shape)}, dtype={kind})"
    if array.size <= whole or array.dtype.kind == "c":
        return f"{name} = {make}({_digits(array).tolist()}, dtype={kind})"
    return _stood_in(name, _like(array, module, kind), array)


def _like(array: Any, module: str, kind: str) -> str:
    """An expression for values of the same shape, type and range; a table that only rises or falls does so too."""
    finite = array[np.isfinite(array)].astype(float)
    low, high = (float(f"{end:.4g}") for end in ((finite.min(), finite.max()) if finite.size else (0.0, 1.0)))
    shape = tuple(array.shape)
    if array.dtype.kind == "b":
        return f"torch.rand({shape}) < 0.5" if module == "torch" else f"np.random.default_rng(0).random({shape}) < 0.5"
    if array.dtype.kind in "iu":
        low, high = int(finite.min()), int(finite.max())
        if module == "torch":
            return f"torch.randint({low}, {high + 1}, {shape}, dtype={kind})"
        return f"np.random.default_rng(0).integers({low}, {high + 1}, {shape}).astype({kind})"
    steps = np.diff(array) if array.ndim == 1 else np.zeros(1)
    if (steps > 0).all() or (steps < 0).all():
        ends = f"{array[0]:.4g}, {array[-1]:.4g}, {len(array)}"
        return f"torch.linspace({ends}, dtype={kind})" if module == "torch" else f"np.linspace({ends}).astype({kind})"
    if module == "torch":
        return f"{low} + {high - low:.4g} * torch.rand({shape}, dtype={kind})"
    return f"np.random.default_rng(0).uniform({low}, {high}, {shape}).astype({kind})"


def _digits(array: Any) -> Any:
    """Without digits that float32 does not have."""
    return (
        np.array([float(f"{value:.9g}") for value in array.ravel()]).reshape(array.shape)
        if array.dtype == np.float32
        else array
    )
