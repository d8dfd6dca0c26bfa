# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Learning to predict the noise
#
# You make training pairs, write the loss and its slope by hand, take one training step, and then train a small network
# until it predicts noise nearly as well as anything can.
#
# Conventions
# - `t` is a whole number in 0..T-1. `t = 0` is the least noisy step, and already one step of noise.
# - `alpha_bar[t]` is the product of `1 - betas[s]` over s = 0..t, so `alpha_bar[0] = 1 - betas[0]`, not 1.
# - `eps` is noise of mean 0 and variance 1, shaped like x0, before the schedule gives it a size.
# - Axes: pictures are (B, C, H, W); the first axis is always the batch, (B, *) is any number of axes after it.
# - `model(x_t, t)` gets t as a LongTensor (B,), as it stands in the batch: whole numbers, not scaled.
# - A function never changes its arguments. What is compared draws no noise: it is an argument.
# - Answers may be numpy arrays, tensors or lists of any float type. They are right within 0.005 % of the expected
#   value, or within 0.000005 of it near zero.
# - Keep the names of the functions and of their arguments. You may add functions of your own.
#
# The pictures show your own answers. Run `grade check mse_loss.py` to try the examples in the docstrings.

# %%
from collections.abc import Callable

import numpy as np
import torch
from torch import LongTensor, Tensor

try:
    from autograder.student import attempt, show
except ImportError:  # without the course's package all runs, and nothing is drawn
    attempt = show = lambda *_, **__: print("START.md says how to see pictures")


# %% [markdown]
# ## 1. A question with a known answer
#
# You noised the picture yourself, so you know what the model should say. No human has to label anything.

