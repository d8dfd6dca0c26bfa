"""Wrong ideas about sampling: which steps, in which order, with which clock, and where the road ends."""

import numpy as np
import torch

from reference import sampling_loop as right
from reference.denoise_step import ddim_step, ddpm_step
from reference.misconceptions import Misconception
from reference.misconceptions.denoise_step import clipped_guess, hop_with, step_with


def clock(x, t):
    return torch.full((len(x),), t, dtype=torch.long)


def spread(high, low, n, **options):
    return [int(t) for t in np.linspace(high, low, n, **options).round()]


# strided_timesteps ------------------------------------------------------------------------------------------------


def ascending(T, n):
    return right.strided_timesteps(T, n)[::-1]


def zero_missing(T, n):
    return spread(T - 1, 0, n, endpoint=False)


def starts_at_T(T, n):
    return spread(T, 0, n)


def counts_from_one(T, n):
    return spread(T, 1, n)


def rounded_down(T, n):
    return [int(t) for t in np.linspace(T - 1, 0, n)]


def one_stop_more(T, n):
    return right.strided_timesteps(T, n + 1)


def first_n(T, n):
    return list(range(n - 1, -1, -1))


def quadratic(T, n):
    return [int(t) for t in ((np.linspace(1, 0, n) ** 2) * (T - 1)).round()]


