"""What a student's code asks of the model that a check hands it, written down call by call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.errors import ModelMisuse
from autograder.suite.lending import is_sent_by_name, may_be_lent, why_not
from autograder.suite.objects import is_object
from autograder.suite.values import Numbers, describe_kind, is_a, is_sequence, is_tensor, render, to_numbers

_MAX_NOTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One call of the model: its positional arguments (x, t, ...) as copies, by name what came by name."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)


class CallLog:
    """A trusted model that records what it is asked, and refuses what makes no sense before the model sees it.

    model: `model(x, t, *rest)` over torch tensors; it gets t as a LongTensor (B,). timesteps: T, so that t must lie in
    0..T-1; None if any whole number will do. x may be a tensor, an array or a list of finite numbers; t one whole
    number or one for each row of x.

    calls: a ModelCall each, in order. times: what t was in each call, a list of whole numbers (one if one came).

    Raises ModelMisuse (to the student's code) with a sentence for the learner.
    """

    def __init__(self, model: Callable[..., Any], *, timesteps: int | None = None) -> None:
        self._model = model
        self._timesteps = timesteps
        self.calls: list[ModelCall] = []
        self.times: list[list[int]] = []

    def __len__(self) -> int:
        return len(self.calls)

    def __call__(self, x: Any, t: Any, *rest: Any, **named: Any) -> Any:
        """Record the call, and answer as the model does."""
        x, rows = self._picture(x)
        times = self._times(t, rows)
        rest = tuple(_tensor_if_numbers(value) for value in rest)
        named = {name: _tensor_if_numbers(value) for name, value in named.items()}
        args = tuple(_copy(value) for value in (x, t, *rest))
        self.calls.append(ModelCall(args=args, kwargs={name: _copy(value) for name, value in named.items()}))
        self.times.append(times)
        return self._model(x, _long(times if len(times) == rows else times * rows), *rest, **named)

    def _picture(self, x: Any) -> tuple[Any, int]:
        numbers = to_numbers(x)
        if not isinstance(numbers, Numbers):
            raise ModelMisuse(f"the model was called with an x that is {numbers.why}; give it a tensor")
        if not numbers.raw.size:  # it may say that it has two thousand million rows
            raise ModelMisuse(f"the model was called with an x that holds no values: its shape is {numbers.shape}")
        if numbers.family == "complex":
            raise ModelMisuse("the model was called with complex numbers as x")
        if not np.isfinite(numbers.floats()).all():
            raise ModelMisuse("the model was called with an x that holds nan or infinite values")
        rows = numbers.shape[0] if numbers.shape else 1
        return (x if is_tensor(x) else _float_tensor(numbers)), rows

    def _times(self, t: Any, rows: int) -> list[int]:
        numbers = to_numbers(t)
        if t is None or not isinstance(numbers, Numbers):
            raise ModelMisuse(f"the model was called with a t that is {describe_kind(t)}; t is a whole number")
        if len(numbers.shape) > 1 or numbers.shape not in ((), (1,), (rows,)):
            raise ModelMisuse(
                f"the model was called with t of shape {numbers.shape} for an x of {rows} rows; "
                f"t is one whole number for each row, shape ({rows},)"
            )
        values = numbers.floats().ravel()
        if numbers.family == "complex" or not np.isfinite(values).all() or (values != np.round(values)).any():
            raise ModelMisuse(f"the model was called with t = {render(t)}; t is a whole number, not a fraction")
        top = self._timesteps
        if top is not None and ((values < 0).any() or (values > top - 1).any()):
            wrong = values[(values < 0) | (values > top - 1)][0]
            raise ModelMisuse(f"the model was asked about t = {wrong:.0f}, but t runs from 0 to {top - 1}")
        return [int(v) for v in values]


def overhear(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[Any], tuple[Any, Any]]:
    """Arguments whose callables note what they are asked, and the list in which the notes will stand.

    A note is a dictionary of sketches: each argument's shape and at most 16 of its values, so that it stays small.
    """
    notes: list[Any] = []

    def listening(value: Any) -> Any:
        if not callable(value) or is_tensor(value) or is_object(value) or is_sent_by_name(value):
            return value
        if not may_be_lent(value):
            raise TypeError(why_not(value))

        def asked(*args: Any, **kwargs: Any) -> Any:
            if len(notes) < _MAX_NOTES:
                named = {**{str(i): arg for i, arg in enumerate(args)}, **kwargs}
                notes.append({name: _sketch(arg) for name, arg in named.items()})
            return value(*args, **kwargs)

        asked.__name__ = getattr(value, "__name__", "model")
        return asked

    return notes, (tuple(listening(arg) for arg in args), {name: listening(arg) for name, arg in kwargs.items()})


def _sketch(value: Any) -> Any:
    if value is None or is_a(value, str):
        return value
    numbers = to_numbers(value)
    if not isinstance(numbers, Numbers):
        return describe_kind(value)
    flat = numbers.floats().ravel()
    few = flat[:: max(1, len(flat) // 16)][:16]
    return (list(numbers.shape), few.copy())


def _float_tensor(numbers: Numbers) -> Any:
    import torch

    dtype = torch.float32 if numbers.raw.dtype == np.float32 else torch.float64
    return torch.tensor(numbers.floats(), dtype=dtype)


def _long(times: list[int]) -> Any:
    import torch

    return torch.tensor(times, dtype=torch.long)


def _tensor_if_numbers(value: Any) -> Any:
    """Arrays and lists of numbers as the tensors that a model works on; anything else as it is."""
    import torch

    if not (is_a(value, np.ndarray) or is_sequence(value)):
        return value
    numbers = to_numbers(value)
    return torch.tensor(np.array(numbers.raw)) if isinstance(numbers, Numbers) else value


def _copy(value: Any) -> Any:
    if is_tensor(value):
        return value.detach().clone()
    return value.copy() if is_a(value, (np.ndarray, list)) else value
