"""torch where it is in use: most courses never ask for it, and to import it takes two seconds and 150 MiB."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    import torch

# A dtype's place in this table is its code on the line: torch's name, numpy's name, both with the same bytes.
DTYPES: tuple[tuple[str, str], ...] = (
    ("float32", "<f4"),
    ("float64", "<f8"),
    ("float16", "<f2"),
    ("bfloat16", "<i2"),
    ("int64", "<i8"),
    ("int32", "<i4"),
    ("int16", "<i2"),
    ("int8", "<i1"),
    ("uint8", "<u1"),
    ("uint16", "<u2"),
    ("uint32", "<u4"),
    ("uint64", "<u8"),
    ("bool", "|b1"),
    ("complex64", "<c8"),
    ("complex128", "<c16"),
)

_found: Any = None


def torch_in_use() -> Any:
    """The module torch if this process has imported it, else None."""
    global _found
    if _found is None:
        there = sys.modules.get("torch")
        _found = there if hasattr(there, "Tensor") else None  # it lacks its classes while it is being imported
    return _found


def is_dtype(value: object) -> TypeGuard[torch.dtype]:
    """Whether a value is a dtype of torch."""
    there = _found or torch_in_use()
    return there is not None and isinstance(value, there.dtype)


def is_tensor(value: object) -> TypeGuard[torch.Tensor]:
    """Whether a value is a tensor of torch, which is not imported for the question."""
    there = _found or torch_in_use()
    return there is not None and isinstance(value, there.Tensor)
