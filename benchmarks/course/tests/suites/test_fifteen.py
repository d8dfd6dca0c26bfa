"""Fifteen checks of five functions, of the size that real suites have."""
# ruff: noqa: ANN001, ANN201

import numpy as np
import pytest
import torch

from autograder.suite import assert_matches, assert_pure, check


def draw_batch(rng, shape):
    """x0, t, alpha_bar (20 steps) and eps, float32."""
    alpha_bar = np.cumprod(1 - np.sort(rng.uniform(0.01, 0.3, 20)))
    x0, alpha_bar, eps = (
        torch.tensor(a, dtype=torch.float32) for a in (rng.uniform(-1, 1, shape), alpha_bar, rng.normal(size=shape))
    )
    return x0, torch.as_tensor(rng.choice(np.arange(1, 15), shape[0], replace=False)), alpha_bar, eps


@check("linear_betas.values", points=7)
def test_linear_betas_values(student, reference, rng):
    """linear_betas rises in equal steps"""
    case = int(rng.integers(8, 40)), rng.uniform(1e-4, 5e-3), rng.uniform(0.03, 0.3)
    assert_matches(student.linear_betas(*case), reference.linear_betas(*case), name="betas")


@check("linear_betas.defaults", points=7)
def test_linear_betas_defaults(student, reference, rng):
    """linear_betas knows its two defaults"""
    steps = int(rng.integers(100, 1000))
    assert_matches(student.linear_betas(steps), reference.linear_betas(steps), name="betas")


@check("linear_betas.ends", points=7)
def test_linear_betas_ends(student, reference, rng):
    """linear_betas begins and ends where it is told to"""
    betas = student.linear_betas(2, 0.1, 0.2)
    assert_matches(betas, [0.1, 0.2], name="betas")


@check("alpha_bars.values", points=7)
def test_alpha_bars_values(student, reference, rng):
    """alpha_bars multiplies what every step has kept"""
    betas = torch.tensor(rng.uniform(0.01, 0.3, 20))
    assert_matches(student.alpha_bars(betas), reference.alpha_bars(betas), name="alpha_bar")


@check("alpha_bars.long", points=7)
def test_alpha_bars_long(student, reference, rng):
    """alpha_bars stays exact over a thousand steps"""
    betas = torch.tensor(rng.uniform(1e-4, 0.02, 1000))
    assert_matches(student.alpha_bars(betas), reference.alpha_bars(betas), name="alpha_bar")


@check("alpha_bars.pure", points=7)
def test_alpha_bars_pure(student, reference, rng):
    """alpha_bars leaves the betas as they were"""
    assert_pure(student.call("alpha_bars", torch.tensor(rng.uniform(0.01, 0.3, 20))))


@check("q_sample.image", points=7)
def test_q_sample_image(student, reference, rng):
    """q_sample mixes each picture at its own t"""
    batch = draw_batch(rng, (5, 3, 8, 6))
    assert_matches(student.q_sample(*batch), reference.q_sample(*batch), name="x_t")


@check("q_sample.large", points=7)
def test_q_sample_large(student, reference, rng):
    """q_sample does the same for larger pictures"""
    batch = draw_batch(rng, (8, 3, 32, 32))
    assert_matches(student.q_sample(*batch), reference.q_sample(*batch), name="x_t")


@check("q_sample.pure", points=7)
def test_q_sample_pure(student, reference, rng):
    """q_sample changes no argument and moves no generator"""
    assert_pure(student.call("q_sample", *draw_batch(rng, (5, 3, 8, 6))))


@pytest.mark.parametrize("size", [1, 2, 7])
@check("predict_x0.values", points=7, partial=True)
def test_predict_x0_values(student, reference, rng, size):
    """predict_x0 finds x0 again, for batches of any size"""
    batch = draw_batch(rng, (size, 3, 8, 6))
    assert_matches(student.predict_x0(*batch), reference.predict_x0(*batch), name="x0")


@check("predict_x0.inverse", points=6)
def test_predict_x0_inverse(student, reference, rng):
    """predict_x0 undoes q_sample"""
    x0, t, alpha_bar, eps = draw_batch(rng, (5, 3, 8, 6))
    x_t = student.q_sample(x0, t, alpha_bar, eps)
    assert_matches(student.predict_x0(x_t, t, alpha_bar, eps), x0, name="x0", rtol=1e-3, atol=1e-4)


@check("predict_x0.pure", points=6)
def test_predict_x0_pure(student, reference, rng):
    """predict_x0 changes no argument and moves no generator"""
    assert_pure(student.call("predict_x0", *draw_batch(rng, (5, 3, 8, 6))))


@check("loss.values", points=6)
def test_loss_values(student, reference, rng):
    """loss is the mean of all squares"""
    eps_hat, eps = (torch.tensor(rng.normal(size=(5, 3, 8, 6))) for _ in range(2))
    assert_matches(student.loss(eps_hat, eps), reference.loss(eps_hat, eps), name="loss")


@check("loss.zero", points=6)
def test_loss_zero(student, reference, rng):
    """loss of a perfect guess is 0"""
    eps = torch.tensor(rng.normal(size=(5, 3, 8, 6)))
    assert_matches(student.loss(eps, eps), 0.0, name="loss")


@check("loss.pure", points=6)
def test_loss_pure(student, reference, rng):
    """loss leaves both arguments as they were"""
    eps_hat, eps = (torch.tensor(rng.normal(size=(5, 3, 8, 6))) for _ in range(2))
    assert_pure(student.call("loss", eps_hat, eps))
