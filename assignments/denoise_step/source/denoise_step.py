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
# # One step back
#
# You take noise out again: first all of it in one guess, then one careful step (DDPM), then one hop over many steps
# (DDIM). The noise that a trained network would predict is handed to you.
#
# Conventions
# - `t` is a whole number in 0..T-1. `t = 0` is the least noisy step, and already one step of noise. The clean end,
#   before any noise, is written `t_prev = -1`; there alpha_bar is 1.
# - `betas[t]` is the **variance** of the noise that step t adds. `alpha_bar[t]` is the product of `1 - betas[s]` over
#   s = 0..t, so `alpha_bar[0] = 1 - betas[0]`, not 1. (The DDIM paper writes alpha for what is alpha_bar here.)
# - `x_t = sqrt(alpha_bar[t]) * x0 + sqrt(1 - alpha_bar[t]) * eps`, with eps of mean 0 and variance 1.
# - **Nothing is clipped, anywhere.** Noisy states do not live in [-1, 1], and neither need a guess of x0.
# - Axes: pictures are (B, C, H, W); the first axis is always the batch, (B, *) is any number of axes after it.
# - Fresh noise is an argument; no function draws any. A function never changes its arguments.
# - Answers may be numpy arrays, tensors or lists of any float type. They are right within 0.005 % of the expected
#   value, or within 0.000005 of it near zero.
# - Keep the names of the functions and of their arguments. You may add functions of your own.
#
# The pictures show your own answers. Run `grade check denoise_step.py` to try the examples in the docstrings.

# %%
import numpy as np
import torch
from torch import LongTensor, Tensor

try:
    from autograder.student import attempt, show, show_clouds, show_pictures
except ImportError:  # without the course's package all runs, and nothing is drawn
    attempt = show = show_clouds = show_pictures = lambda *_, **__: print("START.md says how to see pictures")


# %% [markdown]
# ## 1. Two views of one thing
#
# The lesson's step is "noisy minus predicted noise". That is right if the noise was added as it is and nothing was
# dimmed. Here both were sized by the schedule, so both sizes have to be undone. Who knows x_t and the noise knows the
# clean picture, and the other way round.

