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
# # The forward process
#
# You build the machine that turns any picture into noise by a fixed timetable: two timetables (linear and cosine), one
# step at a time, all steps at once, and the ratio of signal to noise along the way.
#
# Conventions
# - `t` is a whole number in 0..T-1. `t = 0` is the least noisy step, and already one step of noise.
# - `betas[t]` is the **variance** of the noise that step t adds. `alpha_bar[t]` is the product of `1 - betas[s]` over
#   s = 0..t, so `alpha_bar[0] = 1 - betas[0]`, not 1. (The DDIM paper writes alpha for what is alpha_bar here.)
# - `eps` is noise of mean 0 and variance 1, of the shape of x, before the timetable gives it a size.
# - Clean data lies in [-1, 1]; noisy data need not. Nothing is clipped anywhere in this assignment.
# - Axes: pictures are (B, C, H, W); data with other numbers of axes exists, the first one is always the batch.
# - A function never changes its arguments, and does not use randomness that it was not asked to use.
# - Answers may be numpy arrays, tensors or lists of any float type. They are right within 0.005 % of the expected
#   value, or within 0.000005 of it near zero.
# - Keep the names of the functions and of their arguments. You may add functions of your own.
#
# The pictures show your own answers. Run `grade check noising.py` to try the examples in the docstrings.

# %%
import numpy as np
import torch
from torch import LongTensor, Tensor


def show(title, curves, log=False):
    """Draw lists of numbers as curves: curves is {label: list}. Without matplotlib it says so."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        print(f"{title}: install matplotlib to see the picture")
        return
    for label, values in curves.items():
        plt.plot(np.asarray(values), label=label)
    if log:
        plt.yscale("log")
    plt.title(title)
    plt.legend()
    plt.show()


def show_pictures(title, pictures):
    """Draw a row of grey pictures, each a (H, W) array in [-1, 1]."""
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        print(f"{title}: install matplotlib to see the picture")
        return
    figure, axes = plt.subplots(1, len(pictures))
    for axis, picture in zip(axes, pictures):
        axis.imshow(np.asarray(picture), cmap="gray", vmin=-1.5, vmax=1.5)
        axis.axis("off")
    figure.suptitle(title)
    plt.show()


def attempt(function, *arguments):
    """What your function answers, or None as long as it is not written."""
    try:
        return function(*arguments)
    except NotImplementedError:
        print(f"{function.__name__} is not written yet, so there is nothing to draw")
        return None


# %% [markdown]
# ## 1. Two timetables
#
# How much noise each step adds is decided beforehand (lesson, section 1: the noise schedule, called beta).

# %%
def linear_betas(T: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> np.ndarray:
    """Let the noise grow from step to step along a straight line (section 1: a preset schedule, linear or cosine).

    betas[i] = beta_start + (beta_end - beta_start) * i / (T - 1)

    T: number of steps, at least 2. beta_start, beta_end: variances. Returns (T,) floats.

    Both ends are included: the first beta is beta_start, the last is beta_end. It is the variance that grows along a
    line, not its root (Stable Diffusion chose the root).

    >>> [round(float(b), 6) for b in linear_betas(5)]
    [0.0001, 0.005075, 0.01005, 0.015025, 0.02]

    What is checked: linear_betas.values (8) with ends of your own and with the two defaults.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
