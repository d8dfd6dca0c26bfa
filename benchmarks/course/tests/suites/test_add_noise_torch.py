"""Six checks of one function; peers.py asks the same of the other graders."""
# ruff: noqa: ANN001, ANN201

import numpy as np
import torch

from autograder.suite import assert_matches, assert_pure, check, require


def draw(rng):
    """x0, alpha_bar and eps; the schedule runs from all signal to all noise."""
    x0, eps, alpha_bar = rng.normal(size=16), rng.normal(size=16), np.linspace(1, 0, 21)
    return tuple(torch.tensor(values) for values in (x0, alpha_bar, eps))


@check("t0_is_x0", points=16)
def test_t0_is_x0(student, reference, rng):
    """at t = 0 nothing is changed"""
    x0, alpha_bar, eps = draw(rng)
    assert_matches(student.add_noise(x0, 0, alpha_bar, eps), x0, name="x_t")


@check("end_is_eps", points=16)
def test_end_is_eps(student, reference, rng):
    """at the end there is only noise"""
    x0, alpha_bar, eps = draw(rng)
    assert_matches(student.add_noise(x0, 20, alpha_bar, eps), eps, name="x_t")


@check("matches_reference", points=17)
def test_matches_reference(student, reference, rng):
    """add_noise mixes signal and noise by the schedule"""
    x0, alpha_bar, eps = draw(rng)
    t = int(rng.integers(1, 20))
    assert_matches(student.add_noise(x0, t, alpha_bar, eps), reference.add_noise(x0, t, alpha_bar, eps), name="x_t")


@check("length", points=17)
def test_length(student, reference, rng):
    """what comes back is as long as x0"""
    x0, alpha_bar, eps = draw(rng)
    require(len(student.add_noise(x0, 5, alpha_bar, eps)) == len(x0), "x_t must be as long as x0.")


@check("pure", points=17)
def test_pure(student, reference, rng):
    """the arguments are left as they were"""
    x0, alpha_bar, eps = draw(rng)
    answer = student.call("add_noise", x0, 5, alpha_bar, eps)
    assert_pure(answer)
    assert_matches(student.add_noise(x0, 3, alpha_bar, eps), reference.add_noise(x0, 3, alpha_bar, eps), name="x_t")


@check("zeros", points=17)
def test_zeros(student, reference, rng):
    """nothing but scaled noise comes of zeros"""
    _, alpha_bar, eps = draw(rng)
    x0 = torch.zeros(16, dtype=torch.float64)
    assert_matches(student.add_noise(x0, 7, alpha_bar, eps), reference.add_noise(x0, 7, alpha_bar, eps), name="x_t")
