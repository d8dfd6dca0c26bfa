"""The inputs of a call as Python that a student can paste: small ones whole, large ones by shape and first values."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.suite.student import RecordedCall
from autograder.suite.values import is_a, is_sequence, is_tensor, items_of, render

_WHOLE = 64  # values of an array that are written out
_FIRST = 4
_LONGEST = 4_000


def told_inputs(call: RecordedCall, right: Callable[..., Any] | None = None) -> str:
    """Lines that set the arguments of a call, by the names of the right function's parameters, and the call itself.

    Where an array is too large to be written out, a comment says so, and values like its own stand in for it.
    """
    names = _parameters(right)
    lines: list[str] = []
    given: list[str] = []
    for place, value in enumerate(call.args):
        name = names[place] if place < len(names) else f"argument_{place + 1}"
        lines.append(_line(name, value))
        given.append(name)
    for name, value in call.kwargs.items():
        lines.append(_line(name, value))
        given.append(f"{name}={name}")
    function = call.function
    text = "\n".join([*lines, f"{function}({', '.join(given)})"])
    return text if len(text) <= _LONGEST else text[:_LONGEST].rsplit("\n", 1)[0] + "\n# ..."


def _parameters(function: Callable[..., Any] | None) -> list[str]:
    try:
        return list(inspect.signature(function).parameters) if function else []
    except (TypeError, ValueError):
        return []


def _line(name: str, value: Any) -> str:
    if is_tensor(value):
        return _array(name, value.detach().cpu().numpy(), "torch", str(value.dtype))
    if is_a(value, np.ndarray):
        return _array(name, value, "np", f"np.{value.dtype}")
    if is_a(value, (bool, int, float, str, bytes, type(None))):
        return f"{name} = {value!r}"[:300]
    if is_sequence(value) or is_a(value, dict):
        text = repr(_plain(value))
        return f"{name} = {text}" if len(text) <= 20 * _WHOLE else f"{name} = ...  # {render(value)}"
    if callable(value):
        return f"{name} = ...  # a function of the check's own, such as a model"
    return f"{name} = ...  # something of the course's own"


def _plain(value: Any) -> Any:
    if is_tensor(value) or is_a(value, (np.ndarray, np.generic)):
        return value.tolist()
    if is_a(value, dict):
        return {key: _plain(item) for key, item in dict.items(value)}
    return type(value)(_plain(item) for item in items_of(value)) if is_sequence(value) else value


def _array(name: str, array: Any, module: str, kind: str) -> str:
    make = "torch.tensor" if module == "torch" else "np.array"
    if array.size <= _WHOLE:
        return f"{name} = {make}({_digits(array).tolist()}, dtype={kind})"
    first = ", ".join(f"{value:.4g}" for value in np.ravel(array)[:_FIRST].astype(float))
    shape = tuple(array.shape)
    if array.dtype.kind == "f":
        like = f"torch.randn({shape}, dtype={kind})" if module == "torch" else f"np.random.randn{shape}"
    else:
        like = f"{module}.zeros({shape}, dtype={kind})"
    return f"{name} = {like}  # like it in shape; the check's own begins with {first}, ..."


def _digits(array: Any) -> Any:
    """Without digits that float32 does not have."""
    return (
        np.array([float(f"{value:.9g}") for value in array.ravel()]).reshape(array.shape)
        if array.dtype == np.float32
        else array
    )