# %%
def predict_x0(x_t: Tensor, t: LongTensor, eps: Tensor, alpha_bar: Tensor) -> Tensor:
    """Take the noise out of a noisy picture, all at once (section 2: predict the noise, then subtract it).

    x0 = (x_t - sqrt(1 - alpha_bar[t]) * eps) / sqrt(alpha_bar[t])

    x_t: (B, *) float, any number of axes after the first. t: (B,) long, in 0..T-1, one for each picture. eps: the
    predicted noise, shape of x_t. alpha_bar: (T,) float. Returns x0, (B, *) float.

    Each picture has its own t. eps is noise of unit size, as it was before the schedule sized it. **Do not clip x0.**
    No argument changes.

    The lesson's second exercise is the case of very little noise, so that the picture is hardly dimmed. Its
    predictions 0.2, 0.1, 0.3 are already sized; divided by the noise's size, here 0.01, they are our eps:

    >>> noisy, predicted = torch.tensor([[1.1, 0.4, 0.9]]), torch.tensor([[0.2, 0.1, 0.3]])
    >>> x0 = predict_x0(noisy, torch.tensor([0]), predicted / 0.01, torch.tensor([0.9999]))
    >>> [round(float(v), 3) for v in x0[0]]
    [0.9, 0.3, 0.6]

    And by hand, where 0.8 of the picture and 0.6 of the noise are in x_t: (1 - 0.3) / 0.8 and (0.2 + 0.6) / 0.8.

    >>> x_t, eps = torch.tensor([[1.0, 0.2]]), torch.tensor([[0.5, -1.0]])
    >>> x0 = predict_x0(x_t, torch.tensor([1]), eps, torch.tensor([0.96, 0.64]))
    >>> [round(float(v), 4) for v in x0[0]]
    [0.875, 1.0]

    What is checked: predict_x0.values (14) four pictures at four steps; predict_x0.batch_is_width (6) data of one, two
    and three axes, once with as many columns as examples; roundtrip (4), see predict_eps; pure (a fifth of 2).
    You may use: torch, numpy, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    row, column = np.mgrid[-1:1:32j, -1:1:32j]
    disc = torch.tensor(np.where(row**2 + column**2 < 0.4, 1.0, -1.0), dtype=torch.float32)
    kept = torch.tensor([0.9, 0.5, 0.2, 0.02]).reshape(4, 1, 1, 1)
    noise = torch.randn(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    noised = kept.sqrt() * disc + (1 - kept).sqrt() * noise
    guess = attempt(predict_x0, noised, torch.arange(4), 0.9 * noise, kept.reshape(4))
    if guess is not None:
        show_pictures("four noise levels", [picture[0] for picture in noised], limits=(-1.5, 1.5))
        title = "your x0, if a tenth of the noise was not predicted"
        show_pictures(title, [picture[0] for picture in guess], limits=(-1.5, 1.5))


# %%
def predict_eps(x_t: Tensor, t: LongTensor, x0: Tensor, alpha_bar: Tensor) -> Tensor:
    """Say which noise leads from x0 to x_t (section 2: the network predicts the noise that was added).

    eps = (x_t - sqrt(alpha_bar[t]) * x0) / sqrt(1 - alpha_bar[t])

    x_t, x0: (B, *) float. t: (B,) long, in 0..T-1. alpha_bar: (T,) float. Returns eps, (B, *) float.

    eps has unit size: the noise before the schedule sized it. Each picture has its own t. No argument changes.

    >>> x_t, x0 = torch.tensor([[1.0, 0.2]]), torch.tensor([[0.875, 1.0]])
    >>> eps = predict_eps(x_t, torch.tensor([1]), x0, torch.tensor([0.96, 0.64]))
    >>> [round(float(v), 4) for v in eps[0]]
    [0.5, -1.0]

    There and back again, each picture at its own t, leads to where one began:

    >>> x_t, eps = torch.tensor([[0.3, -2.0], [1.5, 0.1]]), torch.tensor([[1.0, -0.4], [0.2, 0.7]])
    >>> t, alpha_bar = torch.tensor([2, 0]), torch.tensor([0.9, 0.5, 0.1])
    >>> again = predict_eps(x_t, t, predict_x0(x_t, t, eps, alpha_bar), alpha_bar)
    >>> [[round(float(v), 4) for v in row] for row in again]
    [[1.0, -0.4], [0.2, 0.7]]

    What is checked: predict_eps.values (10) four pictures at four steps; roundtrip (4) predict_eps of your predict_x0
    gives eps back; pure (a fifth of 2).
    You may use: torch, numpy, lists, any float type.
    """
    raise NotImplementedError


# %% [markdown]
# ## 2. Where one step back leads, if x0 is known
#
# x_{t-1} lies between x0 and x_t, and bell curves tell exactly where: the posterior. Its variance is called beta-tilde.

# %%
def posterior(x0: Tensor, x_t: Tensor, t: LongTensor, betas: Tensor) -> tuple[Tensor, Tensor]:
    """Say where x_{t-1} may be, given the clean and the noisy picture (section 2: one denoise step).

    mean     = sqrt(a_prev) * beta / (1 - a) * x0  +  sqrt(1 - beta) * (1 - a_prev) / (1 - a) * x_t
    variance = beta * (1 - a_prev) / (1 - a)                                                             (beta-tilde)
    with beta = betas[t], a = alpha_bar[t], a_prev = alpha_bar[t - 1]

    x0, x_t: (B, *) float. t: (B,) long, in 0..T-1. betas: (T,) float, variances. Returns the pair (mean, variance):
    mean (B, *); variance (B,), one number for each picture (shapes that fit along the pictures, as (B, 1, 1, 1), will
    do).

    Before the first step nothing is noisy: at t = 0 a_prev is 1, so the mean is x0 and the variance 0. A variance is
    asked for, not its root, not its logarithm. Each picture has its own t. No argument changes.

    >>> x0, x_t, betas = torch.tensor([[1.0, -0.5]] * 2), torch.tensor([[0.5, 0.8]] * 2), torch.tensor([0.1, 0.2])
    >>> mean, variance = posterior(x0, x_t, torch.tensor([1, 0]), betas)
    >>> [[round(float(v), 4) for v in row] for row in mean]
    [[0.8374, -0.0833], [1.0, -0.5]]
    >>> [round(float(v), 4) for v in np.asarray(variance).ravel()]
    [0.0714, 0.0]

    What is checked: posterior.mean (14) and posterior.variance (10) for four pictures, t = 0 and t = 1 among their
    steps; pure (a fifth of 2).
    You may use: torch, numpy, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    betas = torch.linspace(0.005, 0.3, 40)
    ones = torch.ones(39, 1)
    answer = attempt(posterior, ones, ones, torch.arange(1, 40), betas)
    if answer is not None:
        show("variance of one step back", {"beta": betas[1:], "yours": np.asarray(answer[1]).ravel()}, log=True)


