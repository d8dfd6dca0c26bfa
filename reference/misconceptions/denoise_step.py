"""Wrong ideas about one step back: sizes of noise, roots, table rows, the last step, eta."""

import torch

from reference import denoise_step as right
from reference.denoise_step import posterior, predict_x0
from reference.misconceptions import Misconception


def per_picture(values, x):
    return values.reshape(-1, *[1] * (x.ndim - 1))


def levels(x_t, t, alpha_bar):
    return per_picture(alpha_bar[t], x_t)


def tables(betas):
    alpha_bar = torch.cumprod(1 - betas, dim=0)
    return alpha_bar, torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar[:-1]])


# predict_x0 -------------------------------------------------------------------------------------------------------


def plain_subtract(x_t, t, eps, alpha_bar):
    return x_t - eps


def no_rescale(x_t, t, eps, alpha_bar):
    return x_t - (1 - levels(x_t, t, alpha_bar)).sqrt() * eps


def variance_of_noise(x_t, t, eps, alpha_bar):
    a = levels(x_t, t, alpha_bar)
    return (x_t - (1 - a) * eps) / a.sqrt()


def divide_no_root(x_t, t, eps, alpha_bar):
    a = levels(x_t, t, alpha_bar)
    return (x_t - (1 - a).sqrt() * eps) / a


def no_roots(x_t, t, eps, alpha_bar):
    a = levels(x_t, t, alpha_bar)
    return (x_t - (1 - a) * eps) / a


def adds(x_t, t, eps, alpha_bar):
    a = levels(x_t, t, alpha_bar)
    return (x_t + (1 - a).sqrt() * eps) / a.sqrt()


def multiplies(x_t, t, eps, alpha_bar):
    a = levels(x_t, t, alpha_bar)
    return (x_t - (1 - a).sqrt() * eps) * a.sqrt()


def factor_along_last_axis(x_t, t, eps, alpha_bar):
    a = alpha_bar[t]
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


def pictures_only(x_t, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, 1, 1, 1)
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


def first_t_for_all(x_t, t, eps, alpha_bar):
    return right.predict_x0(x_t, t[:1].expand(len(t)), eps, alpha_bar)


def row_early(x_t, t, eps, alpha_bar):
    return right.predict_x0(x_t, t - 1, eps, alpha_bar)


def clipped_x0(x_t, t, eps, alpha_bar):
    return right.predict_x0(x_t, t, eps, alpha_bar).clamp(-1, 1)


def eps_not_divided(x_t, t, eps, alpha_bar):
    a = levels(x_t, t, alpha_bar)
    return x_t / a.sqrt() - (1 - a).sqrt() * eps


# predict_eps ------------------------------------------------------------------------------------------------------


def eps_left_over(x_t, t, x0, alpha_bar):
    return x_t - levels(x_t, t, alpha_bar).sqrt() * x0


def eps_difference(x_t, t, x0, alpha_bar):
    return x_t - x0


def eps_by_variance(x_t, t, x0, alpha_bar):
    a = levels(x_t, t, alpha_bar)
    return (x_t - a.sqrt() * x0) / (1 - a)


def eps_factors_swapped(x_t, t, x0, alpha_bar):
    a = levels(x_t, t, alpha_bar)
    return (x_t - (1 - a).sqrt() * x0) / a.sqrt()


def eps_mirrored(x_t, t, x0, alpha_bar):
    return -right.predict_eps(x_t, t, x0, alpha_bar)


def eps_clean_not_dimmed(x_t, t, x0, alpha_bar):
    return (x_t - x0) / (1 - levels(x_t, t, alpha_bar)).sqrt()


# posterior --------------------------------------------------------------------------------------------------------


def weigh(x0, x_t, weight_x0, weight_x_t):
    return per_picture(weight_x0, x_t) * x0 + per_picture(weight_x_t, x_t) * x_t


