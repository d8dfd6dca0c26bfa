"""The hidden suite of `noising`. 100 points; every input is drawn for one student and one check."""

import numpy as np
import pytest
import torch

from autograder.suite import as_array, assert_matches, assert_pure, check, require, stochastic
from autograder.suite.values import Numbers, to_numbers

PICTURES = (5, 3, 8, 6)  # all sizes different: a factor laid along a wrong axis does not fit by luck


def draw_betas(rng, steps):
    """Rising variances with some scatter, strong enough that 20 steps end in noise."""
    return np.sort(rng.uniform(0.01, 0.3, steps)) * rng.uniform(0.6, 1.0, steps)


def draw_batch(rng, shape, t):
    """x0, t, alpha_bar (20 steps), eps: float32 tensors, as a training loop holds them."""
    x0, eps, alpha_bar = rng.uniform(-1, 1, shape), rng.normal(size=shape), np.cumprod(1 - draw_betas(rng, 20))
    x0, alpha_bar, eps = (torch.tensor(a, dtype=torch.float32) for a in (x0, alpha_bar, eps))
    return x0, torch.as_tensor(t), alpha_bar, eps


def draw_steps(rng, size):
    """`size` different steps of 20, never the first or the last, so that a step more or less exists."""
    return rng.choice(np.arange(1, 19), size, replace=False)


@check("linear_betas.values", points=8)
def test_linear_betas_values(student, reference, rng):
    """linear_betas goes from beta_start to beta_end in equal steps, and knows its two defaults"""
    case = int(rng.integers(8, 40)), rng.uniform(1e-4, 5e-3), rng.uniform(0.03, 0.3)
    betas, usual = student.linear_betas(*case), student.linear_betas(case[0])
    assert_matches(betas, reference.linear_betas(*case), name="betas")
    assert_matches(usual, reference.linear_betas(case[0]), name="betas with the default ends", credit=5 / 8)


@pytest.mark.parametrize("offset", ["default", "drawn"])
@check("cosine_betas.values", points=12, partial=True)
def test_cosine_betas_values(student, reference, rng, offset):
    """cosine_betas makes alpha_bar fall as a squared cosine, with the usual offset s and with any other"""
    case = (int(rng.integers(10, 60)), *([] if offset == "default" else [rng.uniform(0.015, 0.04)]))
    betas, expected = student.cosine_betas(*case), reference.cosine_betas(*case)
    if not right_but_for_the_last(betas, expected):  # there is the cap, which `cap` judges
        assert_matches(betas, expected, name=f"betas, {offset} s")


def right_but_for_the_last(betas, expected):
    """Whether as many betas came as there should, and all are right but perhaps the last one, which is a number."""
    mine = to_numbers(betas)
    if not isinstance(mine, Numbers) or mine.shape != expected.shape or mine.family != "float":
        return False
    mine = mine.floats()
    return np.isfinite(mine).all() and np.allclose(mine[:-1], expected[:-1], rtol=1e-4, atol=1e-5)


@check("cosine_betas.cap", points=4)
def test_cosine_betas_cap(student, reference, rng):
    """cosine_betas lets no beta above max_beta, whatever max_beta is, and knows the usual one"""
    case = int(rng.integers(10, 40)), 0.008, rng.uniform(0.3, 0.6)
    assert_matches(student.cosine_betas(*case), reference.cosine_betas(*case), name="betas under the cap")
    usual = as_array(student.cosine_betas(case[0]), name="betas with the usual cap", shape=(case[0],), credit=0.5)
    lid = reference.cosine_betas(case[0])[-1]
    assert_matches(usual[-1], lid, name="the last beta with the usual cap", credit=0.5)


@check("alpha_bars.values", points=12)
def test_alpha_bars_values(student, reference, rng):
    """alpha_bars multiplies what every step so far has kept"""
    betas = draw_betas(rng, rng.integers(10, 30))
    assert_matches(student.alpha_bars(betas), reference.alpha_bars(betas), name="alpha_bar")


@check("forward_step.values", points=12)
def test_forward_step_values(student, reference, rng):
    """forward_step shrinks x and adds noise by the beta of its own step, the first and the last included"""
    betas, (x, eps) = draw_betas(rng, 12), rng.normal(size=(2, 3, 5))
    inner = int(rng.integers(2, 10))
    steps = [inner, 0, 11, inner]  # one step twice: noise of one's own gives itself away
    answers = [student.call("forward_step", x, t, betas, eps) for t in steps]
    for t, answer in zip(steps, answers, strict=True):
        assert_matches(answer, reference.forward_step(x, t, betas, eps), name=f"x after step t = {t}")
    assert_pure(answers[0], credit=0.75)


