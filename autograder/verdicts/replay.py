"""What a function does with recorded inputs: the answer, and whether two answers are the same.

A replay gets copies of the inputs, and nothing that it does to them or to the global generators is noticed outside.
"""

from __future__ import annotations

import itertools
import random
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.boundary.tensors import torch_in_use
from autograder.errors import ModelMisuse, StudentError
from autograder.suite import kinds
from autograder.suite.calls import overhear
from autograder.suite.explain import Comparison
from autograder.suite.student import RecordedCall, call_with, twin_of
from autograder.suite.values import Numbers, is_a, is_sequence, is_tensor, items_of, to_numbers

# Tighter than a check's own tolerance, so that a near miss is not named as a known mistake.
SAME = Comparison(rtol=1e-5, atol=1e-6)
_SEEDS = itertools.count()


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception in place of a value: its class and, without numbers and places, what it says."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one call did.

    value: what it returned, or Raised; mutated: how many arguments it changed; moved: whether a global generator moved;
    asked: a sketch of each question to its model.
    """

    value: Any
    mutated: int
    moved: bool
    asked: tuple[Any, ...]


def observed(call: RecordedCall) -> Seen:
    """What the student's code did in a recorded call."""
    value = call.value
    if isinstance(call.fault, StudentError):
        value = _raised(call.fault.kind, call.fault.text)
    elif call.fault is not None:  # no answer in time, or a dead process: like nothing in a bank
        value = Raised(f"<{type(call.fault).__name__}>", "")
    return Seen(value=value, mutated=len(call.mutated), moved=bool(call.generators), asked=call.asked)


def replay(function: Callable[..., Any], call: RecordedCall) -> Seen:
    """What a trusted function does with the inputs of a call. The inputs stay as they are."""
    args, kwargs = _copied(call.args), _copied(call.kwargs)
    asked, (heard_args, heard_kwargs) = overhear(args, kwargs)
    states = _fresh_generators()
    value: Any
    try:
        value = call_with(twin_of, function, heard_args, heard_kwargs)
    except Exception as error:  # noqa: BLE001 - a wrong idea may raise anything, and that is its answer
        value = _raised("ModelMisuse" if isinstance(error, ModelMisuse) else type(error).__name__, str(error))
    before = [*call.args, *call.kwargs.values()]
    changed = sum(not _untouched(a, b) for a, b in zip([*args, *kwargs.values()], before, strict=True))
    if isinstance(value, Raised):
        return Seen(value=value, mutated=0, moved=False, asked=tuple(asked))
    moved = states != _generators()
    return Seen(value=value, mutated=changed, moved=moved, asked=tuple(asked))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Replays draw from the global generators and warn; neither is to be noticed outside."""
    torch = torch_in_use()
    states = random.getstate(), np.random.get_state(), torch.get_rng_state() if torch else None
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        if torch:
            torch.set_rng_state(states[2])


def agrees(observed: Any, expected: Any, within: Comparison = SAME) -> bool:
    """Whether two answers are the same, by default within 1e-5 relative and 1e-6 absolute; nan is the same as nan.

    Numbers may come in any form; exceptions are the same if they are of one kind. Total: whatever a student returned is
    compared without raising, and an opaque object is never the same as anything.
    """
    if isinstance(observed, Raised) or isinstance(expected, Raised):
        return isinstance(observed, Raised) and isinstance(expected, Raised) and observed.kind == expected.kind
    if observed is None or expected is None:
        return observed is expected
    for kind in (str, bytes):
        if is_a(observed, kind) or is_a(expected, kind):
            return is_a(observed, kind) and is_a(expected, kind) and kind.__eq__(observed, expected) is True
    if is_a(observed, dict) and is_a(expected, dict):
        return _dicts_agree(observed, expected, within)
    if kinds.is_special(expected):
        return _kinds_agree(observed, expected, within)
    one, other = to_numbers(observed), to_numbers(expected)
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return _numbers_agree(one, other, within)
    if is_sequence(observed) and is_sequence(expected):
        mine, theirs = items_of(observed), items_of(expected)
        try:
            return len(mine) == len(theirs) and all(agrees(a, b, within) for a, b in zip(mine, theirs, strict=True))
        except RecursionError:
            return False
    return False


def _raised(kind: str, text: str) -> Raised:
    """What a model refuses reaches the student's code as a RuntimeError. Numbers and line ends are left out."""
    gist = re.sub(r"[\d\s]+", " ", text[:2000].removeprefix(f"{kind}: "))[:80].strip()
    return Raised("RuntimeError" if kind == "ModelMisuse" else kind, gist)


def _numbers_agree(one: Numbers, other: Numbers, within: Comparison) -> bool:
    if one.shape != other.shape:
        return False
    if (one.family == "complex") != (other.family == "complex"):
        return False
    if one.shape == () and (one.family == "bool") != (other.family == "bool"):
        return False
    if one.family == "complex":
        a, b = np.asarray(one.raw, np.complex128), np.asarray(other.raw, np.complex128)
        return within.same(a.real, b.real) and within.same(a.imag, b.imag)
    return within.same(one.floats(), other.floats())


def _kinds_agree(observed: Any, expected: Any, within: Comparison) -> bool:
    def inner(one: Any, other: Any, name: str) -> None:
        if not agrees(one, other, within):
            raise kinds.Differs(name)

    try:
        kinds.compare(observed, expected, inner)
    except Exception:  # noqa: BLE001 - Differs, and whatever two values that do not compare raise
        return False
    return True


def _dicts_agree(observed: dict[Any, Any], expected: dict[Any, Any], within: Comparison) -> bool:
    if dict.__len__(observed) != len(expected):
        return False
    plain = all(is_a(key, (str, int, float, bool, bytes)) for key in dict.keys(observed))
    if not plain or any(key not in expected for key in dict.keys(observed)):
        return False
    return all(agrees(dict.__getitem__(observed, key), value, within) for key, value in expected.items())


def _untouched(one: Any, other: Any) -> bool:
    """Whether a copy that was handed over is as what it was copied from; what cannot change is not copied."""
    if one is other or (is_tensor(one) and one.dtype == other.dtype and bool(one.equal(other))):
        return True
    return agrees(one, other) if isinstance(to_numbers(one), Numbers) or is_sequence(one) or is_a(one, dict) else True


def _copied(value: Any) -> Any:
    """A copy that replays cannot spoil; what is called (a model) stays the same object."""
    if is_tensor(value):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if is_a(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(_copied(item) for item in value)
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    return value


def _generators() -> list[float]:
    torch = torch_in_use()
    return [random.random(), np.random.random(), torch.rand(()).item() if torch else 0.0]  # noqa: S311


def _fresh_generators() -> list[float]:
    """Put the global generators where no code seeds them, elsewhere at each replay; and what they would draw next."""
    torch = torch_in_use()
    seed = 7_919_000 + next(_SEEDS) % 10**6
    draws: list[float] = []
    for _ in range(2):
        random.seed(seed)
        np.random.seed(seed)
        if torch:
            torch.default_generator.manual_seed(seed)  # torch.manual_seed formats a traceback each time
        draws = draws or _generators()
    return draws
