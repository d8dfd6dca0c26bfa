"""Wrong ideas about training: what the answer key is, how it is compared, which t is practised, how weights move."""

import torch
from torch import nn

from reference import mse_loss as right
from reference.misconceptions import Misconception


def per_example(values, x):
    return values.reshape(-1, *[1] * (x.ndim - 1))


# training_pair ----------------------------------------------------------------------------------------------------


def pair_with(x_t=None, target=None, row=None):
    """`training_pair` with another mix (x0, a, eps), another key (x0, a, eps, x_t) or another row of the table."""

    def training_pair(x0, t, eps, alpha_bar):
        a = per_example(alpha_bar[row(t) if row else t], x0)
        noised = x_t(x0, a, eps) if x_t else a.sqrt() * x0 + (1 - a).sqrt() * eps
        return noised, target(x0, a, eps, noised) if target else eps

    return training_pair


def clean_picture(x0, a, eps, x_t):
    return x0


def noisy_picture(x0, a, eps, x_t):
    return x_t


def difference(x0, a, eps, x_t):
    return x_t - x0


def sized_noise(x0, a, eps, x_t):
    return (1 - a).sqrt() * eps


def velocity(x0, a, eps, x_t):
    return a.sqrt() * eps - (1 - a).sqrt() * x0


def negated(x0, a, eps, x_t):
    return -eps


def no_roots(x0, a, eps):
    return a * x0 + (1 - a) * eps


def swapped(x0, a, eps):
    return (1 - a).sqrt() * x0 + a.sqrt() * eps


def only_added(x0, a, eps):
    return x0 + eps


def not_dimmed(x0, a, eps):
    return x0 + (1 - a).sqrt() * eps


def pair_order(x0, t, eps, alpha_bar):
    return right.training_pair(x0, t, eps, alpha_bar)[::-1]


# mse_loss, autograd_slope -----------------------------------------------------------------------------------------


def squares_added(pred, target):
    return ((pred - target) ** 2).sum()


def absolute(pred, target):
    return (pred - target).abs().mean()


def half(pred, target):
    return 0.5 * ((pred - target) ** 2).mean()


def rooted(pred, target):
    return ((pred - target) ** 2).mean().sqrt()


def mean_over_batch_only(pred, target):
    return ((pred - target) ** 2).reshape(len(pred), -1).sum(1).mean()


def square_of_mean(pred, target):
    return (pred - target).mean() ** 2


def not_averaged(pred, target):
    return (pred - target) ** 2


def over_a_thousand(pred, target):
    return ((pred - target) ** 2).sum() / 1000


def huber(pred, target):
    return nn.functional.smooth_l1_loss(pred, target)


def way_back_cut(pred, target):
    return None


# mse_grad ---------------------------------------------------------------------------------------------------------


def grad_not_averaged(pred, target):
    return 2 * (pred - target)


def grad_uphill_from_target(pred, target):
    return 2 * (target - pred) / pred.numel()


def grad_over_batch(pred, target):
    return 2 * (pred - target) / len(pred)


def grad_sign(pred, target):
    return torch.sign(pred - target) / pred.numel()


def grad_without_two(pred, target):
    return (pred - target) / pred.numel()


def grad_squared(pred, target):
    return (pred - target) ** 2 / pred.numel()


# training_loss ----------------------------------------------------------------------------------------------------


def loss_with(pair=right.training_pair, loss=right.mse_loss, told=None, seen=None):
    """`training_loss` with another pair, another loss, another t told to the model or another x shown to it."""

    def training_loss(model, x0, t, eps, alpha_bar):
        x_t, target = pair(x0, t, eps, alpha_bar)
        shown = seen(x0, eps, x_t) if seen else x_t
        return loss(model(shown, told(t, alpha_bar) if told else t), target)

    return training_loss


def fraction_of_table(t, alpha_bar):
    return t / len(alpha_bar)


def fraction_from_one(t, alpha_bar):
    return (t + 1) / len(alpha_bar)


def always_zero(t, alpha_bar):
    return torch.zeros_like(t)