@check("forward_step.marginal", points=8, false_failure_rate=5e-10)
def test_forward_step_marginal(student, rng):
    """many steps of forward_step in a row end where the closed form says: same mean, same spread, a bell curve"""
    start, betas, size = rng.uniform(0.8, 2.0), draw_betas(rng, 25), 20_000
    x = np.full(size, start)
    for t in range(len(betas)):
        x = as_array(student.forward_step(x, t, betas, rng.normal(size=size)), name="x", shape=(size,))
    alpha_bar = np.prod(1 - betas)
    mean, spread = np.sqrt(alpha_bar) * start, np.sqrt(1 - alpha_bar)
    stochastic.assert_standard_normal((x - mean) / spread, name="x_T", shape=(size,), law=(mean, spread))


@check("q_sample.image", points=10)
def test_q_sample_image(student, reference, rng):
    """q_sample mixes pictures and noise by the schedule, each picture at its own t"""
    batch = draw_batch(rng, PICTURES, draw_steps(rng, 5))
    x_t, again = student.q_sample(*batch), student.q_sample(*batch)
    assert_matches(x_t, reference.q_sample(*batch), name="x_t")
    assert_matches(again, reference.q_sample(*batch), name="x_t, asked for a second time")


@check("q_sample.batch_is_width", points=8)
def test_q_sample_batch_is_width(student, reference, rng):
    """q_sample works on data with two axes, also where the batch is as long as each example"""
    batch = draw_batch(rng, (4, 4), draw_steps(rng, 4))
    assert_matches(student.q_sample(*batch), reference.q_sample(*batch), name="x_t")


@check("q_sample.edges", points=6)
def test_q_sample_edges(student, reference, rng):
    """q_sample is right at the least noisy step, t = 0, and at the noisiest, t = T - 1"""
    batch = draw_batch(rng, PICTURES, [0, 19, 0, 19, 19])
    each = [f"the pictures at t = {t}" for t in batch[1].tolist()]
    assert_matches(student.q_sample(*batch), reference.q_sample(*batch), name="x_t at the first and last t", rows=each)


@check("q_sample.pure", points=4)
def test_q_sample_pure(student, rng):
    """q_sample returns a new tensor: its arguments and the global random generators stay as they were"""
    batch = draw_batch(rng, PICTURES, draw_steps(rng, 5))
    answer = student.call("q_sample", *batch)
    x_t = as_array(answer.value, name="x_t", shape=PICTURES)
    require(not np.allclose(x_t, batch[0]), "q_sample gave x0 back without any noise in it.")
    assert_pure(answer)


@check("q_sample_own.stats", points=10, false_failure_rate=9.7e-10)
def test_q_sample_own_stats(student, rng):
    """q_sample_own draws fresh bell-curve noise for every pixel, fixed by its seed, and keeps the right share of x0"""
    shape, seed = (8, 4, 16, 16), int(rng.integers(1, 10**6))
    x0, t, alpha_bar, _ = draw_batch(rng, shape, draw_steps(rng, 8))
    runs = [student.q_sample_own(x0, t, alpha_bar, s) for s in (seed, seed, seed + 1)]
    x_t, again, other = (as_array(run, name="x_t", shape=shape) for run in runs)
    require(np.allclose(x_t, again), f"Two runs with seed {seed} gave different x_t.")
    require(not np.allclose(x_t, other), f"Seeds {seed} and {seed + 1} gave the same x_t.")
    a, clean = alpha_bar[t].double().numpy().reshape(8, 1, 1, 1), x0.double().numpy()
    noise = (x_t - np.sqrt(a) * clean) / np.sqrt(1 - a)
    stochastic.assert_uncorrelated(noise[0::2], noise[1::2], name="noise of one picture and of the next")
    stochastic.assert_uncorrelated(noise[:, 1:], noise[:, :-1], name="noise of one channel and of the next")
    stochastic.assert_standard_normal(noise, name="noise found in x_t", shape=shape)
    stochastic.assert_uncorrelated(noise[..., 1:], noise[..., :-1], name="noise of neighbouring pixels")
    for row in range(8):
        stochastic.assert_uncorrelated(noise[row], clean[row], name=f"noise found in picture {row} and its x0")
    stochastic.assert_uncorrelated(noise, clean, name="noise found in x_t and x0 itself")


@check("snr.values", points=6)
def test_snr_values(student, reference, rng):
    """snr divides the signal's power by the noise's power"""
    alpha_bar = np.cumprod(1 - draw_betas(rng, rng.integers(10, 30)))
    assert_matches(student.snr(alpha_bar), reference.snr(alpha_bar), name="snr")
