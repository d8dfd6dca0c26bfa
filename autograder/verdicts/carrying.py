"""Whether an earlier function alone failed a check, so that a slip costs its own checks and no other's.

Four things must hold, and none of them trusts what the submission can see of being asked again:
- the earlier function lost two fifths of its own points or more, if any check asks for it;
- asked once more with its own functions behind the stand-ins, the submission answers as before and calls one of them;
- with the reference's functions behind the stand-ins, in a worker that has seen none of the inputs, it earns more;
- its FIRST answers are what the reference's function gives over the submission's own other functions. So they were
  right but for those: whoever hands in a second idea when he is asked again had another one in his first answers.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from autograder.errors import GraderError, StudentError, StudentFault
from autograder.suite.explain import Comparison
from autograder.suite.lending import may_be_lent
from autograder.suite.student import Backend, RecordedCall
from autograder.suite.values import is_a, is_tensor
from autograder.verdicts.diagnosis import same_course, same_use
from autograder.verdicts.replay import agrees, observed, replay, undisturbed
from autograder.verdicts.verdict import Attempt

# Wider than a check's tolerance: a wrong step makes a loop's rounding grow. Another idea is further off than this.
_ALIKE = Comparison(rtol=0.01, atol=0.002)

_VALUES = (bool, int, float, complex, str, bytes, np.ndarray, np.generic)

# Of the points of its own checks, what an earlier function must have lost to explain anything: who hides another idea
# in it must have it wrong, and not only spoil its cheapest check.
_LOST = 0.4

# Parameters of functions whose noise is their own.
_DRAWS = {"seed", "generator"}


@contextlib.contextmanager
def in_place(backend: Backend, functions: Mapping[str, Any]) -> Iterator[None]:
    """These functions under the submission's names, meanwhile."""
    try:
        for name, function in functions.items():
            backend.replace(name, function)
        yield
    finally:
        backend.restore()


def candidates(first: Attempt, carries: Sequence[str], attempts: Sequence[tuple[Attempt, float]]) -> tuple[str, ...]:
    """Which earlier functions may be behind a failed attempt: those before the first that it asked for itself.

    attempts: all, each with the points that it could earn. A function that kept most of those of its own checks is
    right, and explains nothing.
    """
    if first.earned_all or not first.functions:
        return ()
    proven = {
        name
        for name in carries
        if (own := [(attempt.credit, points) for attempt, points in attempts if name in attempt.functions])
        and sum((1 - credit) * points for credit, points in own) < _LOST * sum(points for _, points in own)
    }
    return tuple(name for name in first.earlier(tuple(carries)) if name not in proven)


def same_answers(one: Attempt, other: Attempt) -> bool:
    """Whether two attempts of a check ended alike, call by call. Answers that chance decides never do."""
    if (one.outcome, one.credit, one.functions) != (other.outcome, other.credit, other.functions):
        return False
    pairs = zip(one.calls, other.calls, strict=False)
    return len(one.calls) == len(other.calls) and all(same_use(a, b) for a, b in pairs)


def follows(
    first: Attempt,
    second: Attempt,
    names: Sequence[str],
    backend: Backend,
    reference: ModuleType,
    ways: Mapping[str, tuple[Any, ...]],
) -> bool:
    """Whether the first answers are the reference's over the submission's own other functions; `names` were carried.

    ways: a function to other right ways to write it over earlier ones, any of which will do. False where none of them
    builds on an earlier function: then a slip there explains nothing. True where what is right is not one answer (noise
    of one's own, from a seed), which shows when the second attempt earned its points with other answers.
    """
    judged = [call for call in first.calls if hasattr(reference, call.function) and call.function not in names]
    own = _OwnFunctions(backend, reference)
    with undisturbed():
        for call in judged:
            right = (getattr(reference, call.function), *ways.get(call.function, ()))
            told = [own.answer(function, call) for function in right]
            if own.ended:  # its own function died or hung: what came until then decides, if this call did so before
                if call.fault is None or isinstance(call.fault, StudentError):
                    return False  # it answered over a function that it now ends in: it knows who asks
                break
            if not any(agrees(observed(call).value, value, _ALIKE) for value in told):
                break
        else:
            return own.asked > 0
        if own.asked == 0:
            return False
        if own.ended:
            return True
        # Only a seed leaves more than one answer right. What else differs was handed in where nothing judges it.
        drawn = any(_DRAWS & set(inspect.signature(getattr(reference, call.function)).parameters) for call in judged)
        return drawn and not all(_as_the_reference(c, reference) for c in second.calls if c.function not in names)


