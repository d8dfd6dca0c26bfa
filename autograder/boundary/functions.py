"""Functions that both sides make of a submission's: in a worker, and where code that we trust stands in for one."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


def written(name: str, source: str, names: Mapping[str, Any]) -> Any:
    """Make the function of that name from a text of the course's own, over these names.

    It is for what must be differentiated through a model of the submission's, which cannot leave its process.
    """
    import torch

    space = {**names, "torch": torch, "np": np, "math": math}
    exec(compile("from __future__ import annotations\n" + source, "course", "exec"), space)  # noqa: S102
    return space[name]


def takes(function: Callable[..., Any], names: Sequence[str]) -> bool:
    """Whether a function's parameters have these names in this order, as far as both go."""
    try:
        own = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return False
    return bool(own) and all(mine == theirs for mine, theirs in zip(own, names, strict=False))


def slope(loss: Callable[..., Any], first: Any, *rest: Any) -> Any:
    """Say how the number that a function returns changes with its first argument; None if autograd finds no way back.

    If the first is a model: how it changes with a factor of what the model says.
    """
    import torch

    if callable(first):
        model, first = first, torch.ones((), requires_grad=True)
        number = loss(lambda *args: first * model(*args), *rest)
    else:
        first = first.detach().clone().requires_grad_(True)
        number = loss(first, *rest)
    if not (isinstance(number, torch.Tensor) and number.requires_grad):
        return None
    return torch.autograd.grad(number, first, allow_unused=True)[0]
