"""The callables that a suite hands to a student, asked by the worker through a number and answered by value.

This is the one place where a student's values reach trusted code, so everything is checked and has a budget: how often,
how many bytes, how many gradients are kept open. What goes wrong in a model because of what it was given is told to the
student in general words; anything else is our own fault and surfaces as InfrastructureError.
"""

from __future__ import annotations

import contextlib
import dis
from collections.abc import Callable
from typing import Any

from autograder.boundary import wire
from autograder.boundary.tensors import is_tensor, torch_in_use
from autograder.errors import GraderError, InfrastructureError, ModelMisuse, StudentDied, StudentError
from autograder.records import GivenFunction, Limits, OwnWork
from autograder.suite.lending import is_a_suites

MAX_QUESTION_BYTES = 16 << 20
MAX_TOTAL_BYTES = 4 << 30
MAX_GRAPH_BYTES = 4 << 20
MAX_OPEN_GRAPHS = 4_096
MAX_OPEN_BYTES = 64 << 20

_CAUSED_BY_VALUES = (TypeError, ValueError, RuntimeError, LookupError, AttributeError, ArithmeticError, MemoryError)


class Models:
    """All callables of one session, and the gradients that are still open."""

    def __init__(self, limits: Limits) -> None:
        self._questions_left = limits.callbacks
        self._bytes_left = MAX_TOTAL_BYTES
        self._functions: list[Callable[..., Any] | OwnWork | GivenFunction] = []
        self._numbers: dict[int, int] = {}
        self._open: dict[int, tuple[Any, list[Any], int]] = {}
        self._tickets = 0

    def number_of(self, function: Callable[..., Any] | OwnWork | GivenFunction) -> int:
        """The number under which the worker may ask for `function`; the same function keeps its number."""
        if id(function) not in self._numbers:
            self._functions.append(function)  # also keeps it alive, so that its id stays its own
            self._numbers[id(function)] = len(self._functions) - 1
        return self._numbers[id(function)]

    def forget_graphs(self) -> None:
        """Free every gradient that is still open. Done when the student's call returns."""
        self._open.clear()

    def answer(self, message: list[Any], size: int) -> list[object]:
        """The reply to one MODEL message of `size` bytes.

        Raises wire.WireError for a malformed question, StudentDied over budget, InfrastructureError for our own faults.
        """
        if len(message) != 5:
            raise wire.WireError("a malformed question to a model")
        _, number, mode, args, kwargs = message
        if type(number) is not int or not 0 <= number < len(self._functions):
            raise wire.WireError("a question to a model that does not exist")
        if type(args) not in (tuple, list) or type(kwargs) is not dict:
            raise wire.WireError("a malformed question to a model")
        if type(mode) is not str or not all(type(name) is str for name in kwargs):
            raise wire.WireError("a malformed question to a model")
        self._spend(size)
        function = self._functions[number]
        if isinstance(function, OwnWork):
            function.calls.append(None)
            return [wire.OWN]
        if isinstance(function, GivenFunction):
            reply = self._guarded(function.function, tuple(args), kwargs)
            return reply if mode == "call" and reply[0] != wire.RAISE else [wire.OWN]  # no slope is asked of a step
        if mode == "call":
            torch = torch_in_use()
            with torch.no_grad() if torch else contextlib.nullcontext():
                return self._guarded(function, tuple(args), kwargs)
        if mode == "forward" and len(args) == 2:
            return self._forward(function, args[0], args[1], kwargs, size)
        if mode == "backward" and len(args) == 2:
            return self._backward(args[0], args[1])
        raise wire.WireError("a malformed question to a model")

    def _spend(self, size: int) -> None:
        self._questions_left -= 1
        self._bytes_left -= size
        if self._questions_left < 0:
            raise StudentDied("the model was asked more often than a whole submission may")
        if size > MAX_QUESTION_BYTES or self._bytes_left < 0:
            raise StudentDied("the model was given more data than a submission may send")

    def _guarded(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[object]:
        """Run trusted code on a student's values. What it raises tells whose fault it was."""
        try:
            return [wire.RESULT, function(*args, **kwargs)]
        except (ModelMisuse, StudentError) as error:
            return [wire.RAISE, "RuntimeError", str(error)]
        except GraderError:
            raise
        except (
            Exception
        ) as error:  # a function of the suite is trusted code: what it did not mean to raise is our fault
            if _on_purpose(error):
                return [wire.RAISE, _built_in(error), str(error)[:500]]
            if not isinstance(error, _CAUSED_BY_VALUES):
                raise InfrastructureError(f"a model of the suite failed: {type(error).__name__}: {error}") from error
            given = [_describe(value) for value in args] + [f"{name}={_describe(kwargs[name])}" for name in kwargs]
            told = f"the model could not use what it was given: {', '.join(given)[:500] or 'nothing'}"
            # A MemoryError would look like one of the submission's own.
            return [wire.RAISE, "RuntimeError" if isinstance(error, MemoryError) else _built_in(error), told]

    def _forward(self, function: Any, places: Any, args: Any, kwargs: dict[str, Any], size: int) -> list[object]:
        if type(places) is not list or type(args) not in (tuple, list):
            raise wire.WireError("a malformed question to a model")
        if size > MAX_GRAPH_BYTES or len(self._open) >= MAX_OPEN_GRAPHS:
            raise StudentDied("the gradient of a model was asked for more data than a submission may send")
        args, tracked = list(args), []
        for place in places:
            holder: Any = kwargs if type(place) is str else args
            known = place in kwargs if type(place) is str else type(place) is int and 0 <= place < len(args)
            if not known or not is_tensor(holder[place]) or not holder[place].is_floating_point():
                raise wire.WireError("a gradient with respect to something that is no tensor")
            holder[place] = holder[place].requires_grad_()
            tracked.append(holder[place])
        with torch_in_use().enable_grad():
            reply = self._guarded(function, tuple(args), kwargs)
        if reply[0] == wire.RAISE:
            return reply
        results = reply[1] if isinstance(reply[1], (tuple, list)) else [reply[1]]
        self._tickets += 1
        kept = size + sum(value.nbytes for value in results if is_tensor(value))
        if kept + sum(bytes_ for _, _, bytes_ in self._open.values()) > MAX_OPEN_BYTES:
            raise StudentDied("too many gradients of a model were left open: call it under torch.no_grad()")
        self._open[self._tickets] = (results, tracked, kept)
        return [wire.RESULT, [self._tickets, reply[1]]]

    def _backward(self, ticket: Any, gradients: Any) -> list[object]:
        if type(ticket) is not int or type(gradients) is not list:
            raise wire.WireError("a malformed question to a model")
        if ticket not in self._open:
            return [
                wire.RAISE,
                "RuntimeError",
                "the gradient of this call was taken already, or its function has returned",
            ]
        results, tracked, _ = self._open.pop(ticket)

        def gradient() -> list[Any]:
            pairs = [
                (result, slope)
                for result, slope in zip(results, gradients, strict=True)
                if is_tensor(result) and result.requires_grad and slope is not None
            ]
            if not pairs:
                return [None] * len(tracked)
            if any(slope.shape != result.shape for result, slope in pairs):
                raise ValueError("a gradient has the shape of what it belongs to")
            # The gradient of this number is theirs, weighed by the slopes, to the bit. Given the slopes themselves,
            # torch 2.13.0 imports sympy to compare two shapes: 487 modules, 0.45 s.
            number = sum((result * slope).sum() for result, slope in pairs)
            return list(torch_in_use().autograd.grad(number, tracked, allow_unused=True))

        return self._guarded(gradient, (), {})


def _built_in(error: Exception) -> str:
    """The name of the first of its classes that is Python's own: the other side knows no other."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")


def _on_purpose(error: Exception) -> bool:
    """Whether a `raise` statement in the suite's own code raised this: only then is its text meant for a student."""
    if isinstance(error, (AssertionError, StopIteration, StopAsyncIteration)):  # an assert is a `raise` too
        return False
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or not is_a_suites(trace.tb_frame.f_code.co_filename):
        return False
    code = trace.tb_frame.f_code
    return any(step.offset == trace.tb_lasti and step.opname == "RAISE_VARARGS" for step in dis.get_instructions(code))


def _describe(value: object) -> str:
    """What kind of thing a student gave to a model, without its contents."""
    if is_tensor(value):
        return f"a {str(value.dtype).removeprefix('torch.')} tensor of shape {tuple(value.shape)}"
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"a {value.dtype} array of shape {value.shape}"
    return repr(value)[:40] if isinstance(value, (int, float, bool, type(None))) else f"a {type(value).__name__}"
