"""The hidden suite of `sampling_loop`. 100 points; every input is drawn for one student and one check.

The model is exact for a known law (reference/oracles.py), and a log tells what a loop asked of it and when.
"""

import numpy as np
import torch

from autograder.suite import CallLog, as_array, assert_matches, assert_pure, assert_uses, check, require, stochastic
from autograder.suite.values import Numbers, to_numbers
from reference import oracles

PICTURES = (3, 2, 5, 4)  # all sizes different, also from the number of steps


def draw(rng, shape=PICTURES):
    """Standard normal values."""
    return torch.tensor(rng.normal(size=shape))


def draw_betas(rng, steps, last):
    """Rising variances, from 0.01 to about `last`."""
    return torch.tensor(np.linspace(0.01, last, steps) * rng.uniform(0.9, 1.0, steps))


def draw_model(rng, alpha_bar):
    """The exact model of a law with two bumps: few large steps and many small ones do not end in the same place.

    The bumps are wide. Between narrow ones a start near the watershed turns float32 rounding into another sample.
    """
    means = [float(rng.uniform(-2.5, -1.2)), float(rng.uniform(0.8, 1.6))]
    return oracles.mixture(alpha_bar, means=means, std=float(rng.uniform(0.7, 0.9)))


def draw_walk(rng):
    """model, x_T, betas for `ddpm_sample`, in 14 to 24 steps."""
    steps = int(rng.integers(14, 25))
    betas = draw_betas(rng, steps, 12 / steps)
    return draw_model(rng, torch.cumprod(1 - betas, dim=0)), draw(rng), betas


def draw_hops(rng, steps=40):
    """model, x_T, alpha_bar for `ddim_sample`."""
    alpha_bar = torch.cumprod(1 - draw_betas(rng, steps, 12 / steps), dim=0)
    return draw_model(rng, alpha_bar), draw(rng), alpha_bar


def watched(case):
    """The same arguments, the model (first) under a log that refuses what makes no sense; T is the table's length."""
    model, x_T, table, *rest = case
    return CallLog(model, timesteps=len(table)), x_T, table, *rest


def walk_with_noise_at(student, walk, row):
    """The sample and the log of a walk whose noises are zero but for noises[row]; None: zero throughout."""
    log, x_T, betas = watched(walk)
    noises = torch.zeros(len(betas), *x_T.shape, dtype=x_T.dtype)
    if row is not None:
        noises[row] = 1.0
    sample = student.ddpm_sample(log, x_T, betas, noises)
    return as_array(sample, name="sample", shape=tuple(x_T.shape)), log


def first_change(one, other):
    """The t at which the model first saw something else in the other run, None if never."""
    for mine, theirs, times in zip(one.calls, other.calls, other.times, strict=False):
        if not np.allclose(as_array(mine.args[0]), as_array(theirs.args[0]), atol=1e-8):
            return times[0]
    return None


def assert_asked(log, wanted):
    """The model was asked once for each wanted t, in this order, the whole batch at that t."""
    asked = [times[0] if len(set(times)) == 1 else times for times in log.times]
    count = f"The model was asked {len(asked)} times for {len(wanted)} timesteps."
    require(0 in asked or 0 not in wanted, f"t = 0 was never asked: one step is missing. {count}", about="behaviour")
    seen = {"expected": wanted, "observed": asked, "about": "behaviour"}
    require(len(asked) == len(wanted), count, **seen)
    require(asked == wanted, "The t handed to the model is not the t of the step.", **seen)