def cosine_betas(T: int, s: float = 0.008, max_beta: float = 0.999) -> np.ndarray:
    """Let the signal fade along a squared cosine instead (section 1: a preset schedule, linear or cosine).

    f(u) = cos^2( (u + s) / (1 + s) * pi / 2 ),  u_i = i / T for i = 0..T
    betas[i] = min( 1 - f(u_{i+1}) / f(u_i),  max_beta ),  i = 0..T-1

    T: number of steps, at least 2. s: a small offset, so that the first steps are not too small to matter. max_beta:
    no beta is larger. Returns (T,) floats.

    The grid has T + 1 points and the schedule T entries. A beta above max_beta becomes max_beta; all others stay.

    >>> [round(float(b), 4) for b in cosine_betas(5)]
    [0.1013, 0.2795, 0.4736, 0.7241, 0.999]

    What is checked: cosine_betas.values (12) half for the default s = 0.008, half for another s; cosine_betas.cap (4)
    another max_beta.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    linear, cosine = attempt(linear_betas, 1000), attempt(cosine_betas, 1000)
    if linear is not None and cosine is not None:
        show("noise added at each step", {"linear": linear, "cosine": cosine}, log=True)


# %% [markdown]
# ## 2. What is left of the signal
#
# With 1000 linear steps 0.00404 % of the signal's power is left at the end: nothing that an eye could tell from noise.

# %%
def alpha_bars(betas: np.ndarray) -> np.ndarray:
    """Say which share of the signal's power is left after each step (section 1: repeat it until only noise is left).

    alpha_bar[t] = (1 - betas[0]) * (1 - betas[1]) * ... * (1 - betas[t])

    betas: (T,) variances, each between 0 and 1. Returns (T,) floats.

    alpha_bar[0] is 1 - betas[0]; there is no entry for the clean start. These are powers: no root here.

    >>> [round(float(a), 4) for a in alpha_bars(np.array([0.1, 0.2, 0.5]))]
    [0.9, 0.72, 0.36]

    What is checked: alpha_bars.values (12) for a schedule of your own.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    if linear is not None and cosine is not None:
        left = attempt(alpha_bars, linear)
        if left is not None:
            show("power left of the signal", {"linear": left, "cosine": alpha_bars(cosine)})


# %% [markdown]
# ## 3. One step
#
# In the warm-up a step only added noise. After 100 steps of spread 0.15 such a signal has a spread of 1.5 and goes on
# growing. Here the signal shrinks just enough to make room: data of variance 1 keeps variance 1.

