"""Numpy mixed with tensors: each real message of the pinned libraries has its advice, and other messages have none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from autograder.jailed.loader import explain
from autograder.reading.advice import advice

A, X = np.array([1.0, 2.0]), torch.tensor([1.0, 2.0])
G = torch.ones(2, requires_grad=True)

MIXED = {
    "array * tensor": (lambda: A * X, "torch.as_tensor(array)"),
    "array + tensor": (lambda: A + X, "torch.as_tensor(array)"),
    "array @ tensor": (lambda: A @ X, "torch.as_tensor(array)"),
    "array ** tensor": (lambda: A**X, "torch.as_tensor(array)"),
    "torch.sqrt of an array": (lambda: torch.sqrt(A), "torch's functions take tensors"),
    "torch.sqrt of a number of numpy's": (lambda: torch.sqrt(A[0]), "torch's functions take tensors"),
    "torch.sqrt of a number": (lambda: torch.sqrt(2.0), "math.sqrt"),
    "torch.cat of arrays": (lambda: torch.cat([A, A]), "torch's functions take tensors"),
    "torch.where of arrays": (lambda: torch.where(A > 0, A, A), "torch's functions take tensors"),
    "np.sqrt of a tensor with a slope": (lambda: np.sqrt(G), "carries a slope"),
    "np.sum of a tensor": (lambda: np.sum(X), "numpy was given a tensor"),
    "np.mean of a tensor": (lambda: np.mean(X), "numpy was given a tensor"),
    "np.max of a tensor": (lambda: np.max(X), "numpy was given a tensor"),
    "np.prod of a tensor": (lambda: np.prod(X), "numpy was given a tensor"),
    "a tensor's method of an array": (lambda: A.sqrt(), ".sqrt belongs to tensors"),
    "an array's method of a tensor": (lambda: X.copy(), "x.clone()"),
    "astype of a tensor": (lambda: X.astype(float), "x.to("),
    "float64 for a float32 network": (lambda: torch.nn.Linear(2, 2)(X.double()), "y.to(x.dtype)"),
    "float64 @ float32": (lambda: X.double() @ torch.ones(2, 2), "y.to(x.dtype)"),
}


@pytest.mark.parametrize(("slip", "words"), MIXED.values(), ids=MIXED)
def test_the_real_error_of_a_mixed_formula_says_what_to_do(slip, words):
    """In the words of the libraries that are installed, and behind their own text"""
    with pytest.raises((TypeError, AttributeError, RuntimeError)) as caught:
        slip()
    assert words in advice(caught.value)
    assert explain(caught.value)[1].startswith(str(caught.value)) and words in explain(caught.value)[1]


def asked_for_an_axis(x, *, dim):
    return x


@pytest.mark.parametrize(
    "slip",
    [
        lambda: "a" + 1,
        lambda: 1 + "a",
        lambda: asked_for_an_axis(1, axis=0),
        lambda: X + torch.ones(3),
        lambda: A + np.ones(3),
        lambda: X.shoe,
        lambda: A.shoe,
        lambda: [][0],
        lambda: torch.ones(2, 2) @ torch.ones(3, 3),
        lambda: X.numpy(force="yes", dim=3),
    ],
)
def test_any_other_error_is_left_as_it_is(slip):
    """Advice that does not fit is worse than none"""
    with pytest.raises(Exception) as caught:
        slip()
    assert advice(caught.value) == ""


def test_an_exception_whose_text_raises_has_no_advice():
    """A student's class may do anything"""

    class Odd(TypeError):
        def __str__(self):
            raise SystemExit

    assert advice(Odd()) == ""