# %%
def training_pair(x0: Tensor, t: LongTensor, eps: Tensor, alpha_bar: Tensor) -> tuple[Tensor, Tensor]:
    """Make what the model sees and what it should answer (section 4: the noise you added is the answer key).

    x_t = sqrt(alpha_bar[t]) * x0 + sqrt(1 - alpha_bar[t]) * eps;  target = eps

    x0, eps: (B, *) float, any number of axes after the first. t: (B,) long, in 0..T-1. alpha_bar: (T,) float.
    Returns (x_t, target), both (B, *).

    Each example has its own t. The noise is given, none is drawn. The target is eps itself, at full size; targets such
    as the clean picture or the velocity exist, but not here. No argument changes.

    >>> x0, eps = torch.tensor([[0.5, -1.0], [0.5, -1.0]]), torch.tensor([[1.0, 2.0], [1.0, 2.0]])
    >>> x_t, target = training_pair(x0, torch.tensor([0, 1]), eps, torch.tensor([0.64, 0.36]))
    >>> [[round(float(v), 3) for v in row] for row in x_t]
    [[1.0, 0.4], [1.1, 1.0]]
    >>> [[float(v) for v in row] for row in target]
    [[1.0, 2.0], [1.0, 2.0]]

    What is checked: training_pair.values (12) pictures at four different steps; 3 of the 12 for the arguments being as
    before.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    levels = torch.cumprod(1 - torch.linspace(0.01, 0.3, 20), 0)
    wave = torch.sin(torch.linspace(0, 6.28, 60)).repeat(3, 1)
    static = torch.randn(3, 60, generator=torch.Generator().manual_seed(0))
    made = attempt(training_pair, wave, torch.tensor([0, 6, 19]), static, levels)
    if made is not None:
        show("what the model sees at t = 0, 6 and 19", {f"t = {t}": row for t, row in zip((0, 6, 19), made[0])})

# %% [markdown]
# ## 2. How wrong was the guess?
#
# In the lesson's example (four values, seed 3) a model that predicts nothing has a loss of 0.856. A good one comes near
# 0.

# %%
def mse_loss(pred: Tensor, target: Tensor) -> Tensor:
    """Say how far the guessed noise is from the true noise, as one number (section 4: mean squared error).

    loss = mean over all elements of (pred - target)^2

    pred, target: float tensors of one shape, any number of axes. Returns a tensor of no axes (shape ()).

    The mean runs over every element of every example, not over the batch alone, and nothing is added up. The result
    must let autograd find its way back to pred: stay with torch here, and do not turn it into a plain number.

    >>> float(mse_loss(torch.tensor([[1.0, 2.0], [0.0, 3.0]]), torch.tensor([[1.0, 0.0], [2.0, 4.0]])))
    2.25

    What is checked: mse_loss.values (8); mse_loss.differentiable (8) autograd gets through, and its slope points the
    right way (a constant factor costs nothing there).
    You may use: torch, any float type.
    """
    raise NotImplementedError


# %%
def mse_grad(pred: Tensor, target: Tensor) -> Tensor:
    """Say how the loss changes with each element of the guess (section 4: what the optimizer follows).

    grad = d loss / d pred, worked out with pen and paper

    pred, target: float, one shape. Returns the slope, shaped like pred.

    It is the slope of the mean over all elements. It points to where the loss grows. Do not change pred.

    >>> slope = mse_grad(torch.tensor([[1.0, 2.0], [0.0, 3.0]]), torch.tensor([[1.0, 0.0], [2.0, 4.0]]))
    >>> [[float(v) for v in row] for row in slope]
    [[0.0, 1.0], [-1.0, -0.5]]

    What is checked: mse_grad.values (10) against the exact slope; 3 of the 10 for pred and target being as before.
    You may use: numpy, torch, lists, any float type; autograd too.
    """
    raise NotImplementedError


# %% [markdown]
# The next function is given. Leave it as it is: `mse_loss.differentiable` calls it, and it lets you compare your slope
# with the one that autograd finds.

# %%
def autograd_slope(pred: Tensor, target: Tensor) -> Tensor | None:
    """The slope of YOUR mse_loss as autograd finds it, or None if the loss has no way back to pred."""
    pred = pred.detach().clone().requires_grad_(True)
    loss = mse_loss(pred, target)
    if not (isinstance(loss, torch.Tensor) and loss.requires_grad):
        return None
    return torch.autograd.grad(loss, pred)[0]


# %%
if __name__ == "__main__":
    guesses = torch.linspace(-2, 2, 41)
    by_hand = attempt(mse_grad, guesses, torch.full((41,), 0.5))
    by_autograd = attempt(autograd_slope, guesses, torch.full((41,), 0.5))
    if by_hand is not None and by_autograd is not None:
        show("slope of the loss, true noise 0.5", {"by hand": by_hand, "autograd": by_autograd})

# %% [markdown]
# ## 3. One batch
#
# `training_pair` is yours from above. If it is wrong you lose nothing more: this function is graded a second time with
# a right one.

# %%
def training_loss(model: Callable, x0: Tensor, t: LongTensor, eps: Tensor, alpha_bar: Tensor) -> Tensor:
    """Ask the model for the noise in one batch, and say how wrong it was (section 4: the whole objective).

    loss = mean of (eps - model(x_t, t))^2

    model: called as model(x_t, t), answers with a tensor shaped like x_t. x0, eps: (B, *) float. t: (B,) long.
    alpha_bar: (T,) float. Returns a tensor of no axes, differentiable.

    The model is called once, with the whole batch, and gets the same whole numbers t that the schedule is read at.
    Every step weighs the same.

    >>> x0, eps = torch.tensor([[0.5, -1.0], [0.5, -1.0]]), torch.tensor([[1.0, 2.0], [1.0, 2.0]])
    >>> halve = lambda x_t, t: 0.5 * x_t
    >>> round(float(training_loss(halve, x0, torch.tensor([0, 1]), eps, torch.tensor([0.64, 0.36]))), 4)
    1.4856

    What is checked: training_loss.values (16) what the model is shown, how often, and the loss.
    You may use: torch, any float type.
    """
    raise NotImplementedError


# %%
def random_timesteps(B: int, T: int, seed: int) -> LongTensor:
    """Draw the step that each example of a batch practises (section 4: pick a random timestep).

    t_i uniform on {0, 1, .., T-1}, for each i by itself

    B: how many. T: number of steps. seed: int. Returns (B,) whole numbers, each in 0..T-1.

    t = 0 and t = T - 1 are as likely as any other. The same seed gives the same t, another seed gives others; which
    generator you use is up to you. Drawing half of them and mirroring (t and T - 1 - t, second half after the first) is
    fine.

    >>> t = random_timesteps(1000, 4, seed=0)
    >>> sorted(set(int(v) for v in t))
    [0, 1, 2, 3]

    What is checked: random_timesteps.stats (10) counts, neighbours, seeds, on 20,000 draws. A right solution fails
    less than once in 10^9.
    You may use: numpy, torch, random, lists.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    drawn = attempt(random_timesteps, 20000, 20, 0)
    if drawn is not None:
        show("how often each t was drawn", {"count": np.bincount(np.asarray(drawn), minlength=20)})