def one_later(t, alpha_bar):
    return t + 1


def one_earlier(t, alpha_bar):
    return (t - 1).clamp(min=0)


def first_of_batch(t, alpha_bar):
    return t[:1].expand(len(t))


def clean_shown(x0, eps, x_t):
    return x0


def noise_shown(x0, eps, x_t):
    return eps


def snr_weighted(model, x0, t, eps, alpha_bar):
    x_t, target = right.training_pair(x0, t, eps, alpha_bar)
    a = per_example(alpha_bar[t], x0)
    return ((model(x_t, t) - target) ** 2 * a / (1 - a)).mean()


def added_in_each_example(pred, target):
    return ((pred - target) ** 2).flatten(1).sum(1).mean()


def noise_taken_off_first(model, x0, t, eps, alpha_bar):
    x_t, _ = right.training_pair(x0, t, eps, alpha_bar)
    return right.mse_loss(x_t - model(x_t, t), x0)


# random_timesteps -------------------------------------------------------------------------------------------------


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def one_for_all(B, T, seed):
    return torch.randint(0, T, (1,), generator=seeded(seed)).expand(B)


def never_zero(B, T, seed):
    return torch.randint(1, T, (B,), generator=seeded(seed))


def never_last(B, T, seed):
    return torch.randint(0, T - 1, (B,), generator=seeded(seed))


def from_one_to_T(B, T, seed):
    return torch.randint(1, T + 1, (B,), generator=seeded(seed))


def bell_curve(B, T, seed):
    return (T / 2 + T / 6 * torch.randn(B, generator=seeded(seed))).clamp(0, T - 1).long()


def in_order(B, T, seed):
    return (torch.arange(B) + seed) % T


def rounded(B, T, seed):
    return (torch.rand(B, generator=seeded(seed)) * (T - 1)).round().long()


def seed_unused(B, T, seed):
    return torch.randint(0, T, (B,), generator=seeded(0))


# train_step -------------------------------------------------------------------------------------------------------


def step_with(direction=-1.0, loss=right.mse_loss, slope=None, rate=None, loss_after=False):
    """`train_step` with another direction, loss, slope (gradient, t) or rate, or with the loss after the step."""

    def train_step(w, x0, t, eps, alpha_bar, lr):
        x_t, target = right.training_pair(x0, t, eps, alpha_bar)
        gain = w.detach().clone().requires_grad_(True)
        before = loss(per_example(gain[t], x_t) * x_t, target)
        (gradient,) = torch.autograd.grad(before, gain)
        gradient = slope(gradient, t) if slope else gradient
        new = (gain + direction * (rate(lr) if rate else lr) * gradient).detach()
        after = loss(per_example(new[t], x_t) * x_t, target)
        return [new, (after if loss_after else before).detach()]

    return train_step


def in_place(w, x0, t, eps, alpha_bar, lr):
    new, loss = right.train_step(w, x0, t, eps, alpha_bar, lr)
    w.copy_(new)
    return [w, loss]


def sign_only(gradient, t):
    return gradient.sign()


def unit_length(gradient, t):
    return gradient / gradient.norm()


def averaged_per_t(gradient, t):
    counts = torch.bincount(t, minlength=len(gradient)).clamp(min=1)
    return gradient * len(t) / counts


def gradient_returned(w, x0, t, eps, alpha_bar, lr):
    new, loss = right.train_step(w, x0, t, eps, alpha_bar, lr)
    return [(w - new) / lr, loss]


# train_and_predict ------------------------------------------------------------------------------------------------