def parts(t, betas):
    """beta, alpha_bar, the one before, and the two right weights."""
    alpha_bar, before = tables(betas)
    beta, a, p = betas[t], alpha_bar[t], before[t]
    return beta, a, p, p.sqrt() * beta / (1 - a), (1 - beta).sqrt() * (1 - p) / (1 - a)


def previous_is_current(x0, x_t, t, betas):
    beta, a, _, _, _ = parts(t, betas)
    return weigh(x0, x_t, a.sqrt() * beta / (1 - a), (1 - beta).sqrt()), beta


def previous_starts_at_zero(x0, x_t, t, betas):
    alpha_bar, before = tables(betas)
    before = torch.cat([torch.zeros_like(before[:1]), before[1:]])
    beta, a, p = betas[t], alpha_bar[t], before[t]
    mean = weigh(x0, x_t, p.sqrt() * beta / (1 - a), (1 - beta).sqrt() * (1 - p) / (1 - a))
    return mean, beta * (1 - p) / (1 - a)


def previous_wraps(x0, x_t, t, betas):
    alpha_bar, _ = tables(betas)
    beta, a, p = betas[t], alpha_bar[t], alpha_bar[t - 1]
    mean = weigh(x0, x_t, p.sqrt() * beta / (1 - a), (1 - beta).sqrt() * (1 - p) / (1 - a))
    return mean, beta * (1 - p) / (1 - a)


def first_row_copied(x0, x_t, t, betas):
    alpha_bar, before = tables(betas)
    before = torch.cat([alpha_bar[:1], before[1:]])
    beta, a, p = betas[t], alpha_bar[t], before[t]
    mean = weigh(x0, x_t, p.sqrt() * beta / (1 - a), (1 - beta).sqrt() * (1 - p) / (1 - a))
    return mean, beta * (1 - p) / (1 - a)


def both_rows_early(x0, x_t, t, betas):
    return right.posterior(x0, x_t, (t - 1).clamp_min(0), betas)


def weights_swapped(x0, x_t, t, betas):
    _, _, _, w0, wt = parts(t, betas)
    return weigh(x0, x_t, wt, w0), right.posterior(x0, x_t, t, betas)[1]


def x0_weight_no_root(x0, x_t, t, betas):
    beta, a, p, _, wt = parts(t, betas)
    return weigh(x0, x_t, p * beta / (1 - a), wt), right.posterior(x0, x_t, t, betas)[1]


def x0_weight_no_beta(x0, x_t, t, betas):
    _, a, p, _, wt = parts(t, betas)
    return weigh(x0, x_t, p.sqrt() / (1 - a), wt), right.posterior(x0, x_t, t, betas)[1]


def x_t_weight_no_root(x0, x_t, t, betas):
    beta, a, p, w0, _ = parts(t, betas)
    return weigh(x0, x_t, w0, (1 - beta) * (1 - p) / (1 - a)), right.posterior(x0, x_t, t, betas)[1]


def x_t_weight_bar(x0, x_t, t, betas):
    _, a, p, w0, _ = parts(t, betas)
    return weigh(x0, x_t, w0, a.sqrt() * (1 - p) / (1 - a)), right.posterior(x0, x_t, t, betas)[1]


def with_variance(variance):
    """`posterior` with the right mean and this variance of (beta, alpha_bar, the one before)."""

    def posterior(x0, x_t, t, betas):
        beta, a, p, _, _ = parts(t, betas)
        return right.posterior(x0, x_t, t, betas)[0], variance(beta, a, p)

    return posterior


# ddpm_step --------------------------------------------------------------------------------------------------------


def step_with(mean=None, sigma=None):
    """`ddpm_step` with another mean (x_t, eps, beta, a, p) or another sigma (beta, a, p)."""

    def ddpm_step(x_t, t, eps, betas, noise):
        alpha_bar, before = tables(betas)
        beta, a, p = betas[t], alpha_bar[t], before[t]
        usual = (x_t - beta / (1 - a).sqrt() * eps) / (1 - beta).sqrt()
        centre = mean(x_t, eps, beta, a, p) if mean else usual
        spread = sigma(beta, a, p) if sigma else (beta * (1 - p) / (1 - a)).sqrt()
        return centre + spread * noise if t > 0 else centre

    return ddpm_step


