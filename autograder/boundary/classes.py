"""Classes that both sides of the line know by name, and what stands for a value whose class stayed on the other side.

Students import this too, so it loads no codec, and torch only where one of its names arrives.
"""

from __future__ import annotations

import builtins
import datetime
import decimal
import enum
import fractions
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.boundary.tensors import DTYPES, is_dtype, torch_in_use

_BUILT_IN = [
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "object",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
    "type",
]
_NUMPY = [
    "bool_",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "integer",
    "floating",
    "number",
    "generic",
    "ndarray",
]
_TORCH = {"Tensor", *(name for name, _ in DTYPES)}
_CLASSES: dict[str, Any] = {
    **{name: getattr(builtins, name) for name in _BUILT_IN},
    **{
        name: value
        for name, value in vars(builtins).items()
        if isinstance(value, type) and issubclass(value, Exception) and value.__name__ == name
    },
    **{f"numpy.{name}": getattr(np, name) for name in _NUMPY},
    "decimal.Decimal": decimal.Decimal,
    "fractions.Fraction": fractions.Fraction,
    "datetime.date": datetime.date,
    "datetime.datetime": datetime.datetime,
}
_NAMES = {value: name for name, value in _CLASSES.items()}


def class_named(name: str) -> Any:
    """The class, or the dtype of torch, that goes by that name. Raises KeyError if none does."""
    library, _, own = name.partition(".")
    if library == "torch" and own in _TORCH:
        import torch

        return getattr(torch, own)
    return _CLASSES[name]


def name_of(value: Any) -> str:
    """The name by which both sides know a class or a dtype of torch, "" if they do not."""
    if is_dtype(value):
        return str(value) if str(value).removeprefix("torch.") in _TORCH else ""
    torch = torch_in_use()
    if torch is not None and value is torch.Tensor:
        return "torch.Tensor"
    return _NAMES.get(value, "")


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A member of an Enum whose class stayed on the other side. It equals every member of its name and class name."""

    kind: str
    name: str
    value: Any

    def __eq__(self, other: object) -> bool:
        if isinstance(other, enum.Enum):
            return (self.kind, self.name) == (type(other).__name__, other.name)
        return isinstance(other, Member) and (self.kind, self.name) == (other.kind, other.name)

    def __hash__(self) -> int:
        return hash((self.kind, self.name))

    def __repr__(self) -> str:
        return f"{self.kind}.{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table where pandas is not loaded. columns: label to values; dtypes: in the same order; kind: its class."""

    columns: dict[Any, Any]
    dtypes: tuple[str, ...]
    index: Any
    kind: str = "DataFrame"