def follows_in_uses(first: Attempt, backend: Backend, reference: ModuleType, ask: Callable[[Any], Attempt]) -> bool:
    """The same for a check of objects or programs, whose uses build on one another: the whole check is run once more.

    ask: runs it on a copy of the reference in which functions of the submission's own stand under the names that it is
    given. What is expected comes of the reference as it is.
    """
    own = _OwnFunctions(backend, reference)
    asked = {word for name in first.functions for word in re.findall(r"\w+", name)}
    stand_ins = own.under(vars(reference), [name for name in _functions(reference) if name not in asked])
    with undisturbed():
        tried = ask(stand_ins)
    return own.asked > 0 and not own.ended and same_course(first, tried)


class _OwnFunctions:
    """A submission's functions in the place of the reference's, asked by value. asked: how often."""

    def __init__(self, backend: Backend, reference: ModuleType) -> None:
        self._backend = backend
        self._names = _functions(reference)
        self.asked = 0
        self.ended = False

    def answer(self, function: Callable[..., Any], call: RecordedCall) -> Any:
        """What a function of the course's gives for a recorded call, over the submission's own other functions."""
        faults: list[GraderError] = []

        inner = inspect.unwrap(function)  # `torch.no_grad()` around it has globals of its own
        space = getattr(inner, "__globals__", {})
        used = [name for name in self._names if name in space and name not in (call.function, inner.__name__)]
        with _patched(space, self.under(space, used, faults)):
            value = replay(function, call).value
        if faults and not isinstance(faults[0], StudentFault):
            raise faults[0]
        return value

    def under(
        self, space: dict[str, Any], names: Sequence[str], faults: list[GraderError] | None = None
    ) -> dict[str, Callable[..., Any]]:
        """The submission's own functions under these names of a module. faults: collects what ends a question."""
        faults = [] if faults is None else faults
        right = {name: space[name] for name in names if self._backend.has(name)}

        def lent(name: str) -> Callable[..., Any]:
            def ask(*args: Any, **kwargs: Any) -> Any:
                if not all(map(_crosses, [*args, *kwargs.values()])):  # a network or a scheduler of our side
                    return right[name](*args, **kwargs)
                self.asked += 1
                try:
                    with _patched(space, right):  # what a model of the suite's asks meanwhile is the reference's
                        return self._backend.call(name, args, kwargs).value
                except StudentError as error:
                    raise type(error.kind, (Exception,), {})(error.text) from None
                except GraderError as fault:
                    faults.append(fault)
                    self.ended = True
                    raise

            return ask

        return {name: lent(name) for name in right}


def _crosses(value: Any) -> bool:
    """Whether a value can be handed to a submission: numbers, texts, containers of them, functions that are lent."""
    if type(value) in (list, tuple):
        return all(map(_crosses, value))
    if type(value) is dict:
        return all(map(_crosses, value.values()))
    return value is None or is_tensor(value) or is_a(value, _VALUES) or may_be_lent(value)


def _as_the_reference(call: RecordedCall, reference: ModuleType) -> bool:
    function = getattr(reference, call.function, None)
    return function is None or agrees(observed(call).value, replay(function, call).value, _ALIKE)


def _functions(reference: ModuleType) -> list[str]:
    """The public functions that a reference defines or takes from another assignment's."""
    return [name for name, value in vars(reference).items() if inspect.isfunction(value) and not name.startswith("_")]


@contextlib.contextmanager
def _patched(space: dict[str, Any], functions: Mapping[str, Any]) -> Iterator[None]:
    """These functions under their names in the globals of others, meanwhile."""
    kept = {name: space[name] for name in functions}
    try:
        space.update(functions)
        yield
    finally:
        space.update(kept)