def noise_at_end(x_t, t, eps, betas, noise):
    return right.ddpm_step(x_t, t, eps, betas, noise) + (betas[0].sqrt() * noise if t == 0 else 0)


def silent_at_one(x_t, t, eps, betas, noise):
    return right.ddpm_step(x_t, t, eps, betas, noise if t > 1 else 0 * noise)


def step_row_early(x_t, t, eps, betas, noise):
    moved = right.ddpm_step(x_t, max(t - 1, 0), eps, betas, noise)
    return moved if t > 0 else right.ddpm_step(x_t, 0, eps, betas, 0 * noise)


def clipped_result(x_t, t, eps, betas, noise):
    return right.ddpm_step(x_t, t, eps, betas, noise).clamp(-1, 1)


def clipped_guess(x_t, t, eps, betas, noise):
    times = torch.full((len(x_t),), t)
    x0 = right.predict_x0(x_t, times, eps, torch.cumprod(1 - betas, dim=0)).clamp(-1, 1)
    mean, variance = right.posterior(x0, x_t, times, betas)
    return mean + per_picture(variance, x_t).sqrt() * noise


def step_in_place(x_t, t, eps, betas, noise):
    return x_t.copy_(right.ddpm_step(x_t, t, eps, betas, noise))


# ddim_step --------------------------------------------------------------------------------------------------------


def hop_with(before=None, sigma=None, direction=None, clip=False, anew=False):
    """`ddim_step` with another alpha_bar for the end, another sigma (a, p, eta) or another direction (p, sigma).

    anew: eps is found once more, from the clipped guess.
    """

    def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
        a = alpha_bar[t]
        one = torch.ones_like(a)
        p = before(alpha_bar, t, t_prev) if before else (alpha_bar[t_prev] if t_prev >= 0 else one)
        x0 = (x_t - (1 - a).sqrt() * eps) / a.sqrt()
        x0 = x0.clamp(-1, 1) if clip else x0
        eps = (x_t - a.sqrt() * x0) / (1 - a).sqrt() if anew else eps
        s = sigma(a, p, eta) if sigma else eta * ((1 - p) / (1 - a) * (1 - a / p)).sqrt()
        d = direction(a, p, s) if direction else (1 - p - s**2).sqrt()
        return p.sqrt() * x0 + d * eps + (s * noise if eta > 0 else 0)

    return ddim_step


