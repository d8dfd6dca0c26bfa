"""Hidden suite of `clinic`: the four common errors, each as a program to repair.

The sampler is driven by an exact noise predictor, so the right picture is known; the graphics card is simulated, so an
out-of-memory error is the same on every machine. The programs as handed out keep 6 points (guidance.values).
"""

from __future__ import annotations

import math

import numpy as np
import torch

from autograder.errors import ModelMisuse
from autograder.suite import CallLog, as_array, assert_matches, assert_pure, check, require
from autograder.suite.values import Numbers, to_numbers
from reference import oracles


@check("steps.default", points=14)
def test_steps_default(student, reference, rng):
    """Left to its default, the sampler takes 20 to 50 steps and ends near the picture of a full-length run"""
    model, x_T, alpha_bar = draw_sampler(rng)
    log = CallLog(model, timesteps=len(alpha_bar))
    x0 = as_array(student.sample_default(log, x_T, alpha_bar), name="x0", shape=tuple(x_T.shape))
    taken = len(log)
    require(20 <= taken <= 50, f"By default the model was asked {taken} times; 20 to 50 is the good range.")
    require_ends_visited(log, len(alpha_bar))
    full = reference.sample_default(model, x_T, alpha_bar, len(alpha_bar)).numpy()
    short = reference.sample_default(model, x_T, alpha_bar, 20).numpy()
    distance, allowed = np.abs(x0 - full).mean(), 2 * np.abs(short - full).mean() + 0.05
    require(distance < allowed, f"On average a value is {distance:.3g} away from the full-length run's.")


@check("steps.values", points=14)
def test_steps_values(student, reference, rng):
    """The sampler obeys the number of steps it is told, and its last hop lands on the clean end"""
    model, x_T, alpha_bar = draw_sampler(rng)
    for n in (draw_steps(rng, len(alpha_bar), 6, 12), draw_steps(rng, len(alpha_bar), 21, 29)):
        x0 = student.sample_default(CallLog(model, timesteps=len(alpha_bar)), x_T, alpha_bar, n)
        assert_matches(x0, reference.sample_default(model, x_T, alpha_bar, n), name=f"x0 after {n} steps")


@check("guidance.default", points=20)
def test_guidance_default(student, reference, rng):
    """Left to its default, the guidance scale lies in the sweet spot, 7 to 8"""
    eps_uncond, eps_cond = draw_predictions(rng)
    eps = as_array(student.guided(eps_uncond, eps_cond), name="the guided prediction", shape=tuple(eps_cond.shape))
    difference = (eps_cond - eps_uncond).numpy()
    factors = (eps - eps_uncond.numpy()) / difference
    scale, low, high = float(factors.mean()), factors.min(), factors.max()
    require(
        high - low < 0.01, f"By default the difference is not multiplied by one number but by {low:.4g} to {high:.4g}."
    )
    require(7 <= scale <= 8, f"By default the difference is multiplied by {scale:.4g}; 7 to 8 is the sweet spot.")
    assert_matches(eps, reference.guided(eps_uncond, eps_cond, scale), name="the guided prediction")


@check("guidance.values", points=6)
def test_guidance_values(student, reference, rng):
    """A guidance scale that the caller names is the one that is used"""
    eps_uncond, eps_cond = draw_predictions(rng)
    scales = (1.0, round(float(rng.uniform(2, 6)), 2), 20.0)
    answers = [student.guided(eps_uncond, eps_cond, scale) for scale in scales]  # all of them tell ideas apart
    for scale, eps in zip(scales, answers, strict=True):
        expected = reference.guided(eps_uncond, eps_cond, scale)
        assert_matches(eps, expected, name=f"the prediction at scale {scale:g}")