def trained(lr=5e-3, steps_taken=True, practised=None, pair=right.training_pair, forgets=True, uphill=False):
    """`train_and_predict` with another rate, without the optimizer's step, with other t (T, B), another pair, with
    gradients that pile up, or uphill."""

    def train_and_predict(data, alpha_bar, x_eval, t_eval, steps, seed):
        torch.manual_seed(seed)
        T, D = len(alpha_bar), data.shape[1]
        net = nn.Sequential(nn.Linear(D + 1, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, D))

        def model(x_t, t):
            return net(torch.cat([x_t, t[:, None] / T], dim=1))

        optimizer = torch.optim.Adam(net.parameters(), lr=lr)
        for _ in range(steps):
            x0 = data[torch.randint(0, len(data), (128,))]
            t = practised(T, 128) if practised else torch.randint(0, T, (128,))
            x_t, target = pair(x0, t, torch.randn_like(x0), alpha_bar)
            loss = right.mse_loss(model(x_t, t), target)
            if forgets:
                optimizer.zero_grad()
            (-loss if uphill else loss).backward()
            if steps_taken:
                optimizer.step()
        with torch.no_grad():
            return model(x_eval, t_eval)

    return train_and_predict


def only_last(T, B):
    return torch.full((B,), T - 1)


def only_middle(T, B):
    return torch.full((B,), T // 2)


def other_noise(x0, a, eps, x_t):
    return eps.flip(0)


MISCONCEPTIONS = (
    Misconception(
        id="target-x0",
        function="training_pair",
        hint="The answer key here is what was mixed in, not what the picture looked like before.",
        wrong=pair_with(target=clean_picture),
    ),
    Misconception(
        id="target-xt",
        function="training_pair",
        hint="You ask the model to repeat its own input. What did you do to the picture that it should find out?",
        wrong=pair_with(target=noisy_picture),
    ),
    Misconception(
        id="target-difference",
        function="training_pair",
        hint="What changed between x0 and x_t is not only noise: the picture was dimmed as well.",
        wrong=pair_with(target=difference),
    ),
    Misconception(
        id="target-sized",
        function="training_pair",
        hint="The target has the same size at every t: it is the noise before the schedule makes it smaller.",
        wrong=pair_with(target=sized_noise),
    ),
    Misconception(
        id="target-v",
        function="training_pair",
        hint="This is the velocity, a target that other courses use. Here the model learns the plain noise.",
        wrong=pair_with(target=velocity),
    ),
    Misconception(
        id="target-negated",
        function="training_pair",
        hint="A model that learned this would add noise where it should take it off. Look at the sign.",
        wrong=pair_with(target=negated),
    ),
    Misconception(
        id="pair-no-roots",
        function="training_pair",
        hint="alpha_bar shares out variances. What has to be done to a variance before it may multiply a signal?",
        wrong=pair_with(x_t=no_roots),
    ),
    Misconception(
        id="pair-swapped",
        function="training_pair",
        hint="At small t x_t should still look like the picture. Which of the two shares is large there?",
        wrong=pair_with(x_t=swapped),
    ),
    Misconception(
        id="pair-added",
        function="training_pair",
        hint="Noise of full size at every t: where does the schedule come in?",
        wrong=pair_with(x_t=only_added),
    ),
    Misconception(
        id="pair-not-dimmed",
        function="training_pair",
        hint="The noise is sized, but the picture keeps its full strength, so the total grows with t.",
        wrong=pair_with(x_t=not_dimmed),
    ),
    Misconception(
        id="pair-one-t",
        function="training_pair",
        hint="Every example of the batch has a t of its own; yours all use the first one's.",
        wrong=pair_with(row=lambda t: t[:1].expand(len(t))),
    ),
    Misconception(
        id="pair-row-early",
        function="training_pair",
        hint="You read the table one row early. Row 0 already belongs to t = 0.",
        wrong=pair_with(row=lambda t: t - 1),
    ),
    Misconception(
        id="pair-order",
        function="training_pair",
        hint="Both things are right; the docstring asks for the model's input first, then its answer key.",
        wrong=pair_order,
    ),
    Misconception(
        id="loss-sum",
        function="mse_loss",
        hint="With twice as many pixels, your loss is twice as large. Should it be?",
        wrong=squares_added,
    ),
    Misconception(
        id="loss-l1",
        function="mse_loss",
        hint="Large errors should count for much more than small ones. What is missing before the average?",
        wrong=absolute,
    ),
    Misconception(
        id="loss-half",
        function="mse_loss",
        hint="A factor that makes the derivative pretty in textbooks has slipped in.",
        wrong=half,
    ),
    Misconception(
        id="loss-rooted",
        function="mse_loss",
        hint="You took one step more than the name says: the result is in the units of the noise again.",
        wrong=rooted,
    ),
    Misconception(
        id="loss-batch-mean-only",
        function="mse_loss",
        hint="You average over the examples but add up inside each. Which elements does the mean run over?",
        wrong=mean_over_batch_only,
    ),
    Misconception(
        id="loss-square-of-mean",
        function="mse_loss",
        hint="Errors of opposite sign cancel in yours. In which order do squaring and averaging go?",
        wrong=square_of_mean,
    ),
    Misconception(
        id="loss-not-averaged",
        function="mse_loss",
        hint="An optimizer wants one number to push down; you return one for each element.",
        wrong=not_averaged,
    ),
    Misconception(
        id="loss-thousandth",
        function="mse_loss",
        hint="A fixed divisor fits one picture size only. By how many values do you have to divide here?",
        wrong=over_a_thousand,
    ),
    Misconception(
        id="loss-huber",
        function="mse_loss",
        hint="A robust loss is legal elsewhere, but small and large errors follow two different rules in it.",
        wrong=huber,
    ),
    Misconception(
        id="loss-detached",
        function="autograd_slope",
        hint="Your loss has forgotten where it came from. What made a plain number of it?",
        wrong=way_back_cut,
    ),
    Misconception(
        id="grad-not-averaged",
        function="mse_grad",
        hint="The loss is an average. The averaging does not go away when you take the slope.",
        wrong=grad_not_averaged,
    ),
    Misconception(
        id="grad-sign",
        function="mse_grad",
        hint="A gradient points to where the loss grows; yours points to the target.",
        wrong=grad_uphill_from_target,
    ),
    Misconception(
        id="grad-batch-only",
        function="mse_grad",
        hint="How many numbers did the loss average over: examples, or elements?",
        wrong=grad_over_batch,
    ),
    Misconception(
        id="grad-l1",
        function="mse_grad",
        hint="The slope of a square is steeper further out; yours is equally steep everywhere.",
        wrong=grad_sign,
    ),
    Misconception(
        id="grad-without-two",
        function="mse_grad",
        hint="Compare with a finite difference: yours is off by one and the same factor everywhere.",
        wrong=grad_without_two,
    ),
    Misconception(
        id="grad-is-loss",
        function="mse_grad",
        hint="These are the terms of the loss itself, not how fast each of them changes.",
        wrong=grad_squared,
    ),
    Misconception(
        id="tl-t-fraction",
        function="training_loss",
        hint="This model wants the number of the step, as a whole number. Scaling it is the model's own affair.",
        wrong=loss_with(told=fraction_of_table),
    ),
    Misconception(
        id="tl-t-fraction-from-one",
        function="training_loss",
        hint="The model wants the whole number of the step, counted from 0; yours is a fraction that counts from 1.",
        wrong=loss_with(told=fraction_from_one),
    ),
    Misconception(
        id="tl-t-zero",
        function="training_loss",
        hint="The model is told that everything is nearly clean. How would it know how much noise to look for?",
        wrong=loss_with(told=always_zero),
    ),
    Misconception(
        id="tl-t-plus-1",
        function="training_loss",
        hint="The schedule and the model read different clocks: one is a step ahead.",
        wrong=loss_with(told=one_later),
    ),
    Misconception(
        id="tl-t-minus-1",
        function="training_loss",
        hint="The schedule and the model read different clocks: the model's is a step behind.",
        wrong=loss_with(told=one_earlier),
    ),
    Misconception(
        id="tl-t-first",
        function="training_loss",
        hint="The model hears one t for the whole batch, though each example has its own.",
        wrong=loss_with(told=first_of_batch),
    ),
    Misconception(
        id="tl-clean-shown",
        function="training_loss",
        hint="The model never sees any noise: look at what you hand it.",
        wrong=loss_with(seen=clean_shown),
    ),
    Misconception(
        id="tl-noise-shown",
        function="training_loss",
        hint="The model sees the answer key itself. What will it see when it generates?",
        wrong=loss_with(seen=noise_shown),
    ),
    Misconception(
        id="tl-target-x0",
        function="training_loss",
        hint="The guess is a guess of the noise; with what do you compare it?",
        wrong=loss_with(pair=pair_with(target=clean_picture)),
    ),
    Misconception(
        id="tl-target-xt",
        function="training_loss",
        hint="The guess is compared with the model's own input.",
        wrong=loss_with(pair=pair_with(target=noisy_picture)),
    ),
    Misconception(
        id="tl-denoised",
        function="training_loss",
        hint="You take the guess off the picture first and compare pictures. The simple loss compares noises.",
        wrong=noise_taken_off_first,
    ),
    Misconception(
        id="tl-snr-weighted",
        function="training_loss",
        hint="Weighting by t is a real variant, but in the simple loss every step counts alike.",
        wrong=snr_weighted,
    ),
    Misconception(
        id="tl-sum",
        function="training_loss",
        hint="The errors are added up, not averaged: a larger batch would mean a larger loss.",
        wrong=loss_with(loss=squares_added),
    ),
    Misconception(
        id="tl-absolute",
        function="training_loss",
        hint="An error of twice the size should count for more than twice. How does the simple loss weigh errors?",
        wrong=loss_with(loss=absolute),
    ),
    Misconception(
        id="tl-rooted",
        function="training_loss",
        hint="You took one step more than the name says: the result is in the units of the noise again.",
        wrong=loss_with(loss=rooted),
    ),
    Misconception(
        id="tl-huber",
        function="training_loss",
        hint="A robust loss is legal elsewhere, but small and large errors follow two different rules in it.",
        wrong=loss_with(loss=huber),
    ),
    Misconception(
        id="tl-thousandth",
        function="training_loss",
        hint="A fixed divisor fits one picture size only. By how many values do you have to divide here?",
        wrong=loss_with(loss=over_a_thousand),
    ),
    Misconception(
        id="tl-sum-in-each",
        function="training_loss",
        hint="The mean is over every element: you average the examples, but add up what is inside each.",
        wrong=loss_with(loss=added_in_each_example),
    ),
    Misconception(
        id="t-one-for-batch",
        function="random_timesteps",
        hint="One draw is shared by the whole batch. Each example should practise a step of its own.",
        wrong=one_for_all,
    ),
    Misconception(
        id="t-skips-zero",
        function="random_timesteps",
        hint="The least noisy step is never practised, yet every picture ends there. Where does t start?",
        wrong=never_zero,
    ),
    Misconception(
        id="t-skips-last",
        function="random_timesteps",
        hint="The noisiest step is never practised, yet sampling starts there. Is your upper end included?",
        wrong=never_last,
    ),
    Misconception(
        id="t-from-one",
        function="random_timesteps",
        hint="You count the steps as the papers do; in this course the first one has another number.",
        wrong=from_one_to_T,
    ),
    Misconception(
        id="t-gaussian",
        function="random_timesteps",
        hint="Middle steps turn up far too often in yours. All steps should be equally likely.",
        wrong=bell_curve,
    ),
    Misconception(
        id="t-in-order",
        function="random_timesteps",
        hint="Going through the steps in turn is even, but it is not random: neighbours give each other away.",
        wrong=in_order,
    ),
    Misconception(
        id="t-rounded",
        function="random_timesteps",
        hint="Rounding gives the two end steps half the room of the others.",
        wrong=rounded,
    ),
    Misconception(
        id="t-seed-unused",
        function="random_timesteps",
        hint="Another seed should bring other steps. Where does your function use it?",
        wrong=seed_unused,
    ),
    Misconception(
        id="step-uphill",
        function="train_step",
        hint="The loss grows after your step. Which way does a gradient point?",
        wrong=step_with(direction=1.0),
    ),
    Misconception(
        id="step-sum-grad",
        function="train_step",
        hint="Your step gets longer when the batch gets larger. Whose slope do you take?",
        wrong=step_with(loss=squares_added),
    ),
    Misconception(
        id="step-loss-after",
        function="train_step",
        hint="The weights are right; the loss you report belongs to the new ones. Which was asked for?",
        wrong=step_with(loss_after=True),
    ),
    Misconception(
        id="step-mutates",
        function="train_step",
        hint="Something of the caller's own changed under its hands.",
        wrong=in_place,
    ),
    Misconception(
        id="step-sign-only",
        function="train_step",
        hint="All your weights move equally far. Where is the steepness of the slope?",
        wrong=step_with(slope=sign_only),
    ),
    Misconception(
        id="step-unit-length",
        function="train_step",
        hint="Your step is as long on a gentle slope as on a steep one.",
        wrong=step_with(slope=unit_length),
    ),
    Misconception(
        id="step-averaged-per-t",
        function="train_step",
        hint="The loss averages over the whole batch at once; a step that comes up twice pulls twice as hard.",
        wrong=step_with(slope=averaged_per_t),
    ),
    Misconception(
        id="step-lr-squared",
        function="train_step",
        hint="The learning rate is used once too often.",
        wrong=step_with(rate=lambda lr: lr * lr),
    ),
    Misconception(
        id="step-lr-missing",
        function="train_step",
        hint="Whatever the learning rate is, your step has the same length.",
        wrong=step_with(rate=lambda lr: 1.0),
    ),
    Misconception(
        id="step-no-update",
        function="train_step",
        hint="You find the slope, but the weights you return are the old ones.",
        wrong=step_with(direction=0.0),
    ),
    Misconception(
        id="step-returns-gradient",
        function="train_step",
        hint="You return how the weights should change, not the weights after the change.",
        wrong=gradient_returned,
    ),
    Misconception(
        id="train-no-optimizer-step",
        function="train_and_predict",
        hint="The network after training equals the one before: slopes are computed, but who moves the weights?",
        wrong=trained(steps_taken=False),
        slow=True,
    ),
    Misconception(
        id="train-one-t",
        function="train_and_predict",
        hint="The network practised at one noise level only, and guesses blindly at all others.",
        wrong=trained(practised=only_last),
        slow=True,
    ),
    Misconception(
        id="train-one-middle-t",
        function="train_and_predict",
        hint="The network practised at one noise level only; it is lost where there is much less or much more noise.",
        wrong=trained(practised=only_middle),
        slow=True,
    ),
    Misconception(
        id="train-noise-unsized",
        function="train_and_predict",
        hint="It trained on another mix of data and noise than it is asked about: where does the schedule come in?",
        wrong=trained(pair=pair_with(x_t=only_added)),
        slow=True,
    ),
    Misconception(
        id="train-no-roots",
        function="train_and_predict",
        hint="It trained on another mix of data and noise than it is asked about: check the variance of x_t.",
        wrong=trained(pair=pair_with(x_t=no_roots)),
        slow=True,
    ),
    Misconception(
        id="train-ascends",
        function="train_and_predict",
        hint="The loss grows while you train. Which way do the weights move?",
        wrong=trained(uphill=True, lr=1e-3),
        slow=True,
    ),
    Misconception(
        id="train-unrelated-noise",
        function="train_and_predict",
        hint="The noise in the input and the noise in the answer key are two different draws: nothing can be learned.",
        wrong=trained(pair=pair_with(target=other_noise)),
        slow=True,
    ),
    Misconception(
        id="train-predicts-x0",
        function="train_and_predict",
        hint="The network learned to guess the clean points. The noise was asked for.",
        wrong=trained(pair=pair_with(target=clean_picture)),
        slow=True,
    ),
    Misconception(
        id="train-lr-tiny",
        function="train_and_predict",
        hint="In so few steps of that size the weights hardly move.",
        wrong=trained(lr=1e-5),
        slow=True,
    ),
    Misconception(
        id="train-lr-huge",
        function="train_and_predict",
        hint="The loss jumps about instead of falling: look at the size of your steps.",
        wrong=trained(lr=3.0),
        slow=True,
    ),
)