def fresh_noise_always(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a = alpha_bar[t]
    p = alpha_bar[t_prev] if t_prev >= 0 else torch.ones_like(a)
    noise = torch.zeros_like(eps) if noise is None else noise
    return p.sqrt() * (x_t - (1 - a).sqrt() * eps) / a.sqrt() + (1 - p).sqrt() * noise


def silent_at_zero(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    return right.ddim_step(x_t, t, t_prev, eps, alpha_bar, eta if t_prev > 0 else 0.0, noise)


def zero_is_the_end(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    return right.ddim_step(x_t, t, t_prev if t_prev > 0 else -1, eps, alpha_bar, eta, noise)


def default_eta_one(x_t, t, t_prev, eps, alpha_bar, eta=1.0, noise=None):
    return right.ddim_step(x_t, t, t_prev, eps, alpha_bar, eta, torch.zeros_like(x_t) if noise is None else noise)


MISCONCEPTIONS = (
    Misconception(
        id="x0-plain-subtract",
        function="predict_x0",
        hint="Subtracting the prediction as it is works only if the noise went in at full size and nothing was shrunk.",
        wrong=plain_subtract,
    ),
    Misconception(
        id="x0-no-rescale",
        function="predict_x0",
        hint="The noise is gone, but the picture that is left is still as dim as the forward process made it.",
        wrong=no_rescale,
    ),
    Misconception(
        id="x0-noise-variance",
        function="predict_x0",
        hint="How strong was the noise in x_t: did you use its spread or its variance?",
        wrong=variance_of_noise,
    ),
    Misconception(
        id="x0-divide-no-root",
        function="predict_x0",
        hint="alpha_bar tells of signal power. By what was the picture itself multiplied?",
        wrong=divide_no_root,
    ),
    Misconception(
        id="x0-no-roots",
        function="predict_x0",
        hint="alpha_bar and its complement are powers; pictures and noise are amplitudes.",
        wrong=no_roots,
    ),
    Misconception(
        id="x0-adds",
        function="predict_x0",
        hint="Which sign takes noise out that was put in by adding?",
        wrong=adds,
    ),
    Misconception(
        id="x0-multiplies",
        function="predict_x0",
        hint="The forward process dimmed the picture; dimming it once more does not bring it back.",
        wrong=multiplies,
    ),
    Misconception(
        id="x0-broadcast",
        function="predict_x0",
        hint="Your factor for each picture lies along the wrong axis: it belongs to the batch, not to the columns.",
        wrong=factor_along_last_axis,
    ),
    Misconception(
        id="x0-pictures-only",
        function="predict_x0",
        hint="You fixed the number of axes. What if the data are sounds, or single numbers, and not pictures?",
        wrong=pictures_only,
    ),
    Misconception(
        id="x0-first-t",
        function="predict_x0",
        hint="The whole batch was treated as if it had the t of its first picture.",
        wrong=first_t_for_all,
    ),
    Misconception(
        id="x0-row-early",
        function="predict_x0",
        hint="You read the table one row early. Which row holds the level of step t when t counts from 0?",
        wrong=row_early,
    ),
    Misconception(
        id="x0-eps-not-divided",
        function="predict_x0",
        hint="Undoing the dimming stretches all of x_t, the noise in it too; yours takes it out at its old size.",
        wrong=eps_not_divided,
    ),
    Misconception(
        id="x0-clipped",
        function="predict_x0",
        hint="Clipping is a repair for a model that errs. Here the exact answer is asked for, wherever it lies.",
        wrong=clipped_x0,
    ),
    Misconception(
        id="eps-left-over",
        function="predict_eps",
        hint="What remains when the signal is taken out is the noise at the size it had in x_t, not at full size.",
        wrong=eps_left_over,
    ),
    Misconception(
        id="eps-difference",
        function="predict_eps",
        hint="x_t is not x0 with noise laid on top: both were sized by the schedule before they were mixed.",
        wrong=eps_difference,
    ),
    Misconception(
        id="eps-variance",
        function="predict_eps",
        hint="To bring noise to unit size, do you divide by its spread or by its variance?",
        wrong=eps_by_variance,
    ),
    Misconception(
        id="eps-factors-swapped",
        function="predict_eps",
        hint="The factor of the signal and the factor of the noise have changed places.",
        wrong=eps_factors_swapped,
    ),
    Misconception(
        id="eps-sign",
        function="predict_eps",
        hint="Your noise is the mirror image of the noise that went in.",
        wrong=eps_mirrored,
    ),
    Misconception(
        id="eps-clean-not-dimmed",
        function="predict_eps",
        hint="The clean picture inside x_t is dimmer than x0.",
        wrong=eps_clean_not_dimmed,
    ),
    Misconception(
        id="post-previous-is-current",
        function="posterior",
        hint="Two noise levels meet in the posterior: before and after the step. Yours uses one of them twice.",
        wrong=previous_is_current,
    ),
    Misconception(
        id="post-previous-starts-zero",
        function="posterior",
        hint="How much of the power is signal before any noise was added: all of it, or none?",
        wrong=previous_starts_at_zero,
    ),
    Misconception(
        id="post-previous-wraps",
        function="posterior",
        hint="At t = 0 you look up the row before the first. What does Python give you there?",
        wrong=previous_wraps,
    ),
    Misconception(
        id="post-row-early",
        function="posterior",
        hint="Both tables are read one row early: t counts from 0, and row 0 already holds one step of noise.",
        wrong=both_rows_early,
    ),
    Misconception(
        id="post-first-row-copied",
        function="posterior",
        hint="At t = 0 you take the level after the step for the level before it. How clean is x before any noise?",
        wrong=first_row_copied,
    ),
    Misconception(
        id="post-swapped",
        function="posterior",
        hint="Near the clean end, which of the two should the mean trust: x0 or x_t?",
        wrong=weights_swapped,
    ),
    Misconception(
        id="post-x0-no-root",
        function="posterior",
        hint="One weight mixes a power with an amplitude: look at the one in front of x0.",
        wrong=x0_weight_no_root,
    ),
    Misconception(
        id="post-x0-no-beta",
        function="posterior",
        hint="A step of hardly any noise should hardly move x_t. Does your weight of x0 know the size of the step?",
        wrong=x0_weight_no_beta,
    ),
    Misconception(
        id="post-x-no-root",
        function="posterior",
        hint="One weight mixes a power with an amplitude: look at the one in front of x_t.",
        wrong=x_t_weight_no_root,
    ),
    Misconception(
        id="post-x-bar",
        function="posterior",
        hint="The weight of x_t undoes a single step. You used the shrinkage of all steps so far.",
        wrong=x_t_weight_bar,
    ),
    Misconception(
        id="post-var-beta",
        function="posterior",
        hint="That is the other legal choice of papers. Here the variance once x0 is known was asked for.",
        wrong=with_variance(lambda beta, a, p: beta),
    ),
    Misconception(
        id="post-var-std",
        function="posterior",
        hint="A variance was asked for, not a spread.",
        wrong=with_variance(lambda beta, a, p: (beta * (1 - p) / (1 - a)).sqrt()),
    ),
    Misconception(
        id="post-var-inverted",
        function="posterior",
        hint="Knowing x0 can only make us more certain of the state before: can your variance exceed beta?",
        wrong=with_variance(lambda beta, a, p: beta * (1 - a) / (1 - p).clamp_min(1e-3)),
    ),
    Misconception(
        id="post-var-log",
        function="posterior",
        hint="Some libraries keep this number's logarithm. The number itself was asked for.",
        wrong=with_variance(lambda beta, a, p: (beta * (1 - p) / (1 - a)).clamp_min(1e-20).log()),
    ),
    Misconception(
        id="ddpm-sigma-beta",
        function="ddpm_step",
        hint="A legal other choice of spread, but the docstring names the smaller one.",
        wrong=step_with(sigma=lambda beta, a, p: beta.sqrt()),
    ),
    Misconception(
        id="ddpm-sigma-variance",
        function="ddpm_step",
        hint="Fresh noise of unit size is multiplied by a spread, not by a variance.",
        wrong=step_with(sigma=lambda beta, a, p: beta * (1 - p) / (1 - a)),
    ),
    Misconception(
        id="ddpm-sigma-full",
        function="ddpm_step",
        hint="Your fresh noise has the size of all the noise so far. A single step puts back less.",
        wrong=step_with(sigma=lambda beta, a, p: (1 - p).sqrt()),
    ),
    Misconception(
        id="ddpm-no-noise",
        function="ddpm_step",
        hint="The fresh noise is part of this sampler: without it the samples come out too much alike.",
        wrong=step_with(sigma=lambda beta, a, p: 0 * beta),
    ),
    Misconception(
        id="ddpm-silent-at-one",
        function="ddpm_step",
        hint="Only the very last step adds nothing. Which t is that when t counts from 0?",
        wrong=silent_at_one,
    ),
    Misconception(
        id="ddpm-noise-at-end",
        function="ddpm_step",
        hint="What comes after the last step is the picture. Would you sprinkle noise over it?",
        wrong=noise_at_end,
    ),
    Misconception(
        id="ddpm-no-rescale",
        function="ddpm_step",
        hint="A forward step shrinks x before it adds noise. The step back has two things to undo.",
        wrong=step_with(mean=lambda x, eps, beta, a, p: x - beta / (1 - a).sqrt() * eps),
    ),
    Misconception(
        id="ddpm-eps-no-root",
        function="ddpm_step",
        hint="How large a share of eps belongs to this one step? Look at the power and the amplitude in it.",
        wrong=step_with(mean=lambda x, eps, beta, a, p: (x - beta / (1 - a) * eps) / (1 - beta).sqrt()),
    ),
    Misconception(
        id="ddpm-alpha-for-bar",
        function="ddpm_step",
        hint="eps is the noise of all steps up to t, so its share is measured against all of that noise.",
        wrong=step_with(mean=lambda x, eps, beta, a, p: (x - beta.sqrt() * eps) / (1 - beta).sqrt()),
    ),
    Misconception(
        id="ddpm-bar-for-alpha",
        function="ddpm_step",
        hint="One step back undoes one step's shrinkage, not that of all steps so far.",
        wrong=step_with(mean=lambda x, eps, beta, a, p: (x - beta / (1 - a).sqrt() * eps) / a.sqrt()),
    ),
    Misconception(
        id="ddpm-full-subtract",
        function="ddpm_step",
        hint="Taking out all the noise at once is a jump to the guess of x0, not a step.",
        wrong=step_with(mean=lambda x, eps, beta, a, p: (x - (1 - a).sqrt() * eps) / a.sqrt()),
    ),
    Misconception(
        id="ddpm-plain-subtract",
        function="ddpm_step",
        hint="The lesson's toy step subtracts the prediction as it is. Here only one step's share of it may go.",
        wrong=step_with(mean=lambda x, eps, beta, a, p: x - eps),
    ),
    Misconception(
        id="ddpm-adds-eps",
        function="ddpm_step",
        hint="Your step walked towards the noise.",
        wrong=step_with(mean=lambda x, eps, beta, a, p: (x + beta / (1 - a).sqrt() * eps) / (1 - beta).sqrt()),
    ),
    Misconception(
        id="ddpm-row-early",
        function="ddpm_step",
        hint="The tables are read one row early: t counts from 0, and row 0 already holds one step of noise.",
        wrong=step_row_early,
    ),
    Misconception(
        id="ddpm-clipped",
        function="ddpm_step",
        hint="States on the way are noisy. They do not live in [-1, 1], so clipping them throws information away.",
        wrong=clipped_result,
    ),
    Misconception(
        id="ddpm-clipped-guess",
        function="ddpm_step",
        hint="You clip the guess of x0 inside the step. Many libraries offer that; the docstring says to clip nothing.",
        wrong=clipped_guess,
    ),
    Misconception(
        id="ddpm-in-place",
        function="ddpm_step",
        hint="What the caller handed you is not the same after your call. Whose tensor did you write into?",
        wrong=step_in_place,
    ),
    Misconception(
        id="ddim-last-residual",
        function="ddim_step",
        hint="Where does the path end: at the first noise level, or where there is no noise at all?",
        wrong=hop_with(before=lambda alpha_bar, t, t_prev: alpha_bar[max(t_prev, 0)]),
    ),
    Misconception(
        id="ddim-minus-one-index",
        function="ddim_step",
        hint="In Python, index -1 is a real place in the table. Which one?",
        wrong=hop_with(before=lambda alpha_bar, t, t_prev: alpha_bar[t_prev]),
    ),
    Misconception(
        id="ddim-zero-is-the-end",
        function="ddim_step",
        hint="Step 0 still holds one step of noise: it is a stop on the way, and the clean end comes after it.",
        wrong=zero_is_the_end,
    ),
    Misconception(
        id="ddim-one-step",
        function="ddim_step",
        hint="You hop to t - 1 whatever t_prev says.",
        wrong=hop_with(before=lambda alpha_bar, t, t_prev: alpha_bar[t - 1] if t_prev >= 0 else torch.ones(())),
    ),
    Misconception(
        id="ddim-no-direction",
        function="ddim_step",
        hint="After the guess of x0 you have to go back up, to the noise level of the stop.",
        wrong=hop_with(direction=lambda a, p, s: 0 * p),
    ),
    Misconception(
        id="ddim-fresh-noise",
        function="ddim_step",
        hint="With eta = 0 the way back up uses the noise that was predicted; nothing new is drawn.",
        wrong=fresh_noise_always,
    ),
    Misconception(
        id="ddim-dir-no-root",
        function="ddim_step",
        hint="The noise that goes back in is sized by a spread, not by a variance.",
        wrong=hop_with(direction=lambda a, p, s: 1 - p - s**2),
    ),
    Misconception(
        id="ddim-dir-current",
        function="ddim_step",
        hint="How noisy should the picture be after the hop? Yours is as noisy as before it.",
        wrong=hop_with(direction=lambda a, p, s: (1 - a).sqrt()),
    ),
    Misconception(
        id="ddim-clipped-guess",
        function="ddim_step",
        hint="You clip the guess of x0 inside the hop. Many libraries offer that; the docstring says to clip nothing.",
        wrong=hop_with(clip=True),
    ),
    Misconception(
        id="ddim-clipped-and-eps",
        function="ddim_step",
        hint="You clip the guess of x0 and make eps fit it, as libraries may. The docstring says to clip nothing.",
        wrong=hop_with(clip=True, anew=True),
    ),
    Misconception(
        id="ddim-eta-ignored",
        function="ddim_step",
        hint="eta turns fresh noise on. Yours never adds any.",
        wrong=hop_with(sigma=lambda a, p, eta: 0 * a),
    ),
    Misconception(
        id="ddim-eta-keeps-direction",
        function="ddim_step",
        hint="When fresh noise comes in, as much of the old has to stay out.",
        wrong=hop_with(direction=lambda a, p, s: (1 - p).sqrt()),
    ),
    Misconception(
        id="ddim-eta-half-sigma",
        function="ddim_step",
        hint="The fresh noise of a hop depends on both of its ends: on how noisy the start is and the stop may be.",
        wrong=hop_with(sigma=lambda a, p, eta: eta * (1 - a / p).sqrt().minimum((1 - p).sqrt())),
    ),
    Misconception(
        id="ddim-eta-squared",
        function="ddim_step",
        hint="eta scales the spread of the fresh noise, not its variance.",
        wrong=hop_with(sigma=lambda a, p, eta: eta**2 * ((1 - p) / (1 - a) * (1 - a / p)).sqrt()),
    ),
    Misconception(
        id="ddim-eta-silent-at-zero",
        function="ddim_step",
        hint="Step 0 is a stop like any other: only at the clean end is there no room for fresh noise.",
        wrong=silent_at_zero,
    ),
    Misconception(
        id="ddim-default-eta",
        function="ddim_step",
        hint="Which sampler does one get who does not mention eta?",
        wrong=default_eta_one,
    ),
)


def by_posterior(x_t, t, eps, betas, noise):
    """ddpm_step put together from predict_x0 and posterior, as most write it."""
    times = torch.full((len(x_t),), t)
    x0 = predict_x0(x_t, times, eps, torch.cumprod(1 - betas, dim=0))
    mean, variance = posterior(x0, x_t, times, betas)
    sigma = variance.reshape(-1)[0].sqrt() if t > 0 else 0.0
    return mean + sigma * noise


def by_prediction(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    """ddim_step put together from predict_x0."""
    a, a_prev = alpha_bar[t], alpha_bar[t_prev] if t_prev >= 0 else torch.tensor(1.0)
    x0 = predict_x0(x_t, torch.full((len(x_t),), t), eps, alpha_bar)
    sigma = eta * ((1 - a_prev) / (1 - a) * (1 - a / a_prev)).sqrt()
    x_prev = a_prev.sqrt() * x0 + (1 - a_prev - sigma**2).sqrt() * eps
    return x_prev if noise is None or eta == 0 else x_prev + sigma * noise


# How else a function may build on earlier ones: a slip in those is carried through these too.
OTHER_WAYS = {"ddpm_step": (by_posterior,), "ddim_step": (by_prediction,)}
