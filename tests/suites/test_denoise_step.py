"""The hidden suite of `denoise_step`. 100 points; every input is drawn for one student and one check.

A wrong habit costs once: `ddpm_step.values` judges the mean with the noise set to zero, only `ddpm_step.spread` judges
the choice of sigma, and where clipping is not the question the inputs are small enough for it not to matter.
"""

import numpy as np
import pytest
import torch

from autograder.suite import as_array, assert_matches, assert_pure, assert_uses, check, require

STEPS = 20
PICTURES = (4, 3, 6, 5)  # all sizes different: a factor laid along a wrong axis does not fit by luck
SMALL = 0.02  # pictures this faint stay inside [-1, 1] whatever a step makes of them


def draw(rng, shape=PICTURES, size=1.0):
    """Normal values of standard deviation `size`."""
    return torch.tensor(rng.normal(size=shape) * size)


def draw_betas(rng):
    """Rising variances with some scatter, strong enough that the last step is nearly noise."""
    return torch.tensor(np.sort(rng.uniform(0.02, 0.3, STEPS)) * rng.uniform(0.7, 1.0, STEPS))


def draw_alpha_bar(rng):
    """The share of signal power left at each step."""
    return torch.cumprod(1 - draw_betas(rng), dim=0)


def draw_times(rng, count, *always):
    """`always`, and different steps between 2 and the last but one, in any order: LongTensor (count,)."""
    others = rng.choice(np.arange(2, STEPS - 1), count - len(always), replace=False)
    return torch.tensor(rng.permutation([*always, *others]))


def draw_step(rng, t, size=1.0):
    """x_t, t, eps, betas, noise, as `ddpm_step` takes them."""
    return draw(rng, size=size), t, draw(rng, size=size), draw_betas(rng), draw(rng)


def draw_hop(rng, t_prev=None, size=1.0):
    """x_t, t, t_prev, eps, alpha_bar, as `ddim_step` takes them; the hop is three to five steps long if not given."""
    t = int(rng.integers(9, 17))
    t_prev = t - int(rng.integers(3, 6)) if t_prev is None else t_prev
    return draw(rng, size=size), t, t_prev, draw(rng, size=size), draw_alpha_bar(rng)


def pair_of(answer):
    """The mean and the variance that `posterior` returned."""
    require(answer is not None, "posterior returned None: did you forget `return`?")
    lengths = (len(answer),) if isinstance(answer, list | tuple) else getattr(answer, "shape", ())
    is_pair = tuple(lengths[:1]) == (2,)
    require(is_pair, "posterior did not return a pair (mean, variance).", observed=answer)
    return answer[0], answer[1]


def pictures_at(t):
    """What each row of a batch is."""
    return [f"the picture at t = {step}" for step in t.tolist()]


def require_not_clipped(x_prev, where):
    """The end of a walk is clipped most often. How right it is, `last` and `final` say."""
    largest = np.abs(as_array(x_prev, name="x_prev", shape=PICTURES, credit=0.75)).max()
    says = f"{where} no value of yours lies outside [-1, 1], though some should: nothing is clipped, the end included."
    require(largest > 1 + 1e-6, says, credit=0.75)


@check("predict_x0.values", points=14)
def test_predict_x0_values(student, reference, rng):
    """predict_x0 takes the noise out at its right size and undoes the dimming, each picture at its own t"""
    case = draw(rng), draw_times(rng, 4), draw(rng), draw_alpha_bar(rng)
    assert_matches(student.predict_x0(*case), reference.predict_x0(*case), name="x0", rows=pictures_at(case[1]))


@check("predict_x0.batch_is_width", points=6)
def test_predict_x0_batch_is_width(student, reference, rng):
    """predict_x0 takes any number of axes, and keeps each row's own t where rows and columns are equally many"""
    for shape in [(4, 4), (4,), (4, 2, 3)]:
        case = draw(rng, shape, SMALL), draw_times(rng, 4), draw(rng, shape, SMALL), draw_alpha_bar(rng)
        assert_matches(student.predict_x0(*case), reference.predict_x0(*case), name=f"x0 of shape {shape}")


