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
# # Conditioning and classifier-free guidance
#
# You make a prompt count: labels are dropped in training, the model is asked twice in one call, and the difference is
# exaggerated. Then you watch what too much of it does. Last, cross-attention: how the words get in at all.
#
# Conventions
# - Guidance: `eps = eps_uncond + scale * (eps_cond - eps_uncond)`. Scale 1 is the plain prompted guess, no extra push.
#   (Papers that write 1 + w mean scale = 1 + w.)
# - `model(x, t, labels)` gets t and labels as LongTensors, one for each row of x. `null_id` is the label "no prompt".
# - `t` is a whole number in 0..T-1; `alpha_bar[t]` is the product of `1 - betas[s]` over s = 0..t. The clean end is
#   written `t_prev = -1`; there alpha_bar is 1.
# - Axes: pictures are (B, C, H, W); the first axis is always the batch, (B, *) is any number of axes after it.
# - A function never changes its arguments. Nothing is clipped.
# - Answers may be numpy arrays, tensors or lists of any float type. They are right within 0.005 % of the expected
#   value, or within 0.000005 of it near zero.
# - Keep the names of the functions and of their arguments. You may add functions of your own.
#
# The pictures show your own answers. Run `grade check cfg.py` to try the examples in the docstrings.

# %%
from collections.abc import Callable

import numpy as np
import torch
from torch import BoolTensor, LongTensor, Tensor

try:
    from autograder.student import attempt, show
except ImportError:  # without the course's package all runs, and nothing is drawn
    attempt = show = lambda *_, **__: print("START.md says how to see pictures")


# %% [markdown]
# ## 1. Exaggerate the difference

# %%
def cfg_combine(eps_uncond: Tensor, eps_cond: Tensor, scale: float) -> Tensor:
    """Push the guess in the direction the prompt adds (section 5: exaggerate the difference).

    eps = eps_uncond + scale * (eps_cond - eps_uncond)

    eps_uncond, eps_cond: (B, *) float, the guesses without and with the prompt. scale: float. Returns eps, (B, *).

    The start is the guess without a prompt. Scale 0 forgets the prompt, 1 is the prompted guess itself, more goes
    beyond it. Nothing is clamped or normalised.

    >>> uncond, cond = torch.tensor([0.0, 1.0]), torch.tensor([1.0, 0.5])
    >>> [[float(v) for v in cfg_combine(uncond, cond, scale)] for scale in (1.0, 7.5, 20.0)]
    [[1.0, 0.5], [7.5, -2.75], [20.0, -9.0]]

    What is checked: cfg_combine.values (18) at five scales, 0 and 1 among them; 4 of the 18 for scale 0, 3 for both
    guesses being as before.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    without, prompted = torch.tensor([0.2, -0.4]), torch.tensor([0.5, 0.1])
    scales = np.linspace(0, 20, 41)
    if attempt(cfg_combine, without, prompted, 1.0) is not None:
        pushed = [cfg_combine(without, prompted, float(scale)) for scale in scales]
        show("both values of eps, scale 0 to 20", {"first": [v[0] for v in pushed], "second": [v[1] for v in pushed]})

# %% [markdown]
# ## 2. Practising without a prompt
#
# The model can be asked without a prompt only if it practised that: in training a share of the labels is dropped.

# %%
def drop_labels(labels: LongTensor, u: Tensor, p: float, null_id: int) -> LongTensor:
    """Replace a share of the labels with "no prompt" (section 5: once with the prompt, once with no prompt).

    new label = null_id where u < p, else the old label

    labels: (B,) long. u: (B,) float, uniform in [0, 1), drawn for you. p: float. null_id: int. Returns (B,) long.

    Strictly below p, so that p = 0 drops nothing. No example leaves the batch. labels is not changed: return a copy.

    >>> drop_labels(torch.tensor([3, 0, 7, 0]), torch.tensor([0.05, 0.5, 0.9, 0.01]), 0.1, 10).tolist()
    [10, 0, 7, 10]

    What is checked: drop_labels.values (8), u = p among them; drop_labels.pure (3) the caller's labels stay.
    You may use: numpy, torch, lists.
    """
    raise NotImplementedError


# %%
def drop_labels_random(labels: LongTensor, p: float, null_id: int, seed: int) -> LongTensor:
    """Drop labels by draws of your own (section 5: the same model learns both).

    each label becomes null_id with chance p, by itself

    labels: (B,) long. p: float. null_id: int. seed: int. Returns (B,) long.

    One decision for each example, not one for the batch. The same seed drops the same labels, another seed drops
    others; which generator you use is up to you. labels is not changed.

    >>> dropped = drop_labels_random(torch.zeros(1000, dtype=torch.long), 0.2, 10, seed=0)
    >>> 100 < int((dropped == 10).sum()) < 300
    True

    What is checked: drop_labels_random.stats (9) the share, overall and by class, neighbours, seeds, on 40,000 labels.
    A right solution fails less than once in 10^9.
    You may use: numpy, torch, random, lists.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    many = attempt(drop_labels_random, torch.arange(10).repeat(2000), 0.2, 10, 0)
    if many is not None:
        gone = (np.asarray(many).reshape(2000, 10) == 10).mean(0)
        show("share dropped, class by class", {"yours": gone, "p": [0.2] * 10})