# %%
def forward_step(x: np.ndarray, t: int, betas: np.ndarray, eps: np.ndarray) -> np.ndarray:
    """Take one step towards noise, from x_{t-1} to x_t (section 1: add a small amount of noise at each timestep).

    x_t = sqrt(1 - betas[t]) * x_{t-1} + sqrt(betas[t]) * eps

    x: an array of any shape, the state before step t (for t = 0 the clean data). t: a whole number in 0..T-1.
    betas: (T,) variances. eps: noise, same shape as x. Returns an array of that shape.

    The noise is the one you are given. Step t uses betas[t]. x stays as it is, and nothing is clipped.

    >>> x, betas, eps = np.array([1.0, -1.0]), np.array([0.1, 0.36]), np.array([0.5, 0.0])
    >>> [round(float(v), 4) for v in forward_step(x, 1, betas, eps)]
    [1.1, -0.8]

    What is checked: forward_step.values (12) the first, the last and a middle step; forward_step.marginal (8) after
    25 of your steps 20,000 values have the mean and spread that alpha_bar says, and the shape of the bell curve (a
    right solution fails less than once in 10^9).
    You may use: numpy, torch, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x, betas, spread = np.full(2000, 2.0), np.linspace(0.01, 0.2, 30), []
    for t in range(30):
        x = attempt(forward_step, x, t, betas, rng.normal(size=2000))
        if x is None:
            break
        spread.append(float(np.std(x)))
    else:
        show("spread of 2000 values that all began at 2", {"your steps": spread, "unit spread": [1.0] * 30})


# %% [markdown]
# ## 4. All steps at once
#
# Bell curves add up to a bell curve, so any number of steps can be taken in one. Training needs that: it picks a random
# `t` for every picture of a batch.

# %%
def q_sample(x0: Tensor, t: LongTensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """Noise clean data straight to step t (section 1: you know exactly how much noise you added).

    x_t = sqrt(alpha_bar[t]) * x0 + sqrt(1 - alpha_bar[t]) * eps

    x0: (B, *) float, clean data, any number of axes after the first. t: (B,) long, in 0..T-1, one for each example.
    alpha_bar: (T,) float. eps: noise, same shape as x0. Returns (B, *) float.

    Each example has its own t. The noise is the one you are given. No argument changes, no random generator moves, and
    nothing is clipped.

    >>> x0, eps = torch.tensor([[1.0, -1.0], [1.0, -1.0]]), torch.tensor([[0.5, 0.5], [0.5, 0.5]])
    >>> x_t = q_sample(x0, torch.tensor([0, 1]), torch.tensor([0.64, 0.36]), eps)
    >>> [[round(float(v), 4) for v in row] for row in x_t]
    [[1.1, -0.5], [1.0, -0.2]]

    What is checked: q_sample.image (10) five pictures at five steps; q_sample.batch_is_width (8) data of two axes,
    as many examples as columns; q_sample.edges (6) t = 0 and t = T - 1; q_sample.pure (4) arguments and generators
    unchanged.
    You may use: torch, numpy, einops, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    row, column = np.mgrid[-1:1:32j, -1:1:32j]
    disc = torch.tensor(np.where(row**2 + column**2 < 0.4, 1.0, -1.0), dtype=torch.float32)
    steps, kept = torch.tensor([0, 1, 2, 3, 4]), torch.tensor([0.98, 0.8, 0.5, 0.2, 0.02])
    noise = torch.randn(5, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    noised = attempt(q_sample, disc.expand(5, 1, 32, 32), steps, kept, noise)
    if noised is not None:
        show_pictures("alpha_bar = 0.98, 0.8, 0.5, 0.2, 0.02", [picture[0] for picture in noised])


# %%
def q_sample_own(x0: Tensor, t: LongTensor, alpha_bar: Tensor, seed: int) -> Tensor:
    """Noise clean data with noise that you draw yourself (section 1: bell-curve random values).

    x_t = sqrt(alpha_bar[t]) * x0 + sqrt(1 - alpha_bar[t]) * eps,  eps drawn by you

    x0, t, alpha_bar: as for q_sample. seed: a whole number. Returns (B, *) float.

    Every number of x0 gets a draw of its own, from the bell curve with mean 0 and variance 1. The same seed gives the
    same x_t, another seed another one. Which generator you use is up to you.

    >>> x0, t, alpha_bar = torch.zeros(2, 3), torch.tensor([0, 1]), torch.tensor([0.64, 0.36])
    >>> first, again, other = (np.asarray(q_sample_own(x0, t, alpha_bar, seed)) for seed in (1, 1, 2))
    >>> first.shape, bool((first == again).all()), bool((first == other).any())
    ((2, 3), True, False)

    What is checked: q_sample_own.stats (10) same and other seeds; the 8,192 draws found in your x_t have the mean,
    spread and shape of the bell curve, and depend neither on each other nor on x0 (a right solution fails less than
    once in 10^9).
    You may use: torch, numpy, random; q_sample from above.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    own = attempt(q_sample_own, torch.zeros(1, 20000), torch.tensor([0]), torch.tensor([0.5]), 0)
    if own is not None:
        counts, edges = np.histogram(np.asarray(own) / 0.5**0.5, bins=60, range=(-4, 4), density=True)
        middle = (edges[1:] + edges[:-1]) / 2
        show("your noise", {"draws": counts, "bell curve": np.exp(-(middle**2) / 2) / np.sqrt(2 * np.pi)})


# %% [markdown]
# ## 5. Signal against noise

# %%
def snr(alpha_bar: np.ndarray) -> np.ndarray:
    """Compare the signal's power with the noise's at each step (section 1: from data to pure noise).

    snr[t] = alpha_bar[t] / (1 - alpha_bar[t])

    alpha_bar: (T,) floats between 0 and 1, both excluded. Returns (T,) floats.

    A plain ratio of powers: no root, no logarithm, no decibels.

    >>> [round(float(r), 4) for r in snr(np.array([0.9, 0.5, 0.2]))]
    [9.0, 1.0, 0.25]

    What is checked: snr.values (6) for a schedule of your own.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    kept = np.linspace(0.999, 0.001, 200)
    ratio = attempt(snr, kept)
    if ratio is not None:
        show("signal-to-noise ratio while alpha_bar falls from 0.999 to 0.001", {"snr": ratio}, log=True)
