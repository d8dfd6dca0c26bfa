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
# # The clinic: four common errors
#
# Four programs came in sick. Each runs, or nearly, and each makes one of the errors at the end of the lesson. Read the
# symptoms, find the cause, repair the program: change as little as you can. The docstrings say what a healthy one does.
#
# Conventions
# - `t` is a whole number in 0..T-1. `t = 0` is the least noisy step, and already one step of noise. The clean end is
#   written `t_prev = -1`; there alpha_bar is 1.
# - `alpha_bar[t]` is the product of `1 - betas[s]` over s = 0..t, so `alpha_bar[0] = 1 - betas[0]`, not 1.
# - `model(x, t)` predicts the noise in x. It gets t as a LongTensor (B,), in the numbering of the training, 0..T-1.
# - Guidance: scale 1 is the plain prediction with the prompt (the paper's w is one less).
# - A function never changes its arguments, and does not use randomness that it was not asked to use.
# - Answers may be numpy arrays, tensors or lists of any float type. They are right within 0.005 % of the expected
#   value, or within 0.000005 of it near zero.
# - Keep the names of the functions and of their arguments. You may add functions of your own.
#
# Run `grade check clinic.py` to try the examples in the docstrings. As handed out, three of the four fail: these
# are the symptoms.

# %%
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

try:
    from autograder.student import show, show_histogram
except ImportError:  # without the course's package all runs, and nothing is drawn
    show = show_histogram = lambda *_, **__: print("START.md says how to see pictures")


# %% [markdown]
# ## Patient 1: blurry pictures
#
# > *Log.* "Pixels should be -1 or 1. With the default settings many are far from both, and even with 50 steps a fine
# > grain stays on everything."
#
# Two things are wrong: the default, and where the last hop lands.

# %%
def sample_default(model: Callable, x_T: Tensor, alpha_bar: Tensor, num_inference_steps: int = 3) -> Tensor:
    """Sample in a few large hops without drawing new noise (common errors: too few sampling steps).

    At each step: x0_hat = (x - sqrt(1 - a) eps_hat) / sqrt(a), then x = sqrt(a_prev) x0_hat + sqrt(1 - a_prev) eps_hat,
    where a = alpha_bar[t] and a_prev is alpha_bar at the next t of the run, or 1 after the last.

    model: model(x, t) -> predicted noise, t LongTensor (B,). x_T: (B, ...) pure noise. alpha_bar: (T,).
    num_inference_steps: how many of the T training steps are visited. Returns x0, shape of x_T.

    Visited are n whole numbers, evenly from T-1 down to 0, each rounded to the nearest; the model is asked once at
    each. The last hop leads from t = 0 to the clean end. No noise is drawn and nothing is clipped. The default is a number
    from the good range of the lesson, 20 to 50; a caller's own number is obeyed.

    >>> alpha_bar = torch.tensor([0.81, 0.36, 0.09])
    >>> deaf = lambda x, t: torch.zeros_like(x)  # predicts no noise, so x only grows: x_T / sqrt(0.09)
    >>> [round(float(v), 4) for v in sample_default(deaf, torch.tensor([[0.3, -0.6]]), alpha_bar, 3)[0]]
    [1.0, -2.0]

    What is checked: steps.default (14) how often the model is asked if no number is given, and that the result is near
    the one of T steps: on average within twice the distance of a right 20-step run; steps.values (14) the values with
    two other numbers of steps.
    You may use: numpy, torch, lists, any float type.
    """
    timesteps = torch.linspace(len(alpha_bar) - 1, 0, num_inference_steps).round().long().tolist()
    x = x_T
    for i, t in enumerate(timesteps):
        t_prev = timesteps[i + 1] if i + 1 < len(timesteps) else 0
        a, a_prev = alpha_bar[t], alpha_bar[t_prev]
        eps_hat = model(x, torch.full((len(x),), t, dtype=torch.long))
        x0_hat = (x - (1 - a).sqrt() * eps_hat) / a.sqrt()
        x = a_prev.sqrt() * x0_hat + (1 - a_prev).sqrt() * eps_hat
    return x


# %%
if __name__ == "__main__":
    levels = torch.cumprod(1 - torch.linspace(1e-3, 0.06, 193), 0)

    def two_values(x, t):
        """The best possible prediction of the noise for pixels that are -1 or 1 (nearly)."""
        a = levels[t].reshape(-1, 1)
        v = a * 1e-4 + 1 - a
        mean = torch.tanh(a.sqrt() * x / v)
        x0_hat = mean + a.sqrt() * 1e-4 / v * (x - a.sqrt() * mean)
        return (x - a.sqrt() * x0_hat) / (1 - a).sqrt()

    noise = torch.randn(4, 500, generator=torch.Generator().manual_seed(0))
    show_histogram("pixels made with the default: -1 or 1?", sample_default(two_values, noise, levels))


# %% [markdown]
# ## Patient 2: the prompt is ignored
#
# > *Log.* "Asked for a cosy cabin, got a fine picture of something else. If I pass a scale myself, all is well."