def assert_walked(answer, x_T, model, log, noises=None):
    """A sample came back, and each x on the way was made of the one before and of what the model said about that.

    How they were put together is not judged here. A sample that is not finite is left to the checks of values, and so
    is one that is the last x that the model saw.
    """
    sample = to_numbers(answer.value)
    require(isinstance(sample, Numbers) and sample.shape == PICTURES, f"sample should have the shape {PICTURES}.")
    ends = [answer.value] if np.isfinite(sample.floats()).all() else []
    if ends:
        came_back = np.allclose(sample.floats(), x_T, atol=1e-3)
        require(not came_back, "x_T came back as it was: the steps were not taken.")
    met = [call.args[0] for call in log.calls]
    for x, (t, *_), after in zip(met, log.times, [*met[1:], *ends], strict=False):
        parts = {"the x before it": x, "the model's answer": model(x, torch.full((len(x),), t))}
        final = bool(ends) and after is ends[0]
        if final and np.allclose(as_array(after), as_array(x)):
            return
        same = not final and np.array_equal(as_array(after), as_array(x))
        again = (
            f"The model was asked about one x at t = {t} and at the next: each step is about what the last one made."
        )
        require(not same, again, about="behaviour")
        needs, most = tuple(parts), 0.7 if final else 1.0  # noise that nobody handed over may be most of an early x
        parts |= {} if noises is None else {"the noise": noises[t]}
        assert_uses(after, parts, name=f"what came after t = {t}", needs=needs, most=most)


def assert_listens(answer, again):
    """Another model's answers led to another sample."""
    one, other = to_numbers(answer.value).floats(), to_numbers(again)
    require(isinstance(other, Numbers) and other.shape == one.shape, "sample should have one shape for any model.")
    same = np.allclose(one, other.floats(), equal_nan=True) and np.isfinite(one).all()
    require(not same, "Another model, and still the same sample: yours does not come from what the model says.")


def another(model):
    """A model that says something else than this one."""
    return CallLog(lambda x, t: 0.8 * model(x, t) + 0.1)


@check("strided.values", points=12)
def test_strided_values(student, reference, rng):
    """strided_timesteps spreads n stops evenly from T-1 down to 0, each rounded to the nearest step"""
    apart = []
    while not apart:  # no stop may lie near a half, and rounding down must give another list
        T, n = int(rng.integers(50, 200)) * 2, int(rng.integers(4, 20))
        exact = np.linspace(T - 1, 0, n)
        apart = [(T, n)] if (abs(exact % 1 - 0.5) > 0.02).all() and (exact % 1 > 0.52).any() and T % n else []
    stops = as_array(student.strided_timesteps(T, n), name="timesteps", shape=(n,))
    assert_matches(stops, np.array(reference.strided_timesteps(T, n), dtype=float), name=f"timesteps for T={T}, n={n}")


@check("strided.full", points=4)
def test_strided_full(student, rng):
    """strided_timesteps(T, T) visits every step, T-1 first and 0 last"""
    T = int(rng.integers(20, 60))
    stops = as_array(student.strided_timesteps(T, T), name="timesteps", shape=(T,))
    assert_matches(stops, np.arange(T - 1, -1, -1, dtype=float), name=f"timesteps for T=n={T}")


@check("start_noise.contract", points=8)
def test_start_noise_contract(student, rng):
    """start_noise gives the same noise for the same seed, other noise for another, and leaves the global generator"""
    shape, seed = [int(rng.integers(2, 5)), 3, 24, 24], int(rng.integers(1, 10**6))
    answer = student.call("start_noise", shape, seed)
    first, again, other = (
        as_array(x, name="noise", shape=tuple(shape))
        for x in (answer.value, student.start_noise(shape, seed), student.start_noise(shape, seed + 1))
    )
    require(np.array_equal(first, again), "Two calls with the same seed gave different noise.")
    require(not np.array_equal(first, other), "Two different seeds gave the same noise.")
    assert_pure(answer, credit=0.5, seeded=True)
    spread, low = float(first.std()), float(first.min())
    says = f"Its spread is {spread:.2f} and its lowest value {low:.2f}: that is not the noise a walk starts from."
    require(abs(spread - 1) < 0.15 and low < -1.9, says, credit=0.5)


