"""An object of a submission as a suite sees it: each use is a message to the process that holds it, by value.

Nothing of the object is here, so nothing of it is trusted: what it says of its length, its equality or its text is an
answer like any other. All limits of a call hold for each use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from autograder.boundary.objects import BINARY, COMPARED, UNARY
from autograder.errors import StudentError

MAX_STEPS = 100_000  # of one iteration, as many items as can cross at once
_FUNCTIONS = {"function", "method", "builtin_function_or_method", "type", "partial", "method-wrapper", "staticmethod"}
_ITERATORS = {"generator", "chain", "map", "filter", "zip", "enumerate", "islice", "count", "cycle"}
_ROWS = {"deque", "array", "dict_values", "dict_keys", "range", "UserList"}  # lists under other names
_SPECIAL = {"__name__", "__annotations__"}


class Ask(Protocol):
    """How an object is used: `student` records the use and asks the worker."""

    def __call__(self, thing: Object, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do one thing with it."""
        ...


class MissingAttribute(StudentError, AttributeError):
    """An object of the submission has no such attribute, so that `hasattr` and the default of `getattr` work."""


class NoLength(StudentError, TypeError):
    """An object of the submission has no length. `list` asks for one, and goes on without."""


class Object:
    """A proxy. handle: what the backend knows it by; a text for a name of the submission's own.

    Attributes, calls, items, iteration, operators, `with`, `isinstance` and the like go over the line one by one. What
    has a value comes back as a copy of it, anything else as another proxy; the same object as the same proxy.
    """

    __slots__ = ("__weakref__", "_autograder_ask", "_autograder_handle", "_autograder_label")
    __array_ufunc__ = None  # numpy leaves operators to it

    def __init__(self, handle: Any, label: str, ask: Ask) -> None:
        object.__setattr__(self, "_autograder_handle", handle)
        object.__setattr__(self, "_autograder_label", label)
        object.__setattr__(self, "_autograder_ask", ask)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name not in _SPECIAL:
            raise AttributeError(name)  # Python and libraries look for these on their own account
        try:
            value = _use(self, "get", name)
        except StudentError as error:
            if error.kind != "AttributeError":
                raise
            raise MissingAttribute(error.kind, error.text.removeprefix("AttributeError: "), error.frames) from None
        if is_object(value) and type_name_of(value) in _FUNCTIONS:
            object.__setattr__(value, "_autograder_label", f"{label_of(self)}.{name}")
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        _use(self, "set", name, value)

    def __delattr__(self, name: str) -> None:
        _use(self, "delete", name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it, where it is."""
        return self._autograder_ask(self, "call", args, kwargs)

    def __getitem__(self, key: Any) -> Any:
        return _use(self, "item", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        _use(self, "set_item", key, value)

    def __delitem__(self, key: Any) -> None:
        _use(self, "delete_item", key)

    def __contains__(self, item: Any) -> bool:
        return bool(_typed(self, "contains", bool, item))

    def __len__(self) -> int:
        try:
            return max(0, int(_typed(self, "len", int)))
        except StudentError as error:
            if error.kind != "TypeError":
                raise
            raise NoLength(error.kind, error.text.removeprefix("TypeError: "), error.frames) from None

    def __bool__(self) -> bool:
        return bool(_typed(self, "bool", bool))

    def __str__(self) -> str:
        return str(_typed(self, "str", str))

    def __repr__(self) -> str:
        return str(_typed(self, "repr", str))

    def __format__(self, form: str) -> str:
        return str(_typed(self, "format", str, form))

    def __int__(self) -> int:
        return int(_typed(self, "int", int))

    def __float__(self) -> float:
        return float(_typed(self, "float", float))

    def __complex__(self) -> complex:
        return complex(_typed(self, "complex", complex))

    def __index__(self) -> int:
        return int(_typed(self, "index", int))

    def __round__(self, *digits: int) -> Any:
        return _use(self, "round", *digits)

    def __divmod__(self, other: Any) -> Any:
        return _use(self, "divmod", other)

    def __hash__(self) -> int:
        return hash(self._autograder_handle)

    def __iter__(self) -> Iterator[Any]:
        return _steps(self, _use(self, "iter"))

    def __reversed__(self) -> Iterator[Any]:
        return _steps(self, _use(self, "reversed"))

    def __next__(self) -> Any:
        for item in _step(self):
            return item
        raise StopIteration

    def __enter__(self) -> Any:
        return _use(self, "enter")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> bool:
        if isinstance(error, StudentError):
            told = error.kind, error.text.removeprefix(f"{error.kind}: ")
        else:
            told = ("", "") if kind is None else (kind.__name__, str(error))
        return _use(self, "leave", *told) is True

    def __instancecheck__(self, instance: Any) -> bool:
        return _is_instance(instance, self)

    def __subclasscheck__(self, subclass: Any) -> bool:
        return is_object(subclass) and _use(subclass, "is_subclass", self) is True

    def __copy__(self) -> Any:
        return _use(self, "copy")

    def __deepcopy__(self, memo: object) -> Any:
        return _use(self, "deep_copy")

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("an object of a submission cannot be pickled: it is in another process")


def _operator(operation: str) -> Callable[..., Any]:
    return lambda self, *others: _use(self, operation, *others)


for _name in [*BINARY, *COMPARED, *UNARY]:
    setattr(Object, f"__{_name.rstrip('_')}__", _operator(_name))
for _name in BINARY:
    setattr(Object, f"__r{_name.rstrip('_')}__", _operator(f"r_{_name}"))
    setattr(Object, f"__i{_name.rstrip('_')}__", _operator(f"i_{_name}"))


def is_object(value: Any) -> bool:
    """Whether this stands for an object of a submission. Asks it nothing."""
    return issubclass(type(value), Object)


def handle_of(thing: Object) -> Any:
    """What the backend knows it by."""
    return object.__getattribute__(thing, "_autograder_handle")


def label_of(thing: Object) -> str:
    """What messages call it: a name of the submission's, or its class."""
    return str(object.__getattribute__(thing, "_autograder_label"))


def type_name_of(thing: Object) -> str:
    """The name of its class, as the submission says; "name" for a name of the submission's own."""
    return str(getattr(handle_of(thing), "type_name", "name"))


def materialised(value: Any) -> Any:
    """The items of an object that is a row of them or gives them one by one, the value of a name; else what it is.

    Raises StudentError for one that does not end.
    """
    if not is_object(value):
        return value
    if type(handle_of(value)) is str:
        value = _use(value, "itself")
    return list(value) if is_object(value) and type_name_of(value) in _ITERATORS | _ROWS else value


def told(thing: Object, operation: str, args: tuple[Any, ...]) -> str:
    """How a use is named in messages."""
    label = label_of(thing)
    if operation in ("call", "itself", "watch", "run", "query"):
        return label
    if operation in ("get", "set", "delete", "method"):
        return f"{label}.{args[0]}"
    if operation in ("item", "set_item", "delete_item"):
        return f"{label}[...]"
    return f"{operation.removeprefix('r_').removeprefix('i_').rstrip('_')}({label})"


def _use(thing: Object, operation: str, *args: Any) -> Any:
    return thing._autograder_ask(thing, operation, args, {})


def _typed(thing: Object, operation: str, kind: type, *args: Any) -> Any:
    value = _use(thing, operation, *args)
    if type(value) is not kind:
        raise StudentError("TypeError", f"{told(thing, operation, args)} gave a value that is no {kind.__name__}")
    return value


def _step(iterator: Object) -> tuple[Any, ...]:
    value = _use(iterator, "next")
    if type(value) is not tuple or len(value) > 1:
        raise StudentError("TypeError", f"next({label_of(iterator)}) gave what is no item")
    return value


def _steps(thing: Object, iterator: Any) -> Iterator[Any]:
    if not is_object(iterator):
        raise StudentError("TypeError", f"iter({label_of(thing)}) gave no iterator")
    object.__setattr__(iterator, "_autograder_label", label_of(thing))
    for _ in range(MAX_STEPS):
        step = _step(iterator)
        if not step:
            return
        yield step[0]
    raise StudentError("RuntimeError", f"{label_of(thing)} gave more than {MAX_STEPS:,} items, and no end was in sight")


def _is_instance(instance: Any, kind: Object) -> bool:
    if is_object(instance):
        return _use(instance, "is_instance", kind) is True
    if instance is None or _use(kind, "is_subclass", type(instance).__name__) is not True:
        return False
    raise TypeError(
        f"isinstance(..., student.{label_of(kind)}) cannot be told: the object crossed as a plain "
        f"{type(instance).__name__}, and its class stayed behind. Ask for its values instead"
    )