@check("schedule.timesteps", points=10)
def test_schedule_timesteps(student, reference, rng):
    """The steps visited run evenly from T-1 down to 0"""
    train_betas, n = draw_schedule(rng)
    timesteps, _ = pair(student.sampling_table(train_betas, n))
    expected = reference.sampling_table(train_betas, n)[0]
    assert_matches(as_array(timesteps, name="timesteps"), expected.astype(float), name="timesteps")


@check("schedule.alpha_bar", points=14)
def test_schedule_alpha_bar(student, reference, rng):
    """The noise levels are those that the model was trained with"""
    train_betas, n = draw_schedule(rng)
    _, alpha_bar = pair(student.sampling_table(train_betas, n))
    assert_matches(alpha_bar, reference.sampling_table(train_betas, n)[1], name="alpha_bar")


@check("memory.result", points=12)
def test_memory_result(student, reference, rng):
    """Every picture is made, in the order of the seeds, and the card never runs out of memory"""
    card, seeds, budget, cost = draw_card(rng)
    answer = student.call("generate_all", card, seeds, budget, cost)
    assert_matches(answer.value, [picture(seed) for seed in seeds], name="pictures")
    assert_pure(answer, generators=False)


@check("memory.calls", points=6)
def test_memory_calls(student, reference, rng):
    """Half precision, as few calls as the memory allows, and none that is too large; and every picture came of them"""
    card, seeds, budget, cost = draw_card(rng)
    pictures = student.generate_all(card, seeds, budget, cost)
    fewest = math.ceil(len(seeds) / (budget // (cost / 2)))
    require(not card.refused, "A call asked for more memory than there is: work out what fits before asking.")
    require(card.dtypes, "No picture was made: render was never called.")
    require(set(card.dtypes) == {"float16"}, f"The pictures were made in {' and '.join(sorted(set(card.dtypes)))}.")
    require(len(card.dtypes) == fewest, f"{len(card.dtypes)} calls for {len(seeds)} pictures; {fewest} are enough.")
    shown = {one.tobytes() for one in shown_in(pictures)}  # how they lie, memory.result says
    made = {picture(seed).tobytes() for seed in seeds}
    require(shown and shown <= made, "What came back are not the pictures that render made.")
    require(shown == made, f"{len(shown)} of the {len(made)} pictures that render made came back.", credit=0.5)


@check("memory.tiny_budget", points=4)
def test_memory_tiny_budget(student, reference, rng):
    """Where one half-precision picture just fits, pictures are made one at a time"""
    cost = float(rng.integers(900, 1000))
    card, seeds = Card(cost * 0.52, cost), draw_seeds(rng, 6)
    pictures = student.generate_all(card, seeds, card.budget, cost)
    assert_matches(pictures, [picture(seed) for seed in seeds], name="pictures")


class OutOfMemory(ModelMisuse, RuntimeError):
    """What the simulated card raises; to the student's code it is a RuntimeError, as the real one is."""


class Card:
    """A simulated graphics card: render(some_seeds, dtype) -> pictures, out of memory over `budget` MiB."""

    def __init__(self, budget, cost):
        self.budget, self.cost, self.dtypes, self.refused = budget, cost, [], False

    def __call__(self, some_seeds, dtype="float32", *rest):
        """One picture a seed, or OutOfMemory. The arguments have the names that the starter says."""
        try:
            seeds = np.asarray(some_seeds, dtype=np.float64).ravel()
        except (TypeError, ValueError):
            raise ModelMisuse("render was given seeds that are not numbers") from None
        if rest or not isinstance(dtype, str) or dtype not in ("float16", "float32"):
            raise ModelMisuse('render(some_seeds, dtype): the dtype is one of the words "float16" and "float32"')
        needed = len(seeds) * self.cost * (0.5 if dtype == "float16" else 1)
        if needed > self.budget + 1e-6:
            self.refused = True
            precision = "half" if dtype == "float16" else "full"
            asked = f"{len(seeds)} pictures in {precision} precision need {needed:g} MiB of {self.budget:g} MiB"
            raise OutOfMemory(f"out of memory (simulated card): {asked}")
        self.dtypes.append(dtype)
        return [picture(seed) for seed in seeds]


def picture(seed):
    """A picture of 2 x 2 pixels that shows its seed."""
    return np.array([[seed, seed % 7], [seed % 11, 1.0]])


def shown_in(value, depth=3):
    """The pictures in an answer, wherever they lie in it."""
    numbers = to_numbers(value)
    if isinstance(numbers, Numbers):
        require(numbers.shape[-2:] == (2, 2), f"Pictures of 2 x 2 were expected, not the shape {numbers.shape}.")
        return list(as_array(value, name="pictures").reshape(-1, 2, 2))
    nested = isinstance(value, list | tuple) and depth
    require(nested, "generate_all should return the pictures.")
    return [one for part in value for one in shown_in(part, depth - 1)]


def draw_card(rng):
    """A card that holds 4 to 6 pictures in half precision, nearly one more, and 2 or 3 in full; seeds that leave a rest
    and are enough to show one picture too few at a time as one call too many; and the two numbers."""
    cost, at_once = float(rng.integers(300, 900)), int(rng.integers(4, 7))
    budget = cost * (at_once / 2 + 0.4)
    return Card(budget, cost), draw_seeds(rng, at_once**2 + 1), budget, cost


def draw_seeds(rng, n):
    """Seeds in an order that is neither rising nor falling."""
    return [int(seed) for seed in np.roll(np.sort(rng.choice(1000, n, replace=False)), 2)]


def draw_sampler(rng):
    """An exact model of two bumps, pure noise, and a table of T rows. T-1 is a multiple of 32: no ties in rounding.

    The bumps overlap, and not near 0: where they part, the sampler magnifies the rounding of float32 about tenfold.
    """
    T = 32 * int(rng.integers(5, 8)) + 1
    alpha_bar = torch.tensor(np.cumprod(1 - np.linspace(1e-3, 12.0 / T, T)))
    means = [float(rng.uniform(-0.8, -0.4)), float(rng.uniform(1.8, 2.4))]
    return oracles.mixture(alpha_bar, means=means, std=0.6), torch.tensor(rng.normal(size=(2, 1, 8, 8))), alpha_bar


def draw_steps(rng, T, low, high):
    """A number of steps in low..high-1 for which rounding matters and a stride of T // n does not reach the start."""
    return int(rng.choice([n for n in range(low, high) if T % n and (T - 1) % (n - 1)]))


def draw_predictions(rng):
    """Two predictions (B, C, H, W) that differ everywhere."""
    eps_uncond = rng.normal(size=(2, 3, 4, 4))
    difference = rng.uniform(0.2, 1.5, size=eps_uncond.shape) * rng.choice([-1, 1], size=eps_uncond.shape)
    return torch.tensor(eps_uncond), torch.tensor(eps_uncond + difference)


def draw_schedule(rng):
    """Betas (T,) that no straight line rebuilds, and a number of steps."""
    T = 32 * int(rng.integers(7, 18)) + 1
    n = draw_steps(rng, T, 11, 31)
    first, last = rng.uniform(2e-4, 1e-3), rng.uniform(0.025, 0.05)
    return np.linspace(first**0.5, last**0.5, T) ** 2, n


def pair(value):
    """The two parts of [timesteps, alpha_bar]."""
    parts = value if isinstance(value, (list, tuple)) else as_array(value, name="the table", shape=(2, None))
    require(len(parts) == 2, "sampling_table should return two things: [timesteps, alpha_bar].")
    return parts


def require_ends_visited(log, T):
    """The first question is about the noisiest step, the last about the least noisy one."""
    first, last = log.times[0][0], log.times[-1][0]
    require(first == T - 1, f"The first step asked about is t = {first}; pure noise belongs to t = {T - 1}.")
    require(last == 0, f"The last step asked about is t = {last}; the picture is not clean before t = 0 was asked.")