@check("start_noise.stats", points=6, false_failure_rate=6e-10)
def test_start_noise_stats(student, rng):
    """start_noise is standard normal, and independent from picture to picture and from channel to channel"""
    shape, seed = [int(rng.integers(2, 5)), 3, 40, 40], int(rng.integers(1, 10**6))
    noise = as_array(student.start_noise(shape, seed), name="noise", shape=tuple(shape))
    stochastic.assert_standard_normal(noise, name="noise", shape=tuple(shape))
    stochastic.assert_uncorrelated(noise[0], noise[1], name="first and second picture")
    stochastic.assert_uncorrelated(noise[:, 0], noise[:, 1], name="first and second channel")


@check("ddpm.values", given=("ddpm_step",), points=16)
def test_ddpm_values(student, reference, rng):
    """ddpm_sample takes every step from T-1 to 0 with the model's eps, and noises[t] enters at step t"""
    walk = draw_walk(rng)
    row = int(rng.integers(2, len(walk[2]) // 2 - 1))
    sample, seen = walk_with_noise_at(student, walk, None)
    again, seen_again = walk_with_noise_at(student, walk, None)
    same = first_change(seen, seen_again) is None and np.allclose(sample, again, atol=1e-8)
    require(same, "Two runs with the same arguments differ: take the noise from `noises`, draw none in the loop.")
    expected = reference.ddpm_sample(*walk, torch.zeros(len(walk[2]), *PICTURES))
    assert_matches(sample, expected, name="sample with all noises zero")
    last, _ = walk_with_noise_at(student, walk, 0)
    met = first_change(seen, walk_with_noise_at(student, walk, row)[1])
    where = "never met it" if met is None else f"met it at t = {met}"
    says = f"noises[{row}] belongs to step t = {row}: the model first meets it at t = {row - 1}. Yours {where}."
    require(met == row - 1, says, credit=0.5)
    require(np.allclose(last, sample, atol=1e-8), "noises[0] changed the sample: the last step adds none.", credit=0.5)


@check("ddpm.calls", given=("ddpm_step",), points=8)
def test_ddpm_calls(student, rng):
    """ddpm_sample asks the model once for each t, T-1 first and 0 last, and leaves x_T as it was"""
    walk = draw_walk(rng)
    log, x_T, betas = watched(walk)
    noises = draw(rng, (len(betas), *PICTURES))
    answer = student.call("ddpm_sample", log, x_T, betas, noises)
    assert_asked(log, list(range(len(betas) - 1, -1, -1)))
    assert_walked(answer, x_T, walk[0], log, noises)
    assert_listens(answer, student.ddpm_sample(another(walk[0]), x_T, betas, noises))
    assert_pure(answer, credit=0.75)


@check("ddpm.law", given=("ddpm_step",), points=8, false_failure_rate=6e-10)
def test_ddpm_law(student, rng):
    """ddpm_sample's samples follow the law of the data that the model knows: its mean, its spread, its bell"""
    shape, mean, std = (32, 1, 16, 16), float(rng.uniform(-1.5, 1.5)), float(rng.uniform(0.3, 0.7))
    betas = draw_betas(rng, 50, 0.24)
    model = oracles.gaussian(torch.cumprod(1 - betas, dim=0), mean=mean, std=std)
    log, *rest = watched((model, draw(rng, shape), betas, draw(rng, (50, *shape))))
    sample = student.ddpm_sample(log, *rest)
    level, spread = oracles.ddpm_law(betas, mean=mean, std=std)
    z = (as_array(sample, name="sample", shape=shape) - level) / spread
    last = as_array(log.calls[-1].args[0]) if len(log) >= 25 else np.zeros(shape)
    walked = last.shape == shape and abs(np.corrcoef(last.ravel(), z.ravel())[0, 1]) > 0.5 if last.std() else False
    require(walked, "Your samples do not come from the last x that the model was asked about: no steps made them.")
    centred = abs(z.mean()) * np.sqrt(z.size) < stochastic.Z
    seen = {"expected": f"mean {level:.3f}", "observed": f"mean {level + spread * z.mean():.3f}"}
    require(centred, "The mean of your samples is not the mean of the data.", **seen)
    law = (float(level), float(spread))
    stochastic.assert_standard_normal(z, name="your samples", shape=shape, credit=0.5, law=law)


@check("ddim.values", given=("ddim_step",), points=14)
def test_ddim_values(student, reference, rng):
    """ddim_sample hops down the given timesteps, and from the last one to the clean end"""
    hops = *draw_hops(rng), reference.strided_timesteps(40, 8)
    assert_matches(student.ddim_sample(*watched(hops)), reference.ddim_sample(*hops), name="sample")


@check("ddim.any_timesteps", given=("ddim_step",), points=8)
def test_ddim_any_timesteps(student, reference, rng):
    """ddim_sample takes any falling list of timesteps, also one that neither starts at T-1 nor ends at 0"""
    stops = sorted((int(t) for t in rng.choice(np.arange(1, 38), 6, replace=False)), reverse=True)
    hops = *draw_hops(rng), stops
    assert_matches(
        student.ddim_sample(*watched(hops)), reference.ddim_sample(*hops), name=f"sample for timesteps {stops}"
    )


@check("ddim.calls", given=("ddim_step",), points=6)
def test_ddim_calls(student, reference, rng):
    """ddim_sample asks the model once for each timestep of the list, by its own number, and leaves x_T as it was"""
    hops = draw_hops(rng)
    log, x_T, alpha_bar = watched(hops)
    stops = reference.strided_timesteps(40, 8)
    answer = student.call("ddim_sample", log, x_T, alpha_bar, stops)
    assert_asked(log, stops)
    assert_walked(answer, x_T, hops[0], log)
    assert_listens(answer, student.ddim_sample(another(hops[0]), x_T, alpha_bar, stops))
    assert_pure(answer, credit=0.75)


@check("steps_vs_error", given=("ddim_step",), points=10)
def test_steps_vs_error(student, reference, rng):
    """steps_vs_error is the mean distance of the n-step result from the all-steps result, for each n"""
    # 42 = T - 1 splits evenly into every n - 1 below, so how strides are rounded is not judged again here.
    case = *draw_hops(rng, steps=43), [int(n) for n in rng.permutation([3, 4, 7, 15])]
    road = *watched(case[:-1]), reference.strided_timesteps(43, 7)
    if student.fails_in("ddim_sample", *road):  # it has cost its points before
        names = ("ddim_step", "strided_timesteps", "_clock", "ddim_sample")
        with student.right(reference, *names):  # compared within: an answer from there is shown to nobody
            errors = student.steps_vs_error(*watched(case))
            assert_matches(errors, np.array(reference.steps_vs_error(*case)), name=f"errors for n = {case[-1]}")
        return
    log, *rest = watched(case)
    errors = as_array(student.steps_vs_error(log, *rest), name="errors", shape=(4,))
    expected = np.array(reference.steps_vs_error(*case))
    wrong = not np.allclose(errors, expected, rtol=1e-4, atol=1e-5)
    if wrong and len(log) >= max(case[-1]):  # a slip in ddim_sample has cost its points before, if anything sampled
        expected = errors_of_own_roads(student, reference, case, expected)
    assert_matches(errors, expected, name=f"errors for n = {case[-1]}")


def errors_of_own_roads(student, reference, case, usual):
    """What steps_vs_error finds with the student's own ddim_sample, if that one asks its model and leads anywhere."""
    *start, counts = case
    roads = [(*start, reference.strided_timesteps(len(start[-1]), n)) for n in (len(start[-1]), *counts)]
    with student.aside():
        walks = [watched(road) for road in roads]
        samples = [student.ddim_sample(*walk) for walk in walks]
        if any(len(log) < len(stops) / 2 for log, *_, stops in walks):
            return usual
        full, *few = (as_array(sample, name="sample of your ddim_sample", shape=PICTURES) for sample in samples)
    errors = np.array([np.abs(x - full).mean() for x in few])
    return errors if np.diff(np.sort([0, *errors])).min() > 1e-3 else usual