# %%
def guided(eps_uncond: Tensor, eps_cond: Tensor, guidance_scale: float = 1) -> Tensor:
    """Push the prediction in the direction that the prompt adds (common errors: wrong guidance scale).

    eps = eps_uncond + guidance_scale (eps_cond - eps_uncond)

    eps_uncond, eps_cond: (B, ...) predictions without and with the prompt. Returns the guided one, same shape.

    Scale 0 ignores the prompt, 1 is the plain prediction with it. The default is a number from the sweet spot of the
    lesson, 7 to 8; a caller's own number is obeyed, whatever it is.

    >>> guided(torch.tensor([1.0, 2.0]), torch.tensor([2.0, 2.0]), 3.0).tolist()
    [4.0, 2.0]

    What is checked: guidance.default (20) the scale that is used if none is given; guidance.values (6) scales that the
    caller gives, among them 1 and 20.
    You may use: numpy, torch, lists, any float type.
    """
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)


# %%
if __name__ == "__main__":
    without, with_prompt = torch.zeros(2), torch.tensor([1.0, 0.5])
    used = float((guided(without, with_prompt) / with_prompt).mean())
    print(f"default scale {used:g}: near 1 the prompt is ignored, 7 to 8 is the sweet spot, near 20 pictures are fried")


# %% [markdown]
# ## Patient 3: garbage
#
# > *Log.* "The model was trained with 1000 steps. I sample with 50, so I made a schedule with 50 steps from the same
# > first and last beta. The pictures are garbage, and the sampler's first alpha_bar is 0.6, not nearly 0."

# %%
def sampling_table(train_betas: np.ndarray, num_steps: int) -> list[np.ndarray]:
    """Choose the noise levels of a short run from those of the training (common errors: schedule mismatch).

    alpha_bar[t] = product of (1 - train_betas[s]) over s = 0..t, read at the steps that are visited

    train_betas: (T,), as the model was trained with. num_steps: n. Returns [timesteps, alpha_bar at them], (n,) each.

    Visited are n whole numbers, evenly from T-1 down to 0, both included, each rounded to the nearest; noisiest first.
    No new betas are made: a model knows only the noise levels it has seen.

    >>> timesteps, alpha_bar = sampling_table(np.array([0.1, 0.2, 0.3, 0.4, 0.5]), 3)
    >>> [int(t) for t in timesteps], [round(float(a), 4) for a in alpha_bar]
    ([4, 2, 0], [0.1512, 0.504, 0.9])

    What is checked: schedule.timesteps (10); schedule.alpha_bar (14) for betas that do not lie on a straight line.
    You may use: numpy, torch, lists, any float type.
    """
    betas = np.linspace(train_betas[0], train_betas[-1], num_steps)
    alpha_bar = np.cumprod(1 - betas)
    return [np.arange(num_steps)[::-1], alpha_bar[::-1]]


# %%
if __name__ == "__main__":
    trained = np.linspace(1e-4, 0.02, 1000)
    timesteps, levels_used = sampling_table(trained, 50)
    levels_trained = np.cumprod(1 - trained)[np.linspace(999, 0, 50).round().astype(int)]
    show("signal left, step by step of the run", {"your table": levels_used, "as trained": levels_trained})


# %% [markdown]
# ## Patient 4: out of memory
#
# > *Log.* "RuntimeError: CUDA out of memory. It is a small card, but one picture in half precision does fit."

# %%
def generate_all(render: Callable, seeds: Sequence[int], budget_mib: float, cost_mib_fp32: float) -> list:
    """Make all pictures without running out of memory (common errors: CUDA out of memory).

    pictures at once = the largest whole number whose cost in half precision is within the budget, at least 1

    render: render(some_seeds, dtype) -> a list with one picture for each seed; dtype is the word "float32" or
    "float16". seeds: whole numbers. budget_mib: memory of the card. cost_mib_fp32: what one picture takes in float32;
    in float16 it takes half. Returns all pictures, in the order of the seeds.

    Use half precision, as few calls as possible, and never ask for more than fits: render raises a RuntimeError then
    (the card is simulated, so this happens on every machine). `seeds` stays as it was.

    >>> render = lambda some_seeds, dtype: [f"{seed} in {dtype}" for seed in some_seeds]
    >>> generate_all(render, [5, 3, 4], 1000.0, 900.0)
    ['5 in float16', '3 in float16', '4 in float16']

    What is checked: memory.result (12) pictures, order, never out of memory, seeds untouched; memory.calls (6) half
    precision, the fewest calls, none refused; memory.tiny_budget (4) a card on which one picture just fits.
    You may use: anything of Python's own.
    """
    return list(render(seeds, "float32"))


# %%
if __name__ == "__main__":

    def small_card(some_seeds, dtype):
        """A card of 1000 MiB; a picture takes 600 MiB in float32."""
        needed = len(some_seeds) * (600 if dtype == "float32" else 300)
        print(f"asked for {len(some_seeds)} pictures in {dtype}: {needed} of 1000 MiB")
        if needed > 1000:
            raise RuntimeError("CUDA out of memory (simulated)")
        return [np.full((2, 2), seed) for seed in some_seeds]

    try:
        print(f"{len(generate_all(small_card, [1, 2, 3, 4, 5, 6, 7], 1000, 600))} pictures made")
    except RuntimeError as error:
        print(f"RuntimeError: {error}")
