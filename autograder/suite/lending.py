"""Which functions a suite may hand to a submission. They run on our side, outside the jail, on what a student sends.

So only code that was written for the purpose may be handed over: a suite's own. A library's function does whatever its
arguments say (`np.fromfile` reads any file), and a class, a module or an exception that became a function in the
worker would cost right work its points.
"""

from __future__ import annotations

import functools
import inspect
import sysconfig
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any, TypeGuard

from autograder.boundary.classes import name_of

_INSTALLED = tuple(
    {str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
# An environment that lies over another one finds libraries in folders that its own interpreter does not name.
_LIBRARIES = frozenset({"site-packages", "dist-packages"})
_ENGINE = str(Path(__file__).resolve().parents[1])


def lend(function: Callable[..., Any]) -> Callable[..., Any]:
    """Say that any callable may be handed to submissions, whoever wrote it. It gets whatever a student sends.

    A module (torch.nn.Module) that is lent so is a function in the worker: it has no parameters there.
    """

    def lent(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    lent.__name__ = getattr(function, "__name__", "model")
    return lent


def may_be_lent(value: object) -> TypeGuard[Callable[..., Any]]:
    """Whether a value is a function whose code is neither a library's nor Python's."""
    code = _code(value)
    if code is None or inspect.iscoroutinefunction(value):
        return False
    if code.startswith("<"):
        return True
    place = Path(code).resolve()
    installed = str(place).startswith(_INSTALLED) or not _LIBRARIES.isdisjoint(place.parts)
    return str(place).startswith(_ENGINE) or not installed


def is_a_suites(file: str) -> bool:
    """Whether code of that file is a suite's: neither the engine's, nor a library's, nor Python's."""
    place = str(Path(file).resolve()) if not file.startswith("<") else file
    return not place.startswith((_ENGINE, *_INSTALLED))


def is_sent_by_name(value: object) -> bool:
    """Whether a value is a class that both sides know, such as `float`, `ValueError` or `np.float32`."""
    return isinstance(value, type) and name_of(value) != ""


def why_not(value: object) -> str:
    """What an author of suites is told of a value that may not be lent."""
    kind = (
        f"the class {value.__name__}" if isinstance(value, type) else f"{type(value).__name__} {_name(value)}".strip()
    )
    if inspect.iscoroutinefunction(value):
        return f"{kind} cannot be handed to a submission: nobody awaits a coroutine function here; lend one of `def`"
    return (
        f"{kind.strip()} cannot be handed to a submission: only functions that the suite defines itself are lent. "
        "Hand over `lambda x: ...` with the call in it, or `lend(...)` from autograder.suite; "
        "of classes, Python's and numpy's own cross by name"
    )


def _code(value: object) -> str | None:
    """The file that holds the code of a callable; None for what has none of Python's, or is no function."""
    if isinstance(value, functools.partial):
        return _code(value.func)
    if isinstance(value, MethodType):
        return _code(value.__func__)
    if isinstance(value, FunctionType):
        return value.__code__.co_filename
    if isinstance(value, type):
        return None
    call = next((vars(kind)["__call__"] for kind in type(value).__mro__ if "__call__" in vars(kind)), None)
    return call.__code__.co_filename if isinstance(call, FunctionType) else None


def _name(value: object) -> str:
    name = getattr(value, "__qualname__", getattr(value, "__name__", ""))
    return name if isinstance(name, str) else ""
