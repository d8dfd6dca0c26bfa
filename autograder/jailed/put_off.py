"""Put off importing torch's compiler until something needs it.

A first optimizer step imports `torch._dynamo`, 824 modules and 1.7 s, to call two functions that do nothing outside of
the compiler (seen in torch 2.13.0: `torch/optim/optimizer.py`, `torch/_compile.py`). A stand-in answers these two.
Asked for anything else, it imports the real one, which then takes its place.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable
from typing import Any

_NAME = "torch._dynamo"


class _StandIn(types.ModuleType):
    """`torch._dynamo` as eager code uses it."""

    @staticmethod
    def graph_break(*args: object, **kwargs: object) -> None:
        """Do nothing: no graph is being traced."""

    @staticmethod
    def disable(fn: Callable[..., Any] | None = None, recursive: bool = True, **kwargs: object) -> Any:
        """Return the function: nothing would compile it."""
        if fn is None or not recursive:
            return real().disable(fn, recursive, **kwargs)
        return fn

    def __getattr__(self, name: str) -> Any:
        if name in ("__spec__", "__file__", "__loader__"):  # asked by the import system and by tools that list modules
            raise AttributeError(name)
        return getattr(real(), name)


def put_off_the_compiler() -> None:
    """Lay the stand-in over `torch._dynamo`, unless the real one is there already."""
    import torch

    if _NAME not in sys.modules:
        sys.modules[_NAME] = torch._dynamo = _StandIn(_NAME)


def real() -> types.ModuleType:
    """Import the real module, in the stand-in's place."""
    if isinstance(sys.modules.get(_NAME), _StandIn):
        del sys.modules[_NAME]
    return importlib.import_module(_NAME)