@check("predict_eps.values", points=10)
def test_predict_eps_values(student, reference, rng):
    """predict_eps finds the noise, at full size, that leads from x0 to x_t"""
    case = draw(rng), draw_times(rng, 4), draw(rng), draw_alpha_bar(rng)
    assert_matches(student.predict_eps(*case), reference.predict_eps(*case), name="eps", rows=pictures_at(case[1]))


@check("roundtrip", points=4)
def test_roundtrip(student, rng):
    """predict_eps gives back the noise that predict_x0 was told: x0 and eps are two views of one thing"""
    x_t, eps = draw(rng, size=SMALL), draw(rng, size=SMALL)
    t, alpha_bar = draw_times(rng, 4), draw_alpha_bar(rng)
    x0 = torch.tensor(as_array(student.predict_x0(x_t, t, eps, alpha_bar), name="x0", shape=PICTURES))
    assert_uses(x0, {"x_t": x_t, "eps": eps}, name="x0")
    assert_matches(student.predict_eps(x_t, t, x0, alpha_bar), eps, name="eps after the round trip")


@check("posterior.mean", points=14)
def test_posterior_mean(student, reference, rng):
    """posterior's mean lies between x0 and x_t, with DDPM's weights, and is x0 itself at t = 0"""
    case = draw(rng), draw(rng), draw_times(rng, 4, 0, 1), draw_betas(rng)
    mean, _ = pair_of(student.posterior(*case))
    assert_matches(mean, reference.posterior(*case)[0], name="mean", rows=pictures_at(case[2]))


@check("posterior.variance", points=10)
def test_posterior_variance(student, reference, rng):
    """posterior's variance is beta-tilde, one number for each picture, and 0 at t = 0"""
    case = draw(rng), draw(rng), draw_times(rng, 4, 0, 1), draw_betas(rng)
    variance = as_array(pair_of(student.posterior(*case))[1], name="variance")
    per_picture = variance.reshape(4, 1, 1, 1) if variance.size == 4 else variance
    fits = per_picture.ndim == 4 and all(n in (1, size) for n, size in zip(per_picture.shape, PICTURES, strict=True))
    require(fits, f"The variance has shape {variance.shape}: give one number for each of the 4 pictures, shape (4,).")
    expected = reference.posterior(*case)[1].reshape(4, 1, 1, 1).expand(PICTURES)
    mine = np.broadcast_to(per_picture, PICTURES)
    assert_matches(mine, expected, name="variance of each picture", rows=pictures_at(case[2]))


@check("ddpm_step.values", points=14)
def test_ddpm_step_values(student, reference, rng):
    """ddpm_step walks to the mean of x_{t-1}, clips nothing, and adds fresh noise at every t but 0"""
    for t in [int(rng.integers(3, STEPS - 1)), 2, 1, STEPS - 1]:
        x_t, t, eps, betas, noise = draw_step(rng, t)
        still = student.ddpm_step(x_t, t, eps, betas, torch.zeros_like(noise))
        expected = reference.ddpm_step(x_t, t, eps, betas, torch.zeros_like(noise))
        assert_matches(still, expected, name=f"x_prev at t = {t} with noise = 0")
        moved = as_array(student.ddpm_step(x_t, t, eps, betas, noise), name="x_prev", shape=PICTURES)
        adds = np.abs(moved - as_array(still)).max() > 1e-6
        require(adds, f"At t = {t} your step adds no fresh noise; only the step at t = 0 adds none.", credit=0.5)
    require_not_clipped(student.ddpm_step(*draw_step(rng, 0)), "At t = 0")


@check("ddpm_step.last", points=6)
def test_ddpm_step_last(student, reference, rng):
    """ddpm_step adds no noise at t = 0: the result is the mean, clean"""
    x_t, t, eps, betas, noise = draw_step(rng, 0, size=SMALL)
    clean = as_array(student.ddpm_step(x_t, t, eps, betas, torch.zeros_like(noise)), name="x_prev", shape=PICTURES)
    noisy = as_array(student.ddpm_step(x_t, t, eps, betas, noise), name="x_prev", shape=PICTURES)
    require(
        np.abs(noisy - clean).max() < 1e-6, "At t = 0 your result still depends on `noise`: the last step adds none."
    )
    later = x_t, int(rng.integers(5, STEPS - 1)), eps, betas
    moved = [as_array(student.ddpm_step(*later, z), name="x_prev") for z in (noise, torch.zeros_like(noise))]
    elsewhere = moved[0].shape == moved[1].shape and np.abs(moved[0] - moved[1]).max() > 1e-6
    expected = reference.ddpm_step(x_t, t, eps, betas, noise)
    assert_matches(noisy, expected, name="x_prev at t = 0", credit=0.5 if elsewhere else 0.0)


