"""What may be asked of an object that stays in a submission's process: a fixed list of operations, by name.

The side that holds the object looks an operation up here and runs it; the other side sends a name and values. Nothing
else of the object crosses, so whoever asks never touches it.
"""

from __future__ import annotations

import builtins
import copy
import operator
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift", "and_", "or_", "xor"]
COMPARED = ["eq", "ne", "lt", "le", "gt", "ge"]
UNARY = ["neg", "pos", "abs", "invert"]


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    apply = getattr(operator, name)
    return lambda target, other: apply(other, target)


def _in_place(name: str) -> Callable[[Any, Any], Any]:
    apply: Callable[[Any, Any], Any] = getattr(operator, f"i{name.rstrip('_')}")
    return apply


def _step(iterator: Iterator[Any]) -> tuple[Any, ...]:
    """The next item in a tuple, or an empty tuple at the end. No `iter` before it: a class may begin anew there."""
    try:
        return (next(iterator),)
    except StopIteration:
        return ()


def _leave(target: Any, kind: str, text: str) -> Any:
    """End a `with`. kind, text: of the exception that ended its body, "" where there was none."""
    if not kind:
        return target.__exit__(None, None, None)
    error = exception_named(kind, text)
    return bool(target.__exit__(type(error), error, None))


def _is_subclass(target: Any, kind: Any) -> bool:
    """kind: a class, the name of one of Python's own, or where one of a library's stands."""
    if isinstance(kind, str) and ":" in kind:
        return _stands_at(kind, target.__mro__) or issubclass(target, _at(kind))
    return issubclass(target, vars(builtins).get(kind, ()) if isinstance(kind, str) else kind)


def _is_instance(target: Any, kind: Any) -> bool:
    """kind: a class, or where one of a library's stands."""
    if isinstance(kind, str):
        return _stands_at(kind, type(target).__mro__) or isinstance(target, _at(kind))
    return isinstance(target, kind)


def _stands_at(place: str, classes: Iterable[type]) -> bool:
    """Whether one of these classes stands at a place, such as "torch.nn.modules.module:Module"."""
    return place in (f"{kind.__module__}:{kind.__qualname__}" for kind in classes)


def _at(place: str) -> Any:
    """The class there, if its module is loaded: an abstract class has members that do not derive from it."""
    module, _, name = place.partition(":")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else ()


def exception_named(kind: str, text: str) -> Exception:
    """An exception of Python's own class of that name; a RuntimeError if there is none."""
    found = vars(builtins).get(kind)
    if isinstance(found, type) and issubclass(found, Exception):
        try:
            return found(text)
        except TypeError:  # such as UnicodeDecodeError, which takes five arguments
            pass
    return RuntimeError(f"{kind}: {text}")


OPERATIONS: dict[str, Callable[..., Any]] = {
    "itself": lambda target: target,
    "call": lambda target, *args, **kwargs: target(*args, **kwargs),
    "get": getattr,
    "set": setattr,
    "delete": delattr,
    "method": lambda target, name, *args, **kwargs: getattr(target, name)(*args, **kwargs),
    "item": operator.getitem,
    "set_item": operator.setitem,
    "delete_item": operator.delitem,
    "contains": operator.contains,
    "len": len,
    "bool": bool,
    "str": str,
    "repr": repr,
    "format": format,
    "int": int,
    "float": float,
    "complex": complex,
    "index": operator.index,
    "round": round,
    "divmod": divmod,
    "iter": iter,
    "reversed": reversed,
    "next": _step,
    "enter": lambda target: target.__enter__(),
    "leave": _leave,
    "is_instance": _is_instance,
    "is_subclass": _is_subclass,
    "type_name": lambda target: type(target).__name__,
    "copy": copy.copy,
    "deep_copy": copy.deepcopy,
    **{name: getattr(operator, name) for name in [*BINARY, *COMPARED, *UNARY]},
    **{f"r_{name}": _reflected(name) for name in BINARY},
    **{f"i_{name}": _in_place(name) for name in BINARY},
}