# %% [markdown]
# ## 3. One step of DDPM
#
# x0 is not known, but the network's eps stands for a guess of it. Put into the posterior it gives the step below.
# **Here the whole batch is at the same step: t is a plain int.**

# %%
def ddpm_step(x_t: Tensor, t: int, eps: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """Walk one step back from x_t to x_{t-1} (section 2: a cleaner sample; section 3: over and over).

    mean = (x_t - betas[t] / sqrt(1 - alpha_bar[t]) * eps) / sqrt(1 - betas[t])
    x_{t-1} = mean + sigma * noise,  sigma^2 = betas[t] * (1 - alpha_bar[t-1]) / (1 - alpha_bar[t])     (beta-tilde)

    x_t, eps: (B, *) float. t: an int in 0..T-1. betas: (T,) float, variances. noise: (B, *) float, fresh noise of unit
    size. Returns x_{t-1}, (B, *) float.

    **t = 0 adds no noise; every other step does, t = 1 too.** Of the two usual choices of sigma^2, betas[t] and
    beta-tilde, **the smaller, beta-tilde, is meant.** **Nothing is clipped inside the step**: neither x0 nor x_{t-1}.
    The noise is the one you are given. No argument changes.

    >>> x_t, eps = torch.tensor([[1.0, 0.5, -0.2]]), torch.tensor([[0.6, -0.3, 0.1]])
    >>> betas, noise = torch.tensor([0.1, 0.2]), torch.tensor([[1.0, -1.0, 0.5]])
    >>> [round(float(v), 4) for v in ddpm_step(x_t, 1, eps, betas, noise)[0]]
    [1.1317, 0.4185, -0.1322]
    >>> [round(float(v), 4) for v in ddpm_step(x_t, 0, eps, betas, noise)[0]]
    [0.8541, 0.627, -0.2442]

    The first of these by hand: 1 - 0.378 * 0.6 is 0.7732; divided by 0.8944 it is 0.8645; sigma is 0.2673.

    What is checked: ddpm_step.values (14) the mean, with noise = 0, at t = 1, 2 and two later steps, half of it for
    fresh noise having any effect there, and 3.5 of the 14 for a mean outside [-1, 1] at t = 0; ddpm_step.last (6) no
    noise at t = 0; ddpm_step.spread (4) sigma, at t = 1, 2 and a later step; pure (a fifth of 2).
    You may use: torch, numpy, your functions from above, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    betas, place = torch.linspace(0.02, 0.2, 20), torch.linspace(0, 6, 80)
    kept = torch.cumprod(1 - betas, 0)[10]
    generator = torch.Generator().manual_seed(0)
    wave, true_eps, fresh = place.sin(), torch.randn(80, generator=generator), torch.randn(80, generator=generator)
    before = kept.sqrt() * wave + (1 - kept).sqrt() * true_eps
    after = attempt(ddpm_step, before[None], 10, true_eps[None], betas, fresh[None])
    if after is not None:
        show("one step back from t = 10", {"x_10": before, "your x_9": np.asarray(after)[0], "clean": wave})


# %% [markdown]
# ## 4. One hop of DDIM
#
# DDIM guesses x0 and goes back up to the noise level of any earlier step, with the same eps. So it may skip steps.
# eta mixes in fresh noise: 0 none at all, 1 as much as DDPM.

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
    """Hop from step t to any earlier step (section 3: DDIM gets great results in 20 to 50 steps).

    x0 = (x_t - sqrt(1 - a) * eps) / sqrt(a)
    sigma = eta * sqrt( (1 - a_prev) / (1 - a) * (1 - a / a_prev) )
    x_prev = sqrt(a_prev) * x0 + sqrt(1 - a_prev - sigma^2) * eps + sigma * noise
    with a = alpha_bar[t], a_prev = alpha_bar[t_prev]

    x_t, eps: (B, *) float. t: an int in 0..T-1. t_prev: an int below t, or -1. alpha_bar: (T,) float. eta: 0 to 1.
    noise: (B, *) float of unit size, may be None if eta is 0. Returns x_prev, (B, *) float.

    **t_prev = -1 is the clean end: a_prev is 1 there**, and not the last entry of the table. t_prev = 0 is an ordinary
    stop that still holds one step of noise. With eta = 0 the noise is not used. **Nothing is clipped inside the hop.**
    No argument changes.

    >>> x_t, eps = torch.tensor([[1.0, 0.5, -0.2]]), torch.tensor([[0.6, -0.3, 0.1]])
    >>> alpha_bar, noise = torch.tensor([0.81, 0.64, 0.36]), torch.tensor([[1.0, -1.0, 0.5]])
    >>> [round(float(v), 4) for v in ddim_step(x_t, 2, 0, eps, alpha_bar)[0]]
    [1.0415, 0.9792, -0.3764]
    >>> [round(float(v), 4) for v in ddim_step(x_t, 2, -1, eps, alpha_bar)[0]]
    [0.8667, 1.2333, -0.4667]
    >>> [round(float(v), 4) for v in ddim_step(x_t, 2, 0, eps, alpha_bar, 0.5, noise)[0]]
    [1.2145, 0.7912, -0.2799]

    With eta = 1 and t_prev = t - 1 it is the step of DDPM (compare the example there):

    >>> [round(float(v), 4) for v in ddim_step(x_t, 1, 0, eps, torch.tensor([0.9, 0.72]), 1.0, noise)[0]]
    [1.1317, 0.4185, -0.1322]

    What is checked: ddim_step.values (8) with eta = 0, with eta left out, and, for 2 of the 8, with eta > 0, also
    t_prev = 0, and a clean end outside [-1, 1]; ddim_step.final (4) t_prev = -1; ddim_step.eta (4) eta between 0.4 and
    0.8, and 1; pure (a fifth of 2).
    You may use: torch, numpy, your functions from above, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    generator = torch.Generator().manual_seed(0)
    start, direction = torch.tensor([[1.5, 1.0]] * 200), torch.tensor([[0.8, -0.4]] * 200)
    fresh, table = torch.randn(200, 2, generator=generator), torch.tensor([0.9, 0.6, 0.3, 0.1])
    clouds = {f"eta = {eta}": attempt(ddim_step, start, 3, 1, direction, table, eta, fresh) for eta in (1.0, 0.5, 0.0)}
    if all(points is not None for points in clouds.values()):
        show_clouds("one hop from one point, with three values of eta", clouds)