# %% [markdown]
# ## 3. Asking twice in one call

# %%
def guided_eps(
    model: Callable, x: Tensor, t: LongTensor, labels: LongTensor, null_id: int, scale: float
) -> Tensor:
    """Ask the model with and without the prompt, and combine (section 5: it predicts noise twice at each step).

    eps = eps_uncond + scale * (eps_cond - eps_uncond), both from ONE call model(x2, t2, labels2) on 2B rows

    model: called as model(x2, t2, labels2), answers with a tensor shaped like x2. x: (B, *) float. t, labels: (B,)
    long. null_id: int. scale: float. Returns eps, (B, *).

    The first B rows are without a prompt (label null_id), the last B rows with it, in the order of the batch. Both
    halves have the same x and the same t. No argument changes.

    >>> model = lambda x, t, labels: x * labels.reshape(-1, 1)
    >>> guided_eps(model, torch.tensor([[1.0], [2.0]]), torch.tensor([5, 9]), torch.tensor([1, 3]), 4, 2.0).tolist()
    [[-2.0], [4.0]]

    What is checked: guided_eps.values (14), 4 of it for scale 0; guided_eps.calls (8) one call, its rows, t, x.
    You may use: torch, any float type.
    """
    raise NotImplementedError


# %% [markdown]
# ## 4. Ignored, just right, fried