def leading(T, n):
    return [i * (T // n) for i in reversed(range(n))]


def trailing(T, n):
    return [int(t) - 1 for t in np.arange(T, 0, -T / n).round()]


# start_noise ------------------------------------------------------------------------------------------------------


def seed_ignored(shape, seed):
    return torch.from_numpy(np.random.default_rng().normal(size=tuple(shape)))


def seed_fixed(shape, seed):
    return right.start_noise(shape, 0)


def uniform(shape, seed):
    return torch.rand(tuple(shape), generator=torch.Generator().manual_seed(seed))


def uniform_both_signs(shape, seed):
    return 2 * uniform(shape, seed) - 1


def grey(shape, seed):
    return torch.zeros(tuple(shape))


def channels_equal(shape, seed):
    return right.start_noise([shape[0], 1, *shape[2:]], seed).expand(*shape)


def pictures_equal(shape, seed):
    return right.start_noise([1, *shape[1:]], seed).expand(*shape)


def global_seed(shape, seed):
    torch.manual_seed(seed)
    return torch.randn(tuple(shape))


# ddpm_sample ------------------------------------------------------------------------------------------------------


def walk(order=None, told=None, step=ddpm_step, noise=None):
    """`ddpm_sample` with another order of steps (T), other t for the model (t, T), step, or noise (noises, t)."""

    def ddpm_sample(model, x_T, betas, noises):
        x, T = x_T, len(betas)
        for t in order(T) if order else reversed(range(T)):
            eps = model(x, clock(x, told(t, T) if told else t))
            x = step(x, t, eps, betas, noise(noises, t) if noise else noises[t])
        return x

    return ddpm_sample


def told_fraction(model, x_T, betas, noises):
    return right.ddpm_sample(lambda x, t: model(x, t / len(betas)), x_T, betas, noises)


def noise_at_end(model, x_T, betas, noises):
    return right.ddpm_sample(model, x_T, betas, noises) + betas[0].sqrt() * noises[0]


def eps_once(model, x_T, betas, noises):
    eps = model(x_T, clock(x_T, len(betas) - 1))
    return right.ddpm_sample(lambda x, t: eps, x_T, betas, noises)


def stale_input(model, x_T, betas, noises):
    return right.ddpm_sample(lambda x, t: model(x_T, t), x_T, betas, noises)


def own_noise(model, x_T, betas, noises):
    generator = np.random.default_rng()
    noises = torch.from_numpy(generator.normal(size=tuple(noises.shape)))
    return right.ddpm_sample(model, x_T, betas, noises)


def asked_twice(model, x_T, betas, noises):
    return right.ddpm_sample(lambda x, t: (model(x, t) + model(x, t)) / 2, x_T, betas, noises)


def start_in_place(model, x_T, betas, noises):
    return x_T.copy_(right.ddpm_sample(model, x_T, betas, noises))


def clipped_walk(x_t, t, eps, betas, noise):
    return ddpm_step(x_t, t, eps, betas, noise).clamp(-1, 1)


# ddim_sample ------------------------------------------------------------------------------------------------------


def hops(before=None, told=None, step=ddim_step, skip_last=False):
    """`ddim_sample` with another end of each hop (timesteps, i), other t for the model (i, t, n), or step."""

    def ddim_sample(model, x_T, alpha_bar, timesteps):
        x, n = x_T, len(timesteps)
        for i, t in enumerate(timesteps[:-1] if skip_last else timesteps):
            end = timesteps[i + 1] if i + 1 < n else -1
            t_prev = before(timesteps, i) if before else end
            eps = model(x, clock(x, told(i, t, n) if told else t))
            x = step(x, t, t_prev, eps, alpha_bar)
        return x

    return ddim_sample


def hops_told_fraction(model, x_T, alpha_bar, timesteps):
    return right.ddim_sample(lambda x, t: model(x, t / len(alpha_bar)), x_T, alpha_bar, timesteps)


def backwards(model, x_T, alpha_bar, timesteps):
    return right.ddim_sample(model, x_T, alpha_bar, timesteps[::-1])


def hops_eps_once(model, x_T, alpha_bar, timesteps):
    eps = model(x_T, clock(x_T, timesteps[0]))
    return right.ddim_sample(lambda x, t: eps, x_T, alpha_bar, timesteps)


def table_row_early(model, x_T, alpha_bar, timesteps):
    early = torch.cat([torch.full_like(alpha_bar[:1], 0.9999), alpha_bar[:-1]])
    return right.ddim_sample(model, x_T, early, timesteps)


def ends_at_the_last_row(model, x_T, alpha_bar, timesteps):
    return hops(lambda stops, i: stops[i + 1] if i + 1 < len(stops) else len(alpha_bar) - 1)(
        model, x_T, alpha_bar, timesteps
    )


def every_step(model, x_T, alpha_bar, timesteps):
    return right.ddim_sample(model, x_T, alpha_bar, list(reversed(range(len(alpha_bar)))))


def own_stride(model, x_T, alpha_bar, timesteps):
    return right.ddim_sample(model, x_T, alpha_bar, right.strided_timesteps(len(alpha_bar), len(timesteps)))


def hops_in_place(model, x_T, alpha_bar, timesteps):
    return x_T.copy_(right.ddim_sample(model, x_T, alpha_bar, timesteps))


# steps_vs_error ---------------------------------------------------------------------------------------------------


def errors_by(distance):
    """`steps_vs_error` with another distance (few - full)."""

    def steps_vs_error(model, x_T, alpha_bar, counts):
        full = right.ddim_sample(model, x_T, alpha_bar, right.strided_timesteps(len(alpha_bar), len(alpha_bar)))
        few = [right.ddim_sample(model, x_T, alpha_bar, right.strided_timesteps(len(alpha_bar), n)) for n in counts]
        return [float(distance(x - full)) for x in few]

    return steps_vs_error


def short_road(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    full = right.ddim_sample(model, x_T, alpha_bar, list(reversed(range(T))))
    few = [right.ddim_sample(model, x_T, alpha_bar, first_n(T, n)) for n in counts]
    return [float((x - full).abs().mean()) for x in few]


def distance_from_start(model, x_T, alpha_bar, counts):
    few = [right.ddim_sample(model, x_T, alpha_bar, right.strided_timesteps(len(alpha_bar), n)) for n in counts]
    return [float((x - x_T).abs().mean()) for x in few]


def against_the_longest(model, x_T, alpha_bar, counts):
    few = [right.ddim_sample(model, x_T, alpha_bar, right.strided_timesteps(len(alpha_bar), n)) for n in counts]
    return [float((x - few[counts.index(max(counts))]).abs().mean()) for x in few]


def sorted_errors(model, x_T, alpha_bar, counts):
    return right.steps_vs_error(model, x_T, alpha_bar, sorted(counts))


MISCONCEPTIONS = (
    Misconception(
        id="stride-ascending",
        function="strided_timesteps",
        hint="Sampling walks from noise to the clean end: which t comes first?",
        wrong=ascending,
    ),
    Misconception(
        id="stride-zero-missing",
        function="strided_timesteps",
        hint="Below your last stop there is still a step of noise.",
        wrong=zero_missing,
    ),
    Misconception(
        id="stride-starts-at-T",
        function="strided_timesteps",
        hint="A table of T rows that is counted from 0 has no row T.",
        wrong=starts_at_T,
    ),
    Misconception(
        id="stride-from-one",
        function="strided_timesteps",
        hint="Papers count t from 1. Which is the first row of a table here?",
        wrong=counts_from_one,
    ),
    Misconception(
        id="stride-floor",
        function="strided_timesteps",
        hint="Turning a number into an int cuts it off. The nearest whole number was asked for.",
        wrong=rounded_down,
    ),
    Misconception(
        id="stride-one-more",
        function="strided_timesteps",
        hint="Count your stops, not the gaps between them.",
        wrong=one_stop_more,
    ),
    Misconception(
        id="stride-first-n",
        function="strided_timesteps",
        hint="Fewer steps means longer strides, not a shorter road.",
        wrong=first_n,
    ),
    Misconception(
        id="stride-quadratic",
        function="strided_timesteps",
        hint="A legal spacing in other places, denser near the clean end. Here even spacing was asked for.",
        wrong=quadratic,
    ),
    Misconception(
        id="stride-leading",
        function="strided_timesteps",
        hint="A whole-number stride never reaches the noisiest step. Both ends of the road were asked for.",
        wrong=leading,
    ),
    Misconception(
        id="stride-trailing",
        function="strided_timesteps",
        hint="Counting down from the top in equal strides, your last stop is above 0. Both ends were asked for.",
        wrong=trailing,
    ),
    Misconception(
        id="start-seed-ignored",
        function="start_noise",
        hint="Who has your seed should be able to make your picture again.",
        wrong=seed_ignored,
    ),
    Misconception(
        id="start-seed-fixed",
        function="start_noise",
        hint="Every seed gives one and the same start, so one and the same picture.",
        wrong=seed_fixed,
    ),
    Misconception(
        id="start-uniform",
        function="start_noise",
        hint="Pure noise follows the bell curve: it has both signs and no hard limits.",
        wrong=uniform,
    ),
    Misconception(
        id="start-uniform-signed",
        function="start_noise",
        hint="Your noise has both signs, but hard limits and too small a spread. In which law does noising end?",
        wrong=uniform_both_signs,
    ),
    Misconception(
        id="start-grey",
        function="start_noise",
        hint="If the start is always grey, where shall the variety of pictures come from?",
        wrong=grey,
    ),
    Misconception(
        id="start-channels-equal",
        function="start_noise",
        hint="Each colour channel needs noise of its own.",
        wrong=channels_equal,
    ),
    Misconception(
        id="start-pictures-equal",
        function="start_noise",
        hint="All pictures of your batch start from the same noise, so all will be the same picture.",
        wrong=pictures_equal,
    ),
    Misconception(
        id="start-global-seed",
        function="start_noise",
        hint="Seeding the global generator changes every random number that other code draws after you.",
        wrong=global_seed,
    ),
    Misconception(
        id="ddpm-forward-order",
        function="ddpm_sample",
        hint="Sampling runs time backwards: the noisiest step comes first.",
        wrong=walk(order=range),
    ),
    Misconception(
        id="ddpm-stops-at-1",
        function="ddpm_sample",
        hint="One step is missing. Which t does your loop never visit?",
        wrong=walk(order=lambda T: range(T - 1, 0, -1)),
    ),
    Misconception(
        id="ddpm-starts-late",
        function="ddpm_sample",
        hint="x_T is as noisy as the last row of the table says. At which t must the loop begin?",
        wrong=walk(order=lambda T: range(T - 2, -1, -1)),
    ),
    Misconception(
        id="ddpm-told-zero",
        function="ddpm_sample",
        hint="The model has to be told how noisy its input is.",
        wrong=walk(told=lambda t, T: 0),
    ),
    Misconception(
        id="ddpm-told-reversed",
        function="ddpm_sample",
        hint="You count the steps done. The model wants to know the noise that is left.",
        wrong=walk(told=lambda t, T: T - 1 - t),
    ),
    Misconception(
        id="ddpm-told-next",
        function="ddpm_sample",
        hint="The model is told the t after the step; its input is still as noisy as before the step.",
        wrong=walk(told=lambda t, T: max(t - 1, 0)),
    ),
    Misconception(
        id="ddpm-told-from-one",
        function="ddpm_sample",
        hint="Papers count t from 1, this model from 0.",
        wrong=walk(told=lambda t, T: t + 1),
    ),
    Misconception(
        id="ddpm-told-fraction",
        function="ddpm_sample",
        hint="Some models want the time as a share of the whole. This one wants the number of the step.",
        wrong=told_fraction,
    ),
    Misconception(
        id="ddpm-noise-at-end",
        function="ddpm_sample",
        hint="Fresh noise went in after the last step, onto the finished picture.",
        wrong=noise_at_end,
    ),
    Misconception(
        id="ddpm-no-noise",
        function="ddpm_sample",
        hint="Every step but the last puts fresh noise in. Without it the samples come out too much alike.",
        wrong=walk(noise=lambda noises, t: 0 * noises[t]),
    ),
    Misconception(
        id="ddpm-noise-order",
        function="ddpm_sample",
        hint="The noises are numbered by t. You take them from the other end.",
        wrong=walk(noise=lambda noises, t: noises[len(noises) - 1 - t]),
    ),
    Misconception(
        id="ddpm-noise-row-early",
        function="ddpm_sample",
        hint="The noises are numbered by t. You take the neighbour's.",
        wrong=walk(noise=lambda noises, t: noises[t - 1]),
    ),
    Misconception(
        id="ddpm-own-noise",
        function="ddpm_sample",
        hint="The noise was handed to you, so that two runs can be compared.",
        wrong=own_noise,
    ),
    Misconception(
        id="ddpm-sigma-beta",
        function="ddpm_sample",
        hint="A legal other choice of spread, but the docstring names the smaller one.",
        wrong=walk(step=step_with(sigma=lambda beta, a, p: beta.sqrt())),
    ),
    Misconception(
        id="ddpm-eps-once",
        function="ddpm_sample",
        hint="The picture changes with each step, and so does what the model sees in it: ask again.",
        wrong=eps_once,
    ),
    Misconception(
        id="ddpm-stale-input",
        function="ddpm_sample",
        hint="Your model looks at the start noise at each step. What is the present state?",
        wrong=stale_input,
    ),
    Misconception(
        id="ddpm-asked-twice",
        function="ddpm_sample",
        hint="A model call is what sampling costs. How many does a step need?",
        wrong=asked_twice,
    ),
    Misconception(
        id="ddpm-jumps",
        function="ddpm_sample",
        hint="Each of your steps jumps to the guess of the clean picture instead of going one step towards it.",
        wrong=walk(step=step_with(mean=lambda x, eps, beta, a, p: (x - (1 - a).sqrt() * eps) / a.sqrt())),
    ),
    Misconception(
        id="ddpm-toy-step",
        function="ddpm_sample",
        hint="The lesson's toy loop subtracts the prediction as it is. A real step takes one step's share of it.",
        wrong=walk(step=step_with(mean=lambda x, eps, beta, a, p: x - eps)),
    ),
    Misconception(
        id="ddpm-clipped",
        function="ddpm_sample",
        hint="States on the way are noisy. They do not live in [-1, 1], so clipping them throws information away.",
        wrong=walk(step=clipped_walk),
    ),
    Misconception(
        id="ddpm-clipped-guess",
        function="ddpm_sample",
        hint="You clip the guess of x0 inside the step. Many libraries offer that; the docstring says to clip nothing.",
        wrong=walk(step=clipped_guess),
    ),
    Misconception(
        id="ddpm-start-in-place",
        function="ddpm_sample",
        hint="Something the caller handed you is not the same after your call, so nobody can run it again.",
        wrong=start_in_place,
    ),
    Misconception(
        id="ddim-ends-at-row-zero",
        function="ddim_sample",
        hint="Row 0 still holds one step of noise. Where does the last hop end?",
        wrong=hops(before=lambda ts, i: ts[i + 1] if i + 1 < len(ts) else 0),
    ),
    Misconception(
        id="ddim-last-hop-missing",
        function="ddim_sample",
        hint="n stops have n hops: from the last stop one more leads to the clean end.",
        wrong=hops(skip_last=True),
    ),
    Misconception(
        id="ddim-ends-at-last-row",
        function="ddim_sample",
        hint="Index -1 is the last row of the table, the noisiest. What share of power is left in a clean picture?",
        wrong=ends_at_the_last_row,
    ),
    Misconception(
        id="ddim-told-index",
        function="ddim_sample",
        hint="The model was trained on the original step numbers, not on places in your list.",
        wrong=hops(told=lambda i, t, n: n - 1 - i),
    ),
    Misconception(
        id="ddim-told-from-one",
        function="ddim_sample",
        hint="Papers count t from 1, this model from 0.",
        wrong=hops(told=lambda i, t, n: t + 1),
    ),
    Misconception(
        id="ddim-told-fraction",
        function="ddim_sample",
        hint="Some models want the time as a share of the whole. This one wants the number of the step.",
        wrong=hops_told_fraction,
    ),
    Misconception(
        id="ddim-one-step-hops",
        function="ddim_sample",
        hint="Your hops go one step down, but the next stop of the list is further away.",
        wrong=hops(before=lambda ts, i: ts[i] - 1),
    ),
    Misconception(
        id="ddim-ascending",
        function="ddim_sample",
        hint="You walk the list from its wrong end.",
        wrong=backwards,
    ),
    Misconception(
        id="ddim-eps-once",
        function="ddim_sample",
        hint="The picture changes with each hop, and so does what the model sees in it: ask again.",
        wrong=hops_eps_once,
    ),
    Misconception(
        id="ddim-no-way-back",
        function="ddim_sample",
        hint="After the guess of the clean picture you have to go back up, to the noise level of the next stop.",
        wrong=hops(step=hop_with(direction=lambda a, p, s: 0 * p)),
    ),
    Misconception(
        id="ddim-clipped",
        function="ddim_sample",
        hint="You clip the guess of x0 inside the hop. Many libraries offer that; the docstring says to clip nothing.",
        wrong=hops(step=hop_with(clip=True)),
    ),
    Misconception(
        id="ddim-clipped-and-eps",
        function="ddim_sample",
        hint="You clip the guess of x0 and make eps fit it, as libraries may. The docstring says to clip nothing.",
        wrong=hops(step=hop_with(clip=True, anew=True)),
    ),
    Misconception(
        id="ddim-row-early",
        function="ddim_sample",
        hint="You read the table one row early at both ends of each hop.",
        wrong=table_row_early,
    ),
    Misconception(
        id="ddim-every-step",
        function="ddim_sample",
        hint="The stops were given. Visiting all steps is what they are there to avoid.",
        wrong=every_step,
    ),
    Misconception(
        id="ddim-own-stride",
        function="ddim_sample",
        hint="You made a list of stops of your own; the caller's list may be another.",
        wrong=own_stride,
    ),
    Misconception(
        id="ddim-start-in-place",
        function="ddim_sample",
        hint="Something the caller handed you is not the same after your call, so nobody can run it again.",
        wrong=hops_in_place,
    ),
    Misconception(
        id="few-squared",
        function="steps_vs_error",
        hint="A distance was asked for, not a squared one.",
        wrong=errors_by(lambda d: (d**2).mean()),
    ),
    Misconception(
        id="few-rms",
        function="steps_vs_error",
        hint="Squaring first makes a few large errors count for more. The plain mean distance was asked for.",
        wrong=errors_by(lambda d: (d**2).mean().sqrt()),
    ),
    Misconception(
        id="few-max",
        function="steps_vs_error",
        hint="The mean over all values was asked for, not the worst of them.",
        wrong=errors_by(lambda d: d.abs().max()),
    ),
    Misconception(
        id="few-signed",
        function="steps_vs_error",
        hint="Errors of opposite sign must not cancel.",
        wrong=errors_by(lambda d: d.mean().abs()),
    ),
    Misconception(
        id="few-sum",
        function="steps_vs_error",
        hint="Twice as many pictures should not mean twice the error.",
        wrong=errors_by(lambda d: d.abs().sum()),
    ),
    Misconception(
        id="few-short-road",
        function="steps_vs_error",
        hint="Fewer steps must still cover the whole road, from pure noise on.",
        wrong=short_road,
    ),
    Misconception(
        id="few-from-start",
        function="steps_vs_error",
        hint="You measure how far the samples are from the start noise. From what should they not be far?",
        wrong=distance_from_start,
    ),
    Misconception(
        id="few-against-longest",
        function="steps_vs_error",
        hint="You compare with the longest run of the list. The measure is the run that leaves no step out.",
        wrong=against_the_longest,
    ),
    Misconception(
        id="few-sorted",
        function="steps_vs_error",
        hint="The errors answer the counts in the caller's order.",
        wrong=sorted_errors,
    ),
)


def asks_only(model, x_T, *rest):
    """Every question that a loop asks, and no step."""
    steps = rest[-1] if isinstance(rest[-1], list) else range(len(rest[0]) - 1, -1, -1)
    for t in steps:
        model(x_T, torch.full((len(x_T),), int(t)))
    return x_T


def counts_only(model, x_T, alpha_bar, counts):
    """Numbers that fall as errors do, from nobody's samples."""
    return [float(len(alpha_bar) - n) for n in counts]


def from_the_law(model, x_T, *rest):
    """One draw from the law that a Gaussian's exact model gives away in two questions, and no loop."""
    t = torch.full((len(x_T),), 0)
    zero, one = model(torch.zeros_like(x_T), t), model(torch.ones_like(x_T), t)
    slope = (one - zero).mean()
    return x_T * 0.5 - zero.mean() / slope


# What `grade validate` holds against constant_max besides its own.
THOUGHTLESS = {
    "loops that only ask": {"ddpm_sample": asks_only, "ddim_sample": asks_only, "steps_vs_error": counts_only},
    "a sample that counts": {
        "ddpm_sample": lambda model, x_T, betas, noises: x_T + len(betas),
        "ddim_sample": lambda model, x_T, alpha_bar, timesteps: x_T + len(timesteps),
        "steps_vs_error": counts_only,
    },
    "a draw from the law": {"ddpm_sample": from_the_law, "ddim_sample": from_the_law, "steps_vs_error": counts_only},
}
