"""torch where it is in use: most courses never ask for it, and to import it takes two seconds and 150 MiB."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    import torch

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