# %%
def saturation(x: Tensor, limit: float = 1.0) -> float:
    """Say which share of the values is out of range (section 5: oversaturated, "fried").

    share of values with |x| > limit

    x: float, any shape. limit: float, 1 if left out. Returns a number between 0 and 1.

    Both sides count. It is a share of all values, not a count and not a distance.

    >>> saturation(torch.tensor([[-2.0, 0.5], [1.5, 0.0]])), saturation(torch.tensor([[-2.0, 0.5], [1.5, 0.0]]), 1.8)
    (0.5, 0.25)

    What is checked: saturation.values (6) with two limits, and without one.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %% [markdown]
# Paste your own `ddim_step` from `denoise_step`. If it is wrong you lose nothing here: the sweep is graded again with
# a right one.

# %%
def ddim_step(
    x_t: Tensor, t: int, t_prev: int, eps: Tensor, alpha_bar: Tensor, eta: float = 0.0, noise: Tensor | None = None
) -> Tensor:
    """Hop from step t to step t_prev (your own function of the assignment denoise_step)."""
    raise NotImplementedError


# %%
def guidance_sweep(
    model: Callable,
    x_T: Tensor,
    alpha_bar: Tensor,
    timesteps: list[int],
    labels: LongTensor,
    null_id: int,
    scales: list[float],
) -> list[list[float]]:
    """Sample with several scales and report what happens (section 5: too low, sweet spot, too high).

    for each scale: DDIM with eta = 0 over the timesteps, eps from guided_eps;  row = [mean, saturation at limit 3]

    model: as in guided_eps. x_T: (B, *) float, the start noise. alpha_bar: (T,) float. timesteps: falling whole
    numbers. labels: (B,) long. null_id: int. scales: list of floats. Returns for each scale [mean of all values,
    saturation].

    Every scale starts from the same x_T. The last hop goes to the clean end, t_prev = -1, whatever the last timestep
    is. The limit is 3 here. Do not clip.

    >>> levels = torch.tensor([0.9, 0.6, 0.3])
    >>> model = lambda x, t, labels: 0.5 * x - (labels == 0).float().reshape(-1, 1)
    >>> rows = guidance_sweep(model, torch.tensor([[0.5, -1.0]]), levels, [2, 1, 0], torch.tensor([0]), 1, [1.0, 4.0])
    >>> [[round(v, 3) for v in row] for row in rows]
    [[0.975, 0.0], [4.655, 1.0]]

    What is checked: sweep.values (12) one of two classes, nine hops, three scales. If your ddim_step is wrong, the
    check is run again with a right one and the better run counts; a sweep that is right for your guided_eps will do.
    You may write the hop inline instead.
    You may use: torch, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    levels = torch.cumprod(1 - torch.linspace(0.01, 0.3, 24), 0)

    def two_heaps(x, t, labels):
        """A noise predictor for heaps around 0.3 (class 0) and -0.3 (class 1), or for both together (label 2)."""
        a = levels[t].reshape(-1, 1)
        middle = torch.tensor([0.3, -0.3, 0.0])[labels].reshape(-1, 1)
        return (1 - a).sqrt() * (x - a.sqrt() * middle) / (0.64 * a + 1 - a)

    start = torch.randn(6, 200, generator=torch.Generator().manual_seed(0))
    scales, zeros = [float(s) for s in range(0, 21)], torch.zeros(6, dtype=torch.long)
    rows = attempt(guidance_sweep, two_heaps, start, levels, [23, 20, 17, 14, 11, 8, 5, 2, 0], zeros, 2, scales)
    if rows is not None:
        show("scale 0 to 20", {"mean": [row[0] for row in rows], "saturation": [row[1] for row in rows]})

# %% [markdown]
# ## 5. How the words get in

# %%
def cross_attention(
    x: Tensor, ctx: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, mask: BoolTensor | None = None
) -> Tensor:
    """Let every position of the picture gather what it needs from the words (section 5: cross-attention).

    softmax(Q K^T / sqrt(d)) V with Q = x wq, K = ctx wk, V = ctx wv

    x: (B, N, dx) float, picture positions. ctx: (B, M, dc) float, words. wq: (dx, d), wk: (dc, d), wv: (dc, dv).
    mask: (B, M) bool, True = a real word, False = padding; None = all are real. Returns (B, N, dv).

    The weights of one position add up to 1 over the words. Padding gets no weight at all. Scores may be in the
    thousands: the result must stay finite. Examples of a batch do not see each other.

    >>> x, ctx = torch.tensor([[[2.0]]]), torch.tensor([[[0.0], [1.0], [5.0]]])
    >>> one, mask = torch.tensor([[1.0]]), torch.tensor([[True, True, False]])
    >>> round(float(cross_attention(x, ctx, one, one, one, mask)), 4)
    0.8808

    What is checked: attention.values (10); attention.square (4) all sizes equal; attention.mask (5); attention.stable
    (3).
    You may use: numpy, torch (its own attention functions too), lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    draw = torch.Generator().manual_seed(0)
    places, words = torch.randn(1, 8, 4, generator=draw), torch.randn(1, 3, 4, generator=draw)
    eye = torch.eye(4)
    gathered = attempt(cross_attention, places, words, eye, eye, eye)
    if gathered is not None:
        show("what 8 positions gathered from 3 words", {f"feature {i}": gathered[0, :, i] for i in range(4)})
