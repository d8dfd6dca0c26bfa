"""Eager torch runs without its compiler; whoever asks for the compiler gets the real one."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

START = """
    import sys
    import torch
    from autograder.jailed.put_off import put_off_the_compiler
    put_off_the_compiler()
    weight = torch.nn.Parameter(torch.ones(3))
"""


def python(source: str) -> str:
    """What a fresh interpreter prints: the stand-in must come before the real module."""
    command = [sys.executable, "-c", dedent(START) + dedent(source)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_every_optimizer_steps_as_it_does_with_the_compiler_there() -> None:
    """The same weights and the same state, and nothing of the compiler is imported"""
    steps = """
        def walk():
            ended = []
            for name in sorted(vars(torch.optim)):
                kind = getattr(torch.optim, name)
                if not (isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)) or name in UNFIT:
                    continue
                weight.data = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
                optimizer = kind([weight], lr=0.1)
                for factor in (1.0, -2.0):
                    weight.grad = factor * torch.tensor([[0.5, 1.0], [0.25, 2.0]])
                    optimizer.step()
                optimizer.load_state_dict(optimizer.state_dict())
                optimizer.zero_grad()
                ended.append((name, weight.tolist(), weight.requires_grad, torch.is_grad_enabled()))
            return ended

        UNFIT = ("Optimizer", "SparseAdam", "LBFGS")
        put_off = walk()
        assert len(put_off) >= 10, put_off
        print([name for name in ("torch._dynamo.eval_frame", "sympy") if name in sys.modules])
        import torch._dynamo.config
        print(put_off == walk(), "torch._dynamo.eval_frame" in sys.modules)
    """
    assert python(steps).splitlines() == ["[]", "True True"]


def test_the_real_compiler_comes_when_it_is_asked_for() -> None:
    """By an attribute, by a submodule, by torch.compile"""
    by_attribute = "print(torch._dynamo.reset.__module__, type(sys.modules['torch._dynamo']).__name__)"
    assert python(by_attribute) == "torch._dynamo module\n"
    by_compile = "print(torch.compile(lambda x: x + 1, backend='eager')(torch.ones(2)).tolist())"
    assert python(by_compile) == "[2.0, 2.0]\n"
