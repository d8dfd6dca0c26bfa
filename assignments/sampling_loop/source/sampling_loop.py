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
# # From pure noise
#
# You draw a start, choose the steps to visit, and write the two loops that turn noise into samples: all steps of DDPM,
# and a few hops of DDIM. Then you measure what leaving out steps costs.
#
# Conventions
# - `t` is a whole number in 0..T-1. `t = 0` is the least noisy step, and already one step of noise. The clean end,
#   before any noise, is written `t_prev = -1`; there alpha_bar is 1.
# - `betas[t]` is the **variance** of the noise that step t adds. `alpha_bar[t]` is the product of `1 - betas[s]` over
#   s = 0..t, so `alpha_bar[0] = 1 - betas[0]`, not 1. (The DDIM paper writes alpha for what is alpha_bar here.)
# - `model(x, t)` answers the predicted noise, shaped like x. x is the present state (B, *). t is a LongTensor (B,): the
#   same step for each picture, in the numbering 0..T-1, whichever steps are visited. It refuses anything else.
# - **Nothing is clipped, anywhere.** Noisy states do not live in [-1, 1].
# - Noise is an argument, except in `start_noise`. A function never changes its arguments, and never leaves the global
#   random generator in another state.
# - Answers may be numpy arrays, tensors or lists of any float type. They are right within 0.005 % of the expected
#   value, or within 0.000005 of it near zero.
# - Keep the names of the functions and of their arguments. You may add functions of your own.
#
# The pictures show your own answers. Run `grade check sampling_loop.py` to try the examples in the docstrings.

# %%
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

try:
    from autograder.student import attempt, show, show_pictures
except ImportError:  # without the course's package all runs, and nothing is drawn
    attempt = show = show_pictures = lambda *_, **__: print("START.md says how to see pictures")


def model_that_knows(target, alpha_bar):
    """A perfect model for the case that there is only one picture in the world: `target`."""

    def model(x, t):
        a = alpha_bar[t].reshape(-1, *[1] * (x.ndim - 1))
        return (x - a.sqrt() * target) / (1 - a).sqrt()

    return model


def model_of_two_bumps(alpha_bar, low=-1.5, high=1.0, std=0.3):
    """A perfect model for numbers that are near `low` or near `high`, equally often."""

    def model(x, t):
        a = alpha_bar[t].reshape(-1, *[1] * (x.ndim - 1))
        v = a * std**2 + 1 - a
        near = torch.softmax(torch.stack([-((x - a.sqrt() * m) ** 2) / (2 * v) for m in (low, high)]), 0)
        return (1 - a).sqrt() / v * (x - a.sqrt() * (near[0] * low + near[1] * high))

    return model


# %% [markdown]
# ## 1. Your steps
#
# **Paste your `ddpm_step` and `ddim_step` from denoise_step over the two below** (with the functions they use). If one
# was wrong you lose nothing here: your loop is graded with a right one. You may also write the step inside the
# loop and leave these two alone.

