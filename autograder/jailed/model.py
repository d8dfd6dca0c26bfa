"""A callable of the suite's as a submission sees it."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from autograder.boundary.tensors import is_tensor, torch_in_use


class OwnAnswer(BaseException):
    """The grader says that a stand-in is to answer with the function whose place it takes."""


class Model:
    """A callable argument as the student sees it: calling it asks the grader, by value, and it can be differentiated.

    It also answers the few things that are commonly asked of an nn.Module before it is called.
    """

    training = False

    def __init__(self, ask: Any, number: int, name: str, own: Any = None) -> None:
        """own: what is called where the grader says so: the function whose place this takes."""
        self._ask = ask
        self.number = number
        self._own = own
        self.__name__ = name or "model"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Ask the grader's model."""
        places = [place for place, value in named(args, kwargs) if _needs_gradient(value)]
        try:
            if not places or not torch_in_use().is_grad_enabled():
                return self._ask(self.number, "call", args, kwargs)
            tensors = [args[place] if isinstance(place, int) else kwargs[place] for place in places]
            return differentiable().apply(self, places, args, kwargs, *tensors)
        except OwnAnswer:
            pass  # called outside, so that what it raises has no other exception behind it
        return self._own(*args, **kwargs)

    forward = __call__

    def eval(self) -> Model:
        """It has one mode."""
        return self

    def train(self, mode: bool = True) -> Model:
        """It has one mode."""
        return self

    def to(self, *args: object, **kwargs: object) -> Model:
        """It is where the values are."""
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Model:
        """It has nothing to train."""
        return self

    def __deepcopy__(self, memo: object) -> Model:
        return self

    def parameters(self) -> Iterator[Any]:
        """One placeholder, so that its device and dtype can be asked."""
        import torch

        return iter([torch.nn.Parameter(torch.zeros(1))])


def stand_in(model: Model, original: Any) -> Any:
    """A plain function that asks the grader, with the name, the signature and the texts of the one it replaces."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return model(*args, **kwargs)

    functools.update_wrapper(function, original)
    with contextlib.suppress(TypeError, ValueError):
        function.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]
    function.__dict__.pop("__wrapped__", None)
    return function


def named(args: Sequence[Any], kwargs: dict[str, Any]) -> Iterator[tuple[int | str, Any]]:
    """Go through all arguments, with the place or the name of each."""
    yield from enumerate(args)
    yield from kwargs.items()


def _needs_gradient(value: object) -> bool:
    return is_tensor(value) and value.requires_grad


@functools.cache
def differentiable() -> Any:
    """One call of a model whose gradient is asked for later: the grader keeps its graph until then. Imports torch."""
    import torch

    class Differentiable(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, model: Model, places: Any, args: Any, kwargs: Any, *tensors: torch.Tensor) -> Any:
            ctx.model = model
            ctx.ticket, result = model._ask(model.number, "forward", (places, args), kwargs)
            return tuple(result) if isinstance(result, list) else result

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx: Any, *gradients: Any) -> Any:
            answers = ctx.model._ask(ctx.model.number, "backward", (ctx.ticket, list(gradients)), {})
            return None, None, None, None, *answers

    return Differentiable
