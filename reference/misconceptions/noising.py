"""Wrong ideas about the forward process: schedules, one step, the closed form."""

import numpy as np
import torch

from reference import noising
from reference.misconceptions import Misconception


def endpoint_missing(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(beta_start, beta_end, T, endpoint=False)


def start_missing(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(beta_start, beta_end, T + 1)[1:]


def downwards(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(beta_end, beta_start, T)


def geometric(T, beta_start=1e-4, beta_end=0.02):
    return np.geomspace(beta_start, beta_end, T)


def scaled_linear(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(beta_start**0.5, beta_end**0.5, T) ** 2


def one_too_many(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(beta_start, beta_end, T + 1)


def alphas(T, beta_start=1e-4, beta_end=0.02):
    return 1 - np.linspace(beta_start, beta_end, T)


def ends_ignored(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(1e-4, 0.02, T)


def default_start_typo(T, beta_start=1e-3, beta_end=0.02):
    return np.linspace(beta_start, beta_end, T)


def default_end_typo(T, beta_start=1e-4, beta_end=0.2):
    return np.linspace(beta_start, beta_end, T)


def ends_scaled_by_thousand(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(1000 / T * beta_start, 1000 / T * beta_end, T)


def squared_cosine(u, s):
    return np.cos((u + s) / (1 + s) * np.pi / 2) ** 2


def betas_of(f, T):
    """The betas under which alpha_bar falls as f on the grid 0, 1/T, ..., 1."""
    values = f(np.arange(T + 1) / T)
    return 1 - values[1:] / values[:-1]


def no_offset(T, s=0.008, max_beta=0.999):
    return noising.cosine_betas(T, 0.0, max_beta)


def offset_hard_coded(T, s=0.008, max_beta=0.999):
    return noising.cosine_betas(T, 0.008, max_beta)


def default_offset_typo(T, s=0.08, max_beta=0.999):
    return noising.cosine_betas(T, s, max_beta)


def offset_not_normalised(T, s=0.008, max_beta=0.999):
    return np.clip(betas_of(lambda u: np.cos(np.minimum(u + s, 1) * np.pi / 2) ** 2 + 1e-12, T), 0, max_beta)


def kept_signal(T, s=0.008, max_beta=0.999):
    return squared_cosine(np.arange(1, T + 1) / T, s) / squared_cosine(0, s)


def noise_so_far(T, s=0.008, max_beta=0.999):
    return np.minimum(1 - kept_signal(T, s), max_beta)


def no_cap(T, s=0.008, max_beta=0.999):
    return betas_of(lambda u: squared_cosine(u, s), T)


def cap_hard_coded(T, s=0.008, max_beta=0.999):
    return np.minimum(no_cap(T, s), 0.999)


def cap_with_a_nine_more(T, s=0.008, max_beta=0.999):
    return np.clip(no_cap(T, s), 1e-4, 0.9999)


def rescaled_to_cap(T, s=0.008, max_beta=0.999):
    betas = no_cap(T, s)
    return betas / betas.max() * max_beta


def full_half_turn(T, s=0.008, max_beta=0.999):
    return np.clip(betas_of(lambda u: np.cos((u + s) / (1 + s) * np.pi) ** 2, T), 0, max_beta)


def cosine_not_squared(T, s=0.008, max_beta=0.999):
    return np.minimum(betas_of(lambda u: np.cos((u + s) / (1 + s) * np.pi / 2), T), max_beta)


def one_gap_short(T, s=0.008, max_beta=0.999):
    f = squared_cosine(np.arange(T) / (T - 1), s) + 1e-9
    return np.clip(1 - np.append(f[1:], f[-1] * 1e-3) / f, 0, max_beta)


def grid_shifted(T, s=0.008, max_beta=0.999):
    return np.append(0.0, noising.cosine_betas(T, s, max_beta)[:-1])


def grid_half_step(T, s=0.008, max_beta=0.999):
    return np.clip(betas_of(lambda u: squared_cosine(np.minimum(u + 0.5 / T, 1), s) + 1e-12, T), 0, max_beta)


def added_up(betas):
    return np.cumsum(1 - betas)


def noise_added_up(betas):
    return 1 - np.cumsum(betas)


def product_of_betas(betas):
    return np.cumprod(betas)


def one_step_only(betas):
    return 1 - betas


def starts_clean(betas):
    return np.append(1.0, np.cumprod(1 - betas)[:-1])


def starts_clean_and_longer(betas):
    return np.append(1.0, np.cumprod(1 - betas))


def root_in_table(betas):
    return np.sqrt(np.cumprod(1 - betas))


def noise_table(betas):
    return 1 - np.cumprod(1 - betas)


def backwards(betas):
    return np.cumprod((1 - betas)[::-1])[::-1]


def stepped_by(keep, add):
    """A forward_step whose factors are keep(beta) for x and add(beta) for eps."""

    def forward_step(x, t, betas, eps):
        return keep(betas[t]) * x + add(betas[t]) * eps

    return forward_step


def step_before(x, t, betas, eps):
    return noising.forward_step(x, t - 1, betas, eps)


def step_after(x, t, betas, eps):
    return noising.forward_step(x, min(t + 1, len(betas) - 1), betas, eps)


def step_from_running_product(x, t, betas, eps):
    alpha_bar = np.cumprod(1 - betas)[t]
    return np.sqrt(alpha_bar) * x + np.sqrt(1 - alpha_bar) * eps


def step_subtracts(x, t, betas, eps):
    return noising.forward_step(x, t, betas, -eps)


def step_with_own_noise(x, t, betas, eps):
    return noising.forward_step(x, t, betas, np.random.default_rng().normal(size=np.shape(x)))


def clipped_step(x, t, betas, eps):
    return np.clip(noising.forward_step(x, t, betas, eps), -1, 1)


def mixed_by(factors):
    """A q_sample whose factors for x0 and eps are factors(alpha_bar at t)."""

    def q_sample(x0, t, alpha_bar, eps):
        keep, add = factors(alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1)))
        return keep * x0 + add * eps

    return q_sample


def last_axis(x0, t, alpha_bar, eps):
    return alpha_bar[t].sqrt() * x0 + (1 - alpha_bar[t]).sqrt() * eps


def pictures_only(x0, t, alpha_bar, eps):
    a = alpha_bar[t][:, None, None, None]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def one_t_for_all(x0, t, alpha_bar, eps):
    return noising.q_sample(x0, t[:1].expand(len(t)), alpha_bar, eps)


def t_plus_one(x0, t, alpha_bar, eps):
    return noising.q_sample(x0, (t + 1).clamp(max=len(alpha_bar) - 1), alpha_bar, eps)


def t_minus_one(x0, t, alpha_bar, eps):
    return noising.q_sample(x0, t - 1, alpha_bar, eps)


def zero_is_clean(x0, t, alpha_bar, eps):
    return noising.q_sample(x0, t, torch.cat([torch.ones(1), alpha_bar[:-1]]), eps)


def clock_backwards(x0, t, alpha_bar, eps):
    return noising.q_sample(x0, len(alpha_bar) - 1 - t, alpha_bar, eps)


def own_noise(x0, t, alpha_bar, eps):
    return noising.q_sample_own(x0, t, alpha_bar, 0)


def global_noise(x0, t, alpha_bar, eps):
    return noising.q_sample(x0, t, alpha_bar, torch.randn_like(eps))


def clipped(x0, t, alpha_bar, eps):
    return noising.q_sample(x0, t, alpha_bar, eps).clamp(-1, 1)


def mutates_x0(x0, t, alpha_bar, eps):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    x0 *= a.sqrt()
    x0 += (1 - a).sqrt() * eps
    return x0


def drawn_by(noise):
    """A q_sample_own whose noise is noise(shape, generator)."""

    def q_sample_own(x0, t, alpha_bar, seed):
        return noising.q_sample(x0, t, alpha_bar, noise(tuple(x0.shape), torch.Generator().manual_seed(seed)))

    return q_sample_own


def flat(shape, generator):
    return torch.rand(shape, generator=generator)


def flat_with_unit_variance(shape, generator):
    return (torch.rand(shape, generator=generator) - 0.5) * 12**0.5


def same_for_all_pictures(shape, generator):
    return torch.randn(1, *shape[1:], generator=generator).expand(shape)


def same_for_all_channels(shape, generator):
    return torch.randn(shape[0], 1, *shape[2:], generator=generator).expand(shape)


def one_number_a_picture(shape, generator):
    return torch.randn(shape[0], *[1] * (len(shape) - 1), generator=generator).expand(shape)


def cut_off(shape, generator):
    return torch.randn(shape, generator=generator).clamp(-1, 1)


def folded(shape, generator):
    return torch.randn(shape, generator=generator).abs()


def own_mixed_by(factors):
    """A q_sample_own whose factors for x0 and eps are factors(alpha_bar at t)."""

    def q_sample_own(x0, t, alpha_bar, seed):
        eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed))
        return mixed_by(factors)(x0, t, alpha_bar, eps)

    return q_sample_own


def noise_without_signal(x0, t, alpha_bar, seed):
    return noising.q_sample_own(torch.zeros_like(x0), t, alpha_bar, seed)


def seed_ignored(x0, t, alpha_bar, seed):
    return noising.q_sample_own(x0, t, alpha_bar, torch.Generator().seed())


def seed_constant(x0, t, alpha_bar, seed):
    return noising.q_sample_own(x0, t, alpha_bar, 0)


def amplitude_ratio(alpha_bar):
    return np.sqrt(alpha_bar / (1 - alpha_bar))


def power_of_signal(alpha_bar):
    return alpha_bar


def logarithm(alpha_bar):
    return np.log(alpha_bar / (1 - alpha_bar))


def decibels(alpha_bar):
    return 10 * np.log10(alpha_bar / (1 - alpha_bar))


def upside_down(alpha_bar):
    return (1 - alpha_bar) / alpha_bar


MISCONCEPTIONS = (
    Misconception(
        id="lin-endpoint-missing",
        function="linear_betas",
        hint="Print your last beta: is it the one that was asked for?",
        wrong=endpoint_missing,
    ),
    Misconception(
        id="lin-start-missing",
        function="linear_betas",
        hint="Print your first beta: is it the one that was asked for?",
        wrong=start_missing,
    ),
    Misconception(
        id="lin-reversed",
        function="linear_betas",
        hint="Your schedule is roughest at the clean end. Which steps should be gentle?",
        wrong=downwards,
    ),
    Misconception(
        id="lin-geometric",
        function="linear_betas",
        hint="Your betas grow by equal ratios. What grows equally on a straight line?",
        wrong=geometric,
    ),
    Misconception(
        id="lin-scaled-linear",
        function="linear_betas",
        hint="Straight in the spreads, not in the variances: Stable Diffusion does so, but here beta itself is linear.",
        wrong=scaled_linear,
    ),
    Misconception(
        id="lin-one-too-many",
        function="linear_betas",
        hint="Count your entries: one beta for each step, no more.",
        wrong=one_too_many,
    ),
    Misconception(
        id="lin-returns-alphas",
        function="linear_betas",
        hint="Your table says how much each step keeps; asked for is how much noise it adds.",
        wrong=alphas,
    ),
    Misconception(
        id="lin-ends-ignored",
        function="linear_betas",
        hint="The end points are arguments, yet yours are always the same.",
        wrong=ends_ignored,
    ),
    Misconception(
        id="lin-default-start",
        function="linear_betas",
        hint="Your schedule starts at another size when the caller says nothing: compare your defaults, zero by zero.",
        wrong=default_start_typo,
    ),
    Misconception(
        id="lin-default-end",
        function="linear_betas",
        hint="Your schedule ends at another size when the caller says nothing: compare your defaults, zero by zero.",
        wrong=default_end_typo,
    ),
    Misconception(
        id="lin-ends-scaled",
        function="linear_betas",
        hint="Some libraries stretch the ends by 1000 / T. Here they are taken as they come, whatever T is.",
        wrong=ends_scaled_by_thousand,
    ),
    Misconception(
        id="cos-no-offset",
        function="cosine_betas",
        hint="Your first steps add almost nothing. What is the small number s there for?",
        wrong=no_offset,
    ),
    Misconception(
        id="cos-offset-hard-coded",
        function="cosine_betas",
        hint="The offset is an argument; yours is the usual one whatever is asked for.",
        wrong=offset_hard_coded,
    ),
    Misconception(
        id="cos-default-offset",
        function="cosine_betas",
        hint="When the caller says nothing your offset is another one: compare your default, zero by zero.",
        wrong=default_offset_typo,
    ),
    Misconception(
        id="cos-offset-not-normalised",
        function="cosine_betas",
        hint="With the offset added, does your angle still end at a right angle?",
        wrong=offset_not_normalised,
    ),
    Misconception(
        id="cos-returns-alphabar",
        function="cosine_betas",
        hint="You return how much signal is left. The noise of one step compares two neighbours of that curve.",
        wrong=kept_signal,
    ),
    Misconception(
        id="cos-beta-of-bar",
        function="cosine_betas",
        hint="You return all the noise so far; a beta is the noise of one step.",
        wrong=noise_so_far,
    ),
    Misconception(
        id="cos-no-cap",
        function="cosine_betas",
        hint="Your last step destroys everything that was left: the schedule needs a lid.",
        wrong=no_cap,
    ),
    Misconception(
        id="cos-cap-hard-coded",
        function="cosine_betas",
        hint="The lid is an argument; yours sits at the usual height whatever is asked for.",
        wrong=cap_hard_coded,
    ),
    Misconception(
        id="cos-cap-other",
        function="cosine_betas",
        hint="Other code puts the lid elsewhere. Here the caller says where; the docstring has the usual place.",
        wrong=cap_with_a_nine_more,
    ),
    Misconception(
        id="cos-rescaled-to-cap",
        function="cosine_betas",
        hint="A lid cuts off what is too high. You shrank the whole schedule to fit below it.",
        wrong=rescaled_to_cap,
    ),
    Misconception(
        id="cos-full-half-turn",
        function="cosine_betas",
        hint="How far does the angle travel from clean to noise? Yours goes on until the cosine comes back.",
        wrong=full_half_turn,
    ),
    Misconception(
        id="cos-not-squared",
        function="cosine_betas",
        hint="The share of power left is an amplitude taken twice; one of the two is missing in yours.",
        wrong=cosine_not_squared,
    ),
    Misconception(
        id="cos-one-gap-short",
        function="cosine_betas",
        hint="To have T betas you need T gaps. How many grid points is that, and how far apart?",
        wrong=one_gap_short,
    ),
    Misconception(
        id="cos-grid-shifted",
        function="cosine_betas",
        hint="Your first step adds nothing, and every other adds what belongs to the step before it.",
        wrong=grid_shifted,
    ),
    Misconception(
        id="cos-grid-half-step",
        function="cosine_betas",
        hint="Your grid sits between the steps. Where is the signal still untouched?",
        wrong=grid_half_step,
    ),
    Misconception(
        id="bar-cumsum",
        function="alpha_bars",
        hint="Keep nine tenths, then nine tenths of that: do such shares add or multiply?",
        wrong=added_up,
    ),
    Misconception(
        id="bar-noise-cumsum",
        function="alpha_bars",
        hint="With your table the signal can be less than nothing after enough steps: how do shares combine?",
        wrong=noise_added_up,
    ),
    Misconception(
        id="bar-of-betas",
        function="alpha_bars",
        hint="Beta is what a step destroys. Which share survives it?",
        wrong=product_of_betas,
    ),
    Misconception(
        id="bar-one-step-only",
        function="alpha_bars",
        hint="You return what each step keeps by itself; the bar stands for all steps so far.",
        wrong=one_step_only,
    ),
    Misconception(
        id="bar-starts-clean",
        function="alpha_bars",
        hint="Yours says that t = 0 is clean. In this course some noise is already there.",
        wrong=starts_clean,
    ),
    Misconception(
        id="bar-one-too-many",
        function="alpha_bars",
        hint="One entry for each step: the clean end is not a step and has no entry.",
        wrong=starts_clean_and_longer,
    ),
    Misconception(
        id="bar-root-in-table",
        function="alpha_bars",
        hint="This table holds powers. Where amplitudes are needed, the formula that uses it says so.",
        wrong=root_in_table,
    ),
    Misconception(
        id="bar-noise-table",
        function="alpha_bars",
        hint="Your curve rises: you return the share of noise, not the share of signal.",
        wrong=noise_table,
    ),
    Misconception(
        id="bar-backwards",
        function="alpha_bars",
        hint="Your table is noisiest at t = 0: from which end do the steps pile up?",
        wrong=backwards,
    ),
    Misconception(
        id="step-no-shrink",
        function="forward_step",
        hint="The toy step of the lesson only ever adds. How large has the spread grown after many such steps?",
        wrong=stepped_by(lambda beta: 1.0, np.sqrt),
    ),
    Misconception(
        id="step-no-roots",
        function="forward_step",
        hint="Variances add up, spreads do not. Which of the two is beta, and which does a factor change?",
        wrong=stepped_by(lambda beta: 1 - beta, lambda beta: beta),
    ),
    Misconception(
        id="step-beta-as-std",
        function="forward_step",
        hint="The signal is right but the noise too quiet: beta is a variance.",
        wrong=stepped_by(lambda beta: np.sqrt(1 - beta), lambda beta: beta),
    ),
    Misconception(
        id="step-signal-root-missing",
        function="forward_step",
        hint="Data of unit variance should keep it. Yours loses a little at each step: look at the factor of x.",
        wrong=stepped_by(lambda beta: 1 - beta, np.sqrt),
    ),
    Misconception(
        id="step-one-minus-root",
        function="forward_step",
        hint="One minus a root is not the root of one minus: check that the spread stays at one.",
        wrong=stepped_by(lambda beta: 1 - np.sqrt(beta), np.sqrt),
    ),
    Misconception(
        id="step-swapped",
        function="forward_step",
        hint="At a tiny beta the result should look like x; yours looks like noise.",
        wrong=stepped_by(np.sqrt, lambda beta: np.sqrt(1 - beta)),
    ),
    Misconception(
        id="step-off-by-one",
        function="forward_step",
        hint="You used the beta of the step before. Which entry belongs to the step numbered t?",
        wrong=step_before,
    ),
    Misconception(
        id="step-one-late",
        function="forward_step",
        hint="You used the beta of the step after. Which entry belongs to the step numbered t?",
        wrong=step_after,
    ),
    Misconception(
        id="step-running-product",
        function="forward_step",
        hint="x has already been through the earlier steps; yours puts it through all of them again.",
        wrong=step_from_running_product,
    ),
    Misconception(
        id="step-subtracts",
        function="forward_step",
        hint="The noise went in with its sign flipped: a model trained on it would learn the mirror image.",
        wrong=step_subtracts,
    ),
    Misconception(
        id="step-own-noise",
        function="forward_step",
        hint="The noise was handed to you; yours used other noise.",
        wrong=step_with_own_noise,
    ),
    Misconception(
        id="step-clipped",
        function="forward_step",
        hint="Noise may leave the range of the data. What happens to the bell curve where you cut it off?",
        wrong=clipped_step,
    ),
    Misconception(
        id="q-no-roots",
        function="q_sample",
        hint="Does data of unit variance still have it after your mixing? Tell variances from spreads.",
        wrong=mixed_by(lambda a: (a, 1 - a)),
    ),
    Misconception(
        id="q-one-minus-root",
        function="q_sample",
        hint="One minus a root is not the root of one minus: the squares of your two factors should add up to one.",
        wrong=mixed_by(lambda a: (a.sqrt(), 1 - a.sqrt())),
    ),
    Misconception(
        id="q-noise-root-missing",
        function="q_sample",
        hint="Your noise is too quiet: its factor is a variance where a spread belongs.",
        wrong=mixed_by(lambda a: (a.sqrt(), 1 - a)),
    ),
    Misconception(
        id="q-signal-root-missing",
        function="q_sample",
        hint="Your signal fades too fast: its factor is a power where an amplitude belongs.",
        wrong=mixed_by(lambda a: (a, (1 - a).sqrt())),
    ),
    Misconception(
        id="q-root-of-root",
        function="q_sample",
        hint="Your table holds roots already, or you took the root twice: check the squares of your two factors.",
        wrong=mixed_by(lambda a: (a**0.25, (1 - a) ** 0.25)),
    ),
    Misconception(
        id="q-no-shrink",
        function="q_sample",
        hint="The signal has to fade as the noise grows; yours stays in full under the noise.",
        wrong=mixed_by(lambda a: (1.0, (1 - a).sqrt())),
    ),
    Misconception(
        id="q-swapped",
        function="q_sample",
        hint="At your least noisy step there is hardly any picture left: which factor belongs to which part?",
        wrong=mixed_by(lambda a: ((1 - a).sqrt(), a.sqrt())),
    ),
    Misconception(
        id="q-subtracts",
        function="q_sample",
        hint="The noise went in with its sign flipped: a model trained on it would learn the mirror image.",
        wrong=mixed_by(lambda a: (a.sqrt(), -(1 - a).sqrt())),
    ),
    Misconception(
        id="q-last-axis",
        function="q_sample",
        hint="Each picture has its own factor, but yours was laid along the columns of every picture.",
        wrong=last_axis,
    ),
    Misconception(
        id="q-pictures-only",
        function="q_sample",
        hint="Not all data has four axes: how many does your code take for granted?",
        wrong=pictures_only,
    ),
    Misconception(
        id="q-one-t-for-all",
        function="q_sample",
        hint="The first picture is right and the others are not: does each one get its own t?",
        wrong=one_t_for_all,
    ),
    Misconception(
        id="q-t-plus-one",
        function="q_sample",
        hint="Your pictures are one step too noisy. Does t = 0 stand for clean, or for one step of noise?",
        wrong=t_plus_one,
    ),
    Misconception(
        id="q-t-minus-one",
        function="q_sample",
        hint="Your table is read one row early, and at the least noisy step from its end. From where does t count?",
        wrong=t_minus_one,
    ),
    Misconception(
        id="q-zero-is-clean",
        function="q_sample",
        hint="At t = 0 your pictures come back clean. In this course that is already one step of noise.",
        wrong=zero_is_clean,
    ),
    Misconception(
        id="q-clock-backwards",
        function="q_sample",
        hint="Your pictures get cleaner as t grows. Which end of the clock is noise?",
        wrong=clock_backwards,
    ),
    Misconception(
        id="q-own-noise",
        function="q_sample",
        hint="The noise was handed to you; yours used other noise.",
        wrong=own_noise,
    ),
    Misconception(
        id="q-global-noise",
        function="q_sample",
        hint="The noise was handed to you; yours rolled new dice, so no two runs agree.",
        wrong=global_noise,
    ),
    Misconception(
        id="q-clipped",
        function="q_sample",
        hint="x_t is no picture for the screen: noise may leave the range of the data and has to stay whole.",
        wrong=clipped,
    ),
    Misconception(
        id="q-mutates-x0",
        function="q_sample",
        hint="The caller still needs what it handed you. Whose tensor did you write into?",
        wrong=mutates_x0,
    ),
    Misconception(
        id="own-uniform",
        function="q_sample_own",
        hint="Your noise is flat and never negative: two functions for random numbers differ by one letter.",
        wrong=drawn_by(flat),
    ),
    Misconception(
        id="own-uniform-unit-variance",
        function="q_sample_own",
        hint="The right mean and the right spread, but the wrong shape: draw the histogram.",
        wrong=drawn_by(flat_with_unit_variance),
    ),
    Misconception(
        id="own-same-for-batch",
        function="q_sample_own",
        hint="Two pictures of your batch carry the very same noise.",
        wrong=drawn_by(same_for_all_pictures),
    ),
    Misconception(
        id="own-same-for-channels",
        function="q_sample_own",
        hint="The colours of one pixel of yours move together: noise is grey where it should be coloured.",
        wrong=drawn_by(same_for_all_channels),
    ),
    Misconception(
        id="own-one-number-a-picture",
        function="q_sample_own",
        hint="Your pictures only get brighter or darker as a whole. How many numbers does one picture's noise have?",
        wrong=drawn_by(one_number_a_picture),
    ),
    Misconception(
        id="own-clipped",
        function="q_sample_own",
        hint="Your noise never strays far. About a third of a bell curve lies beyond where you cut it off.",
        wrong=drawn_by(cut_off),
    ),
    Misconception(
        id="own-folded",
        function="q_sample_own",
        hint="Noise darkens as often as it brightens; yours only does one of them.",
        wrong=drawn_by(folded),
    ),
    Misconception(
        id="own-no-roots",
        function="q_sample_own",
        hint="Does data of unit variance still have it after your mixing? Tell variances from spreads.",
        wrong=own_mixed_by(lambda a: (a, 1 - a)),
    ),
    Misconception(
        id="own-one-minus-root",
        function="q_sample_own",
        hint="One minus a root is not the root of one minus: the squares of your two factors should add up to one.",
        wrong=own_mixed_by(lambda a: (a.sqrt(), 1 - a.sqrt())),
    ),
    Misconception(
        id="own-signal-root-missing",
        function="q_sample_own",
        hint="Your signal fades too fast: its factor is a power where an amplitude belongs.",
        wrong=own_mixed_by(lambda a: (a, (1 - a).sqrt())),
    ),
    Misconception(
        id="own-no-shrink",
        function="q_sample_own",
        hint="The signal has to fade as the noise grows; yours stays in full under the noise.",
        wrong=own_mixed_by(lambda a: (1.0, (1 - a).sqrt())),
    ),
    Misconception(
        id="own-noise-root-missing",
        function="q_sample_own",
        hint="Your noise is too quiet: its factor is a variance where a spread belongs.",
        wrong=own_mixed_by(lambda a: (a.sqrt(), 1 - a)),
    ),
    Misconception(
        id="own-signal-lost",
        function="q_sample_own",
        hint="There is no trace of the picture in your result, only noise.",
        wrong=noise_without_signal,
    ),
    Misconception(
        id="own-seed-ignored",
        function="q_sample_own",
        hint="The same seed should give the same picture; yours comes out new every time.",
        wrong=seed_ignored,
    ),
    Misconception(
        id="own-seed-constant",
        function="q_sample_own",
        hint="Another seed should give another picture; yours is always the same.",
        wrong=seed_constant,
    ),
    Misconception(
        id="snr-amplitude",
        function="snr",
        hint="Asked for is a ratio of powers; yours is a ratio of amplitudes.",
        wrong=amplitude_ratio,
    ),
    Misconception(
        id="snr-no-noise",
        function="snr",
        hint="You return the signal's share alone. A ratio needs a second number.",
        wrong=power_of_signal,
    ),
    Misconception(
        id="snr-logarithm",
        function="snr",
        hint="Papers often plot the logarithm of this; the plain ratio was asked for.",
        wrong=logarithm,
    ),
    Misconception(
        id="snr-decibels",
        function="snr",
        hint="Engineers plot this in decibels; the plain ratio was asked for.",
        wrong=decibels,
    ),
    Misconception(
        id="snr-upside-down",
        function="snr",
        hint="Your ratio grows with the noise: what is divided by what?",
        wrong=upside_down,
    ),
)
