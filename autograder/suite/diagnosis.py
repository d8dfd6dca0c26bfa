"""Which known wrong idea explains what a student's code returned.

The calls of a failed check are replayed, with the inputs they had, on every misconception of the function that was
called. A hint is given only if exactly one of them returns what the student's code returned, each time, and that is not
what the reference returns. Functions are judged one by one, so two mistakes in two functions are both found. A wrong
hint is worse than none: whatever is in doubt gets none.
"""

from __future__ import annotations

import random
import re
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from autograder.contracts import Misconception
from autograder.errors import StudentError
from autograder.suite.recognition import Comparison
from autograder.suite.student import RecordedCall
from autograder.suite.values import Numbers, is_a, is_sequence, is_tensor, items_of, to_numbers

# Tighter than a check's own tolerance, so that a near miss is not named as a known mistake.
SAME = Comparison(rtol=1e-5, atol=1e-6)
# Raised by every unfinished or misspelt function: says nothing about an idea.
_SAYS_NOTHING = frozenset({"NotImplementedError", "NameError", "SyntaxError", "ImportError", "ModuleNotFoundError"})


class Entry(Protocol):
    """A wrong idea as a course's bank holds it (reference.misconceptions.Misconception)."""

    @property
    def id(self) -> str:
        """Unique within the assignment."""
        ...

    @property
    def function(self) -> str:
        """The name of the function it is about."""
        ...

    @property
    def hint(self) -> str:
        """About the idea that is missing."""
        ...

    @property
    def wrong(self) -> Callable[..., Any]:
        """The function as one with this idea would write it."""
        ...

    @property
    def slow(self) -> bool:
        """Whether it takes too long to be replayed."""
        ...


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception in place of a value: its class and, without numbers and places, what it says."""

    kind: str
    text: str


def diagnose(
    calls: Sequence[RecordedCall], bank: Sequence[Entry], reference: ModuleType | Any, *, seconds: float = 2.0
) -> Misconception | None:
    """The misconception behind a failed check, or None if none fits alone.

    calls: what the check called and what came back; reference: the module (or any object) that has the right functions;
    seconds: how long the replays may take, after which no further function is judged. If ideas are found behind several
    functions, the one counts whose function went wrong most often, then the one that was called last.
    """
    found = diagnose_each(calls, bank, reference, seconds=seconds)
    return list(found.values())[-1] if found else None


def diagnose_each(
    calls: Sequence[RecordedCall], bank: Sequence[Entry], reference: ModuleType | Any, *, seconds: float = 2.0
) -> dict[str, Misconception]:
    """Function to misconception, for every function whose wrong answers one idea explains; the likeliest blame last."""
    deadline = time.monotonic() + seconds
    last_seen = {call.function: i for i, call in enumerate(calls)}
    found: list[tuple[int, int, str, Misconception]] = []
    with _undisturbed():
        for function, last in last_seen.items():
            entries = [entry for entry in bank if entry.function == function and not entry.slow]
            right = getattr(reference, function, None)
            if not entries or right is None or time.monotonic() > deadline:
                continue
            mine = [call for call in calls if call.function == function]
            observed = [_observed(call) for call in mine]
            wrong = [not agrees(seen, replay(right, call)) for call, seen in zip(mine, observed, strict=True)]
            if not any(wrong):
                continue
            entry = _only_match(entries, mine, observed, wrong, deadline)
            if entry is not None:
                found.append((sum(wrong), last, function, Misconception(id=entry.id, hint=entry.hint)))
    return {function: idea for _, _, function, idea in sorted(found, key=lambda item: item[:2])}


def replay(function: Callable[..., Any], call: RecordedCall) -> Any:
    """What a trusted function returns for the inputs of a call, or `Raised`. The inputs stay as they are."""
    try:
        return function(*_copied(call.args), **_copied(call.kwargs))
    except Exception as error:  # noqa: BLE001 - a wrong idea may raise anything, and that is its answer
        return Raised(type(error).__name__, _gist(type(error).__name__, str(error)))


def agrees(observed: Any, expected: Any) -> bool:
    """Whether two answers are the same within 1e-5 relative and 1e-6 absolute. nan at the same places is the same.

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
        return _dicts_agree(observed, expected)
    one, other = to_numbers(observed), to_numbers(expected)
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return _numbers_agree(one, other)
    if is_sequence(observed) and is_sequence(expected):
        mine, theirs = items_of(observed), items_of(expected)
        try:
            return len(mine) == len(theirs) and all(agrees(a, b) for a, b in zip(mine, theirs, strict=True))
        except RecursionError:
            return False
    return False


def _only_match(
    entries: Sequence[Entry], calls: Sequence[RecordedCall], observed: list[Any], wrong: list[bool], deadline: float
) -> Entry | None:
    match: Entry | None = None
    # The calls that went wrong tell ideas apart; those that went right are asked last.
    order = sorted(range(len(calls)), key=lambda i: not wrong[i])
    for entry in entries:
        if time.monotonic() > deadline:
            return None  # an idea that was not tried could have fitted too
        answers: dict[int, Any] = {}
        for i in order:
            answers[i] = replay(entry.wrong, calls[i])
            if not agrees(observed[i], answers[i]):
                break
        else:
            if not _convinces(observed, answers, wrong):
                continue
            if match is not None:
                return None
            match = entry
    return match


def _convinces(observed: list[Any], answers: dict[int, Any], wrong: list[bool]) -> bool:
    """Exceptions of one kind have many causes: alone they convince only if they say the same."""
    faults = [i for i, is_wrong in enumerate(wrong) if is_wrong and isinstance(observed[i], Raised)]
    if len(faults) < sum(wrong):
        return True
    return all(observed[i].text == answers[i].text and observed[i].kind not in _SAYS_NOTHING for i in faults)


def _observed(call: RecordedCall) -> Any:
    if call.fault is None:
        return call.value
    if isinstance(call.fault, StudentError):
        return Raised(call.fault.kind, _gist(call.fault.kind, call.fault.text))
    return Raised(f"<{type(call.fault).__name__}>", "")  # no answer in time, or a dead process: like nothing in a bank


def _gist(kind: str, text: str) -> str:
    """An exception's text without its class, numbers and line ends."""
    return re.sub(r"[\d\s]+", " ", text[:2000].removeprefix(f"{kind}: "))[:80].strip()


def _numbers_agree(one: Numbers, other: Numbers) -> bool:
    if one.shape != other.shape:
        return False
    if (one.family == "complex") != (other.family == "complex"):
        return False
    if one.shape == () and (one.family == "bool") != (other.family == "bool"):
        return False
    if one.family == "complex":
        a, b = np.asarray(one.raw, np.complex128), np.asarray(other.raw, np.complex128)
        return SAME.same(a.real, b.real) and SAME.same(a.imag, b.imag)
    return SAME.same(one.floats(), other.floats())


def _dicts_agree(observed: dict[Any, Any], expected: dict[Any, Any]) -> bool:
    if dict.__len__(observed) != len(expected):
        return False
    plain = all(is_a(key, (str, int, float, bool, bytes)) for key in dict.keys(observed))
    if not plain or any(key not in expected for key in dict.keys(observed)):
        return False
    return all(agrees(dict.__getitem__(observed, key), value) for key, value in expected.items())


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


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Replays draw from the global generators and warn; neither is to be noticed outside."""
    import torch

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