@check("ddpm_step.spread", points=4)
def test_ddpm_step_spread(student, reference, rng):
    """ddpm_step's fresh noise has the standard deviation sqrt(beta-tilde), at t = 1 and 2 as anywhere"""
    for t in [int(rng.integers(3, STEPS - 1)), 2, 1]:
        x_t, t, eps, betas, noise = draw_step(rng, t, size=SMALL)
        up, down = torch.ones_like(noise), -torch.ones_like(noise)  # a sign must survive
        high, low = (
            as_array(student.ddpm_step(x_t, t, eps, betas, z), name="x_prev", shape=PICTURES) for z in (up, down)
        )
        sigma = (reference.ddpm_step(x_t, t, eps, betas, up) - reference.ddpm_step(x_t, t, eps, betas, down)) / 2
        assert_matches((high - low) / 2, sigma, name=f"sigma at t = {t}")


@check("ddim_step.values", points=8)
def test_ddim_step_values(student, reference, rng):
    """ddim_step hops from t to t_prev through the guess of x0; eta is 0 if left out; t_prev = 0 is no special case"""
    hop, noise = draw_hop(rng), draw(rng)
    assert_matches(student.ddim_step(*hop, 0.0, noise), reference.ddim_step(*hop), name="x_prev with eta = 0")
    assert_matches(student.ddim_step(*hop), reference.ddim_step(*hop), name="x_prev with eta and noise left out")
    for hop in [draw_hop(rng, size=SMALL), draw_hop(rng, t_prev=0, size=SMALL)]:
        case = *hop, float(rng.uniform(0.4, 0.8)), noise
        expected = reference.ddim_step(*case)
        assert_matches(student.ddim_step(*case), expected, name=f"x_prev at t_prev = {hop[2]}, eta > 0", credit=0.75)
    require_not_clipped(student.ddim_step(*draw_hop(rng, t_prev=-1)), "At the clean end")


@check("ddim_step.final", points=4)
def test_ddim_step_final(student, reference, rng):
    """ddim_step with t_prev = -1 ends at the clean picture, with no noise left in it"""
    hop = draw_hop(rng, t_prev=-1, size=SMALL)
    assert_matches(student.ddim_step(*hop), reference.ddim_step(*hop), name="x_prev at the clean end")


@check("ddim_step.eta", points=4)
def test_ddim_step_eta(student, reference, rng):
    """ddim_step with eta > 0 trades part of the old noise for as much fresh noise"""
    for eta in [float(rng.uniform(0.4, 0.8)), 1.0]:
        hop = *draw_hop(rng, size=SMALL), eta, draw(rng)
        assert_matches(student.ddim_step(*hop), reference.ddim_step(*hop), name=f"x_prev with eta = {eta:.2f}")


@pytest.mark.parametrize("name", ["predict_x0", "predict_eps", "posterior", "ddpm_step", "ddim_step"])
@check("pure", points=2, partial=True)
def test_pure(student, rng, name):
    """No function changes its arguments or moves a global random generator"""
    x_t, t, other, betas, noise = draw_step(rng, 5)
    times, alpha_bar = draw_times(rng, 4), torch.cumprod(1 - betas, dim=0)
    arguments = {
        "predict_x0": (x_t, times, other, alpha_bar),
        "predict_eps": (x_t, times, other, alpha_bar),
        "posterior": (other, x_t, times, betas),
        "ddpm_step": (x_t, t, other, betas, noise),
        "ddim_step": (x_t, t, t - 3, other, alpha_bar, 0.5, noise),
    }
    answer = student.call(name, *arguments[name])
    value = pair_of(answer.value)[0] if name == "posterior" else answer.value
    as_array(value, name=f"the answer of {name}", shape=PICTURES)  # no points for doing nothing
    assert_pure(answer)
