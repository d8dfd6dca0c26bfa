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
from autograder.errors import ModelMisuse, StudentError
from autograder.suite.calls import overhear
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one call did: the value (or Raised), how many arguments it changed, and what it asked of its model."""

    value: Any
    mutated: int
    asked: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A function's calls, what was seen, where the value is wrong, and whether anything else differs somewhere."""

    calls: Sequence[RecordedCall]
    seen: Sequence[Seen]
    wrong: Sequence[bool]
    odd: bool


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
            case = _case([call for call in calls if call.function == function], right)
            if not any(case.wrong) and not case.odd:
                continue
            entry = _only_match(entries, case, deadline)
            if entry is not None:
                found.append((sum(case.wrong), last, function, Misconception(id=entry.id, hint=entry.hint)))
    return {function: idea for _, _, function, idea in sorted(found, key=lambda item: item[:2])}


def replay(function: Callable[..., Any], call: RecordedCall) -> Seen:
    """What a trusted function does with the inputs of a call. The inputs stay as they are."""
    args, kwargs = _copied(call.args), _copied(call.kwargs)
    asked, (heard_args, heard_kwargs) = overhear(args, kwargs)
    value: Any
    try:
        value = function(*heard_args, **heard_kwargs)
    except Exception as error:  # noqa: BLE001 - a wrong idea may raise anything, and that is its answer
        value = _raised("ModelMisuse" if isinstance(error, ModelMisuse) else type(error).__name__, str(error))
    before = [*call.args, *call.kwargs.values()]
    changed = sum(not _untouched(a, b) for a, b in zip([*args, *kwargs.values()], before, strict=True))
    return Seen(value=value, mutated=0 if isinstance(value, Raised) else changed, asked=tuple(asked))


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


def _case(calls: Sequence[RecordedCall], right: Callable[..., Any]) -> _Case:
    seen = [_observed(call) for call in calls]
    answers = [replay(right, call) for call in calls]
    wrong = [not agrees(mine.value, theirs.value) for mine, theirs in zip(seen, answers, strict=True)]
    odd = not all(_same_behaviour(mine, theirs) for mine, theirs in zip(seen, answers, strict=True))
    return _Case(calls=calls, seen=seen, wrong=wrong, odd=odd)


def _only_match(entries: Sequence[Entry], case: _Case, deadline: float) -> Entry | None:
    """The one idea that explains a function's calls; None if there is none, or more, or no time to be sure."""
    by_value: list[tuple[Entry, dict[int, Seen]]] = []
    # The calls that went wrong tell ideas apart; those that went right are asked last.
    order = sorted(range(len(case.calls)), key=lambda i: not case.wrong[i])
    for entry in entries:
        answers: dict[int, Seen] = {}
        for i in order:
            if time.monotonic() > deadline:
                return None  # an idea that was not tried could have fitted too
            answers[i] = replay(entry.wrong, case.calls[i])
            if not agrees(case.seen[i].value, answers[i].value):
                break
        else:
            by_value.append((entry, answers))
    if any(case.wrong):
        matches = [(entry, answers) for entry, answers in by_value if _convinces(case, answers)]
        if len(matches) > 1:
            matches = [(entry, answers) for entry, answers in matches if _behaves(case, answers)]
    else:
        matches = [(entry, answers) for entry, answers in by_value if _behaves(case, answers)]
    if not matches and any(case.wrong):
        return _only_erratic(entries, case)
    return matches[0][0] if len(matches) == 1 else None


def _convinces(case: _Case, answers: dict[int, Seen]) -> bool:
    """Exceptions of one kind have many causes: alone they convince only if they say the same."""
    faults = [i for i, wrong in enumerate(case.wrong) if wrong and isinstance(case.seen[i].value, Raised)]
    if len(faults) < sum(case.wrong):
        return True
    pairs = [(case.seen[i].value, answers[i].value) for i in faults]
    return all(mine.text == theirs.text and mine.kind not in _SAYS_NOTHING for mine, theirs in pairs)


def _behaves(case: _Case, answers: dict[int, Seen]) -> bool:
    """Whether the student's code asked the same of its model and changed as many inputs as the idea does."""
    return all(_same_behaviour(case.seen[i], answer) for i, answer in answers.items())


def _same_behaviour(one: Seen, other: Seen) -> bool:
    return one.mutated == other.mutated and agrees(list(one.asked), list(other.asked))


def _only_erratic(entries: Sequence[Entry], case: _Case) -> Entry | None:
    """The one idea that answers equal inputs differently, if the student's code does so and the reference does not."""
    for i, call in enumerate(case.calls):
        for j in range(i):
            if not _equal_inputs(call, case.calls[j]) or agrees(case.seen[i].value, case.seen[j].value):
                continue
            erratic = [e for e in entries if not agrees(replay(e.wrong, call).value, replay(e.wrong, call).value)]
            values = [to_numbers(case.seen[i].value), *(to_numbers(replay(e.wrong, call).value) for e in erratic)]
            shapes = {value.shape if isinstance(value, Numbers) else None for value in values}
            return erratic[0] if len(erratic) == 1 and len(shapes) == 1 and None not in shapes else None
    return None


def _equal_inputs(one: RecordedCall, other: RecordedCall) -> bool:
    plain = not any(callable(arg) for arg in one.args)
    return plain and agrees(list(one.args), list(other.args)) and agrees(one.kwargs, other.kwargs)


def _observed(call: RecordedCall) -> Seen:
    value = call.value
    if isinstance(call.fault, StudentError):
        value = _raised(call.fault.kind, call.fault.text)
    elif call.fault is not None:  # no answer in time, or a dead process: like nothing in a bank
        value = Raised(f"<{type(call.fault).__name__}>", "")
    return Seen(value=value, mutated=len(call.mutated), asked=call.asked)


def _raised(kind: str, text: str) -> Raised:
    """What a model refuses reaches the student's code as a RuntimeError. Numbers and line ends are left out."""
    gist = re.sub(r"[\d\s]+", " ", text[:2000].removeprefix(f"{kind}: "))[:80].strip()
    return Raised("RuntimeError" if kind == "ModelMisuse" else kind, gist)


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


def _untouched(one: Any, other: Any) -> bool:
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