# %%
def ddpm_step(x_t: Tensor, t: int, eps: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """Walk one step back from x_t to x_{t-1}: your own, from denoise_step.

    mean = (x_t - betas[t] / sqrt(1 - alpha_bar[t]) * eps) / sqrt(1 - betas[t])
    x_{t-1} = mean + sigma * noise,  sigma^2 = betas[t] * (1 - alpha_bar[t-1]) / (1 - alpha_bar[t])

    x_t, eps, noise: (B, *) float. t: an int. betas: (T,) float. Returns (B, *) float. t = 0 adds no noise.

    >>> x_t, eps = torch.tensor([[1.0, 0.5, -0.2]]), torch.tensor([[0.6, -0.3, 0.1]])
    >>> betas, noise = torch.tensor([0.1, 0.2]), torch.tensor([[1.0, -1.0, 0.5]])
    >>> [round(float(v), 4) for v in ddpm_step(x_t, 1, eps, betas, noise)[0]]
    [1.1317, 0.4185, -0.1322]

    What is checked: nothing here; see ddpm_sample.
    """
    raise NotImplementedError


# %%
def ddim_step(
    x_t: Tensor,
    t: int,
    t_prev: int,
    eps: Tensor,
    alpha_bar: Tensor,
    eta: float = 0.0,
    noise: Tensor | None = None,
) -> Tensor:
    """Hop from step t to any earlier step: your own, from denoise_step.

    x0 = (x_t - sqrt(1 - a) * eps) / sqrt(a),  a = alpha_bar[t]
    x_prev = sqrt(a_prev) * x0 + sqrt(1 - a_prev) * eps,  a_prev = alpha_bar[t_prev], or 1 for t_prev = -1  (eta = 0)

    x_t, eps: (B, *) float. t, t_prev: ints. alpha_bar: (T,) float. Returns (B, *) float.

    >>> x_t, eps = torch.tensor([[1.0, 0.5, -0.2]]), torch.tensor([[0.6, -0.3, 0.1]])
    >>> alpha_bar = torch.tensor([0.81, 0.64, 0.36])
    >>> [round(float(v), 4) for v in ddim_step(x_t, 2, 0, eps, alpha_bar)[0]]
    [1.0415, 0.9792, -0.3764]
    >>> [round(float(v), 4) for v in ddim_step(x_t, 2, -1, eps, alpha_bar)[0]]
    [0.8667, 1.2333, -0.4667]

    What is checked: nothing here; see ddim_sample.
    """
    raise NotImplementedError


# %% [markdown]
# ## 2. Where to start, where to stop by
#
# Sampling begins with pure noise. Early models then visited all 1000 steps; modern samplers stop at 20 to 50 of them.

# %%
def start_noise(shape: list[int], seed: int) -> Tensor:
    """Draw the screen of static that sampling starts from (section 3: start from pure random noise).

    x_T ~ N(0, 1), each number of it on its own

    shape: whole numbers, (B, ...). seed: a whole number. Returns noise of this shape, float.

    The same seed gives the same noise, another seed another one. Which generator you use is up to you, but the global
    ones (of torch, numpy and random) must be afterwards as they were before.

    >>> first, again, other = (np.asarray(start_noise([2, 3], seed)) for seed in (1, 1, 2))
    >>> first.shape, bool((first == again).all()), bool((first == other).any())
    ((2, 3), True, False)

    What is checked: start_noise.contract (8) the shape, the same seed, another seed, and, for 4 of the 8, the global
    generators; start_noise.stats (6) 9,600 or more draws have the mean, spread and shape of the bell curve, and
    pictures and channels are independent (a right solution fails less than once in 10^9).
    You may use: torch, numpy, random.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    static = attempt(start_noise, [1, 20000], 0)
    if static is not None:
        counts, edges = np.histogram(np.asarray(static), bins=60, range=(-4, 4), density=True)
        middle = (edges[1:] + edges[:-1]) / 2
        bell = np.exp(-(middle**2) / 2) / np.sqrt(2 * np.pi)
        show("your start noise", {"draws": (middle, counts), "bell curve": (middle, bell)})


# %%
def strided_timesteps(T: int, n: int) -> list[int]:
    """Choose n of the T steps to stop by (section 3: 1,000 steps, or 20 to 50).

    t_i = (T - 1) * (1 - i / (n - 1)), rounded to the nearest whole number, i = 0..n-1

    T: number of steps of the schedule. n: number of stops, 2..T. Returns n whole numbers, falling.

    The first is T-1, the last is 0, whatever n is. No test has a stop half-way between two numbers.

    >>> [int(t) for t in strided_timesteps(1000, 4)], [int(t) for t in strided_timesteps(12, 6)]
    ([999, 666, 333, 0], [11, 9, 7, 4, 2, 0])

    What is checked: strided.values (12) for some T and n; strided.full (4) n = T.
    You may use: numpy, torch, lists.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    stops = {f"n = {n}": attempt(strided_timesteps, 1000, n) for n in (4, 10, 25)}
    if all(visited is not None for visited in stops.values()):
        ticks = {label: (visited, [int(label[4:])] * len(visited)) for label, visited in stops.items()}
        show("the steps that are visited, of 1000", ticks, marks="|")


# %% [markdown]
# ## 3. The long road
#
# All T steps, from the noisiest to the cleanest, with a little fresh noise in each but the last.

# %%
def ddpm_sample(model: Callable, x_T: Tensor, betas: Tensor, noises: Tensor) -> Tensor:
    """Walk from pure noise to a sample, one step at a time (section 3: the denoise step, over and over).

    x = x_T;  for t = T-1 down to 0:  x = ddpm_step(x, t, model(x, t), betas, noises[t])

    model: model(x, t) -> eps, see the conventions. x_T: (B, *) float. betas: (T,) float. noises: (T, B, *) float.
    Returns the sample, (B, *) float.

    **noises[t] is the fresh noise of step t**; noises[0] is never used, and no other noise is. The model is asked once
    a step, with t for each picture, a LongTensor (B,). x_T stays as it is.

    With T = 4, and a model that takes half of what it sees for noise, these are the states before each step:

    >>> seen = []
    >>> def half(x, t):
    ...     seen.append((int(t[0]), round(float(x[0, 0]), 4)))
    ...     return 0.5 * x
    >>> betas, noises = torch.tensor([0.1, 0.2, 0.3, 0.4]), torch.tensor([9.0, 1.0, -1.0, 0.5]).reshape(4, 1, 1)
    >>> sample = ddpm_sample(half, torch.tensor([[2.0]]), betas, noises)
    >>> seen
    [(3, 2.0), (2, 2.2304), (1, 1.6865), (0, 1.7965)]
    >>> round(float(sample[0, 0]), 4)
    1.5942

    What is checked: ddpm.values (16) the sample with noises = 0, half of it for noises[t] entering at step t;
    ddpm.calls (8) which t the model was asked for, 2 of the 8 for x_T and the generators being as before; ddpm.law (8)
    8,192 samples have the mean and, for 4 of the 8, the spread and shape of the data that the model knows (a right
    solution fails less than once in 10^9).
    You may use: torch, numpy, ddpm_step or a step of your own inside the loop, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    row, column = np.mgrid[-1:1:32j, -1:1:32j]
    disc = torch.tensor(np.where(row**2 + column**2 < 0.4, 1.0, -1.0), dtype=torch.float32)
    betas = torch.linspace(0.01, 0.3, 40)
    knows, film = model_that_knows(disc, torch.cumprod(1 - betas, 0)), []

    def filmed(x, t):
        film.append(torch.as_tensor(x)[0])
        return knows(x, t)

    fresh = torch.randn(41, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    sample = attempt(ddpm_sample, filmed, fresh[40], betas, fresh[:40])
    if sample is not None:
        frames = [*film[::8], np.asarray(sample)[0]]
        show_pictures("every eighth state of your loop, and its end", frames, limits=(-1.5, 1.5))


# %% [markdown]
# ## 4. The short road
#
# DDIM hops from stop to stop. The last stop is still noisy; one more hop leads to the clean end.

# %%
def ddim_sample(model: Callable, x_T: Tensor, alpha_bar: Tensor, timesteps: list[int]) -> Tensor:
    """Hop from pure noise to a sample over the given steps (section 3: DDIM, 20 to 50 steps).

    x = x_T;  for each t of timesteps and the next, t_prev:  x = ddim_step(x, t, t_prev, model(x, t), alpha_bar)
    after the last t:  t_prev = -1, the clean end

    model: model(x, t) -> eps, see the conventions. x_T: (B, *) float. alpha_bar: (T,) float. timesteps: falling whole
    numbers in 0..T-1. Returns the sample, (B, *) float.

    eta is 0: no fresh noise. Any falling list will do; it need not start at T-1, nor end at 0, and **the hop to the
    clean end follows in any case.** The model is asked once for each t of the list, by that number (not by its place in
    the list), as a LongTensor (B,). x_T stays as it is.

    The lesson's toy loop has a model that knows the target. Here is such a model, with the lesson's start and target.
    Whatever the stops are, the road ends there:

    >>> target, alpha_bar = torch.tensor([0.9, 0.7, 0.5, 0.3, 0.1]), torch.linspace(0.99, 0.05, 9)
    >>> seen, knows = [], model_that_knows(target, alpha_bar)
    >>> def model(x, t):
    ...     seen.append([int(t[0])] + [round(float(v), 2) for v in x[0]])
    ...     return knows(x, t)
    >>> x_T = torch.tensor([[-0.26, 0.51, -0.23, -0.32, -0.93]])
    >>> [round(float(v), 4) for v in ddim_sample(model, x_T, alpha_bar, [8, 4, 0])[0]]
    [0.9, 0.7, 0.5, 0.3, 0.1]
    >>> seen
    [[8, -0.26, 0.51, -0.23, -0.32, -0.93], [4, 0.32, 0.76, 0.12, -0.06, -0.6], [0, 0.85, 0.73, 0.46, 0.26, 0.0]]

    What is checked: ddim.values (14) with 8 stops of 40; ddim.any_timesteps (8) with a list of any kind; ddim.calls (6)
    which t the model was asked for, 1.5 of the 6 for x_T and the generators being as before.
    You may use: torch, numpy, ddim_step or a step of your own inside the loop, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    table = torch.cumprod(1 - torch.linspace(0.005, 0.3, 60), 0)
    static = torch.randn(1, 5000, generator=torch.Generator().manual_seed(0))
    curves = {}
    for stops in ([59, 30, 0], [59, 47, 35, 24, 12, 0], list(range(59, -1, -1))):
        sample = attempt(ddim_sample, model_of_two_bumps(table), static, table, stops)
        if sample is not None:
            counts, edges = np.histogram(np.asarray(sample), bins=80, range=(-3, 3), density=True)
            curves[f"{len(stops)} stops"] = ((edges[1:] + edges[:-1]) / 2, counts)
    if curves:
        show("5000 samples of a law with bumps at -1.5 and 1", curves)


# %%
def steps_vs_error(model: Callable, x_T: Tensor, alpha_bar: Tensor, counts: list[int]) -> list[float]:
    """Measure what leaving out steps costs (section 3: more steps, higher quality, but slower).

    error_n = mean over all values of | ddim_sample with n stops  -  ddim_sample with all T stops |

    model, x_T, alpha_bar: as for ddim_sample. counts: whole numbers n, 2..T, in any order. Returns one float for each
    n, in the same order.

    The n stops are strided_timesteps(T, n), the full run has all T, both start from the same x_T. A mean of distances:
    no square, no root, no sum.

    >>> x_T, alpha_bar = torch.tensor([[-0.26, 0.51, -0.23, -0.32, -0.93]]), torch.linspace(0.99, 0.05, 9)
    >>> errors = steps_vs_error(lambda x, t: torch.tanh(2 * x), x_T, alpha_bar, [3, 5, 9])
    >>> [round(float(e), 4) for e in errors]
    [0.0367, 0.0135, 0.0]

    What is checked: steps_vs_error (10) four counts for T = 43. (T - 1 divides evenly there, so a slip in the rounding
    of strided_timesteps costs nothing here. Nor does a slip in ddim_sample: errors that are right for yours will do.)
    You may use: your functions from above, torch, numpy.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    counts = [2, 3, 5, 9, 17, 33]
    errors = attempt(steps_vs_error, model_of_two_bumps(table), static[:, :500], table, counts)
    if errors is not None:
        show("distance from the run with all 60 steps", {"your errors": (counts, errors)}, log=True)