# %% [markdown]
# ## 4. Training
#
# First one step of the smallest model there is, then a network.

# %%
def train_step(w: Tensor, x0: Tensor, t: LongTensor, eps: Tensor, alpha_bar: Tensor, lr: float) -> list:
    """Move the weights a little downhill (section 4: what happens again and again).

    The model is eps_hat = w[t] * x_t, one gain for each step;  new w = w - lr * d loss / d w

    w: (T,) float. x0, eps: (B, *) float. t: (B,) long. alpha_bar: (T,) float. lr: float.
    Returns [new w, loss before the step]: (T,) float and one number.

    The loss is the mean over all elements of the batch. A gain whose step is not in the batch stays as it was. w itself
    is not changed, and nothing is remembered from one call to the next (no momentum).

    >>> x0, eps = torch.tensor([[0.5, -1.0], [0.5, -1.0]]), torch.tensor([[1.0, 2.0], [1.0, 2.0]])
    >>> step = train_step(torch.zeros(2), x0, torch.tensor([0, 1]), eps, torch.tensor([0.64, 0.36]), 0.1)
    >>> [round(float(v), 3) for v in step[0]], float(step[1])
    ([0.09, 0.155], 2.5)

    What is checked: train_step.values (12), half of it for w; train_step.twice_pure (6) w is left alone, the same call
    gives the same answer, two steps lower the loss.
    You may use: numpy, torch, lists, any float type; autograd or pen and paper.
    """
    raise NotImplementedError


# %%
def train_and_predict(
    data: Tensor, alpha_bar: Tensor, x_eval: Tensor, t_eval: LongTensor, steps: int, seed: int
) -> Tensor:
    """Train a model of your own on points, and predict the noise in others (section 4: untrained against trained).

    repeat `steps` times: draw points, steps and noise; take one step down the training loss

    data: (N, 2) float32, clean points. alpha_bar: (T,) float32. x_eval: (M, 2) noisy points the model has not seen.
    t_eval: (M,) long. steps: how many batches to train on. seed: int. Returns eps_hat for x_eval, (M, 2) float.

    The points are not in [-1, 1]: they lie in heaps between about -3.5 and 3.5, off centre. Build and train whatever
    you like inside; only the prediction leaves. Draw t afresh for every example, and tell the model t.

    This suffices, with room to spare: two hidden layers of 64 values (any smooth activation or ReLU), input x_t and
    t / T, batches of 128, Adam with a learning rate between 1e-3 and 1e-2, one batch a step. It takes about a second.

    >>> points = torch.tensor([[1.0, 1.0], [-1.0, 1.0]]).repeat(50, 1)
    >>> guess = train_and_predict(points, torch.tensor([0.9, 0.5]), torch.zeros(3, 2), torch.tensor([0, 1, 1]), 5, 0)
    >>> tuple(guess.shape)
    (3, 2)

    What is checked: the error on 2,000 fresh points as a score, 0 = predicts no noise at all, 1 = the best that is
    possible. train.beats_untrained (12): 300 steps, more than 0.55 overall. train.near_floor (6): 800 steps, T = 20;
    more than 0.35 on t = 0..6, 0.93 on t = 7..13, 0.90 on t = 14..19. Both try a second seed before they fail you.
    You may use: numpy, torch; any model, a network is not required. 30 seconds a call at most.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    draw = torch.Generator().manual_seed(0)
    heaps = torch.tensor([-0.5, 1.0, 2.0])[torch.randint(0, 3, (3000, 2), generator=draw)]
    points = heaps + 0.2 * torch.randn(3000, 2, generator=draw)
    levels, noise = torch.cumprod(1 - torch.linspace(0.05, 0.35, 20), 0), torch.randn(2000, 2, generator=draw)
    steps_of = torch.arange(2000) % 20
    a = levels[steps_of][:, None]
    noisy = a.sqrt() * points[1000:] + (1 - a).sqrt() * noise
    guess = attempt(train_and_predict, points[:1000], levels, noisy, steps_of, 300, 0)
    if guess is not None:
        errors = (torch.as_tensor(guess) - noise) ** 2
        by_step = [float(errors[steps_of == t].mean()) for t in range(20)]
        show("error on fresh points at each t", {"yours": by_step, "predicts nothing": [1.0] * 20})
