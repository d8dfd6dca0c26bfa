"""What the zygote imports for a submission is told by the submission's bytes, and by nothing else."""

from __future__ import annotations

import pytest

from autograder.sandbox.preload import needed_by


@pytest.mark.parametrize(
    ("source", "libraries"),
    [
        (b"import torch\noptimizer = torch.optim.Adam(model.parameters())\n", ["torch"]),
        (b"from torch.nn import functional as F\n", ["torch"]),
        (b'{"source": ["import numpy as np, torch\\n"]}', ["torch"]),
        (b'torch = __import__("torch")\n', ["torch"]),
        (b"# a torch is no library here\n", []),
        (b"import matplotlib.pyplot as plt\n", ["matplotlib.pyplot"]),
        (b'{"cells": [{"source": ["%matplotlib inline\\n"]}]}', ["matplotlib.pyplot"]),
        (b"import pandas as pd\npd.Series([1]).plot()\n", ["matplotlib.pyplot"]),
        (b"import torch\nfast = torch.compile(model)\n", ["torch", "torch._dynamo"]),
        (b"fast = vmap(model)\n", []),
        (b"from torch.func import grad\nimport pylab\n", ["torch", "matplotlib.pyplot", "torch._dynamo"]),
        (b"split = simplts\n", []),
    ],
)
def test_a_library_is_needed_where_its_sign_is(source: bytes, libraries: list[str]) -> None:
    """In any file of the submission"""
    assert needed_by([b"x = 1\n", source]) == libraries


def test_what_a_suite_needs_is_there_for_every_submission() -> None:
    """A suite that uses torch hands tensors to work that never names it."""
    assert needed_by([b"x = 1\n"], "torch") == ["torch"]
