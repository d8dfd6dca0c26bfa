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
# # Sculpting from static
#
# You turn a short list of numbers into noise, take the noise off again, and measure how well a prediction of noise
# does. Everything a diffusion model does to pictures is here on a list that you can check by hand.
#
# Conventions
# - A signal is a list of numbers, think of it as a row of pixels. Noise is bell-curve noise with mean 0.
# - `std` is a standard deviation, not a variance: it goes to `random.gauss` as it is.
# - A function never changes the lists it is given; it returns new ones.
# - Answers may be lists, tuples, numpy arrays or tensors of any float type. They are right within 0.005 % of the
#   expected value, or within 0.000005 of it near zero.
# - Keep the names of the functions and of their arguments. You may add functions of your own.
#
# The pictures show your own answers. Run `grade check warmup.py` to try the examples in the docstrings.

# %%
import random

try:
    from autograder.student import attempt, show
except ImportError:  # without the course's package all runs, and nothing is drawn
    attempt = show = lambda *_, **__: print("START.md says how to see pictures")


# %% [markdown]
# ## 1. The forward process (lesson, section 1 and "Your Turn: Add the Noise")
#
# Fill in the two blanks `___`.

# %%
def noise_signal(signal: list[float], steps: int, std: float, seed: int) -> list[list[float]]:
    """Add a little noise to every value, again and again (section 1: the forward process is fixed, not learned).

    x_k = x_{k-1} + n_k,  x_0 = signal,  each value of n_k drawn from a bell curve with mean 0 and spread std

    signal: n numbers. steps: how often noise is added, at least 1. std: spread of one step's noise. seed: a whole
    number. Returns `steps` rows of n numbers; row k is the state after step k + 1.

    Call random.seed(seed) once, at the start. Then one random.gauss(0, std) for each value, left to right, step by
    step. The clean start is not a row. signal itself stays as it is, and every row is a list of its own.

    >>> path = noise_signal([1.0, 0.6, 0.2], 3, 0.1, seed=0)
    >>> [[round(float(v), 4) for v in row] for row in path]
    [[1.0942, 0.4603, 0.132], [1.1312, 0.3587, 0.1248], [1.1491, 0.2756, -0.0061]]

    What is checked: noise_signal.values (20) every row, for a signal of your own; noise_signal.pure (10) same seed,
    same path; other seed, other path; signal unchanged; noise_signal.gaussian (10) 20,000 draws: mean, spread and
    shape are those of the bell curve, no draw depends on another (a right solution fails less than once in 10^9).
    You may use: the random module, lists, loops. A random.Random(seed) of your own gives the same numbers.
    """
    random.seed(seed)
    x = list(signal)
    path = []
    for step in range(steps):
        x = [v + ___ for v in x]  # 1) one draw of Gaussian noise for this value
        path.append(___)  # 2) the state after this step
    return path


# %%
if __name__ == "__main__":
    clean = [0.9, 0.7, 0.5, 0.3, 0.1]
    path = attempt(noise_signal, clean, 4, 0.15, 0)  # the lesson's example
    if path is not None:
        curves = {"clean": clean, **{f"after step {k + 1}": row for k, row in enumerate(path)}}
        show("a signal dissolves", curves, marks="o-")


# %% [markdown]
# ## 2. One denoise step (lesson, section 2 and "Your Turn: One Denoise Step")
#
# Fill in the blank `___`.

# %%
def denoise(noisy: list[float], predicted_noise: list[float]) -> list[float]:
    """Take the noise off that the model says is there (section 2: predict the noise, then subtract it).

    x = noisy - predicted_noise, value by value

    noisy, predicted_noise: n numbers each. Returns n numbers.

    Nothing is limited to a range: a value may be negative or above 1. Both arguments stay as they are.

    >>> [round(float(v), 4) for v in denoise([1.1, 0.4, 0.9], [0.2, 0.1, 0.3])]
    [0.9, 0.3, 0.6]

    What is checked: denoise.values (15) for lists of your own, with noise of both signs; 5 of the 15 for both
    arguments being as before.
    You may use: lists, loops, numpy.
    """
    return [x - ___ for x, p in zip(noisy, predicted_noise)]


# %%
if __name__ == "__main__":
    noisy, predicted_noise = [1.1, 0.4, 0.9], [0.2, 0.1, 0.3]
    denoised = attempt(denoise, noisy, predicted_noise)
    if denoised is not None:
        show("one step back", {"noisy": noisy, "predicted noise": predicted_noise, "denoised": denoised}, marks="o-")


# %% [markdown]
# ## 3. How good is a prediction? (lesson, section 4)
#
# From here on there are no blanks: write the body yourself.

# %%
def mse(predicted: list[float], actual: list[float]) -> float:
    """Score a prediction of noise (section 4: the loss is the mean squared error on the noise).

    mse = (1/n) * sum over i of (predicted_i - actual_i)^2

    predicted, actual: n numbers each, n at least 1. Returns one number, 0 for a perfect prediction.

    The mean is over all n values; there is no root and no factor 1/2.

    >>> round(float(mse([1.0, 2.0, 3.0], [1.0, 2.0, 5.0])), 4)
    1.3333

    What is checked: mse.values (10) for lists of your own, and that a perfect prediction scores 0.
    You may use: lists, loops, numpy.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    random.seed(3)
    true_noise = [random.gauss(0, 1) for _ in range(4)]
    trust = [k / 10 for k in range(11)]  # 0 predicts nothing, 1 predicts the noise exactly
    if attempt(mse, true_noise, true_noise) is not None:
        losses = [mse([share * n for n in true_noise], true_noise) for share in trust]
        show("loss from knowing nothing (0.856) to knowing all", {"mse": losses}, marks="o-")


# %% [markdown]
# ## 4. From static to a signal (lesson, section 3)

# %%
def toy_sample(x: list[float], target: list[float], total_steps: int) -> list[list[float]]:
    """Walk from noise to a signal, a little at each step (section 3: denoise again and again, clock running down).

    for step = total_steps, ..., 2, 1:   x <- x + (target - x) / step

    x: n numbers, the noise to start from. target: n numbers. total_steps: at least 1. Returns `total_steps` rows of n
    numbers: the state after each step, the last row is target.

    The share is 1/step of what is left at that moment, so all strides of a value are equally long. The start is not a
    row. x and target stay as they are.

    >>> [[round(float(v), 4) for v in row] for row in toy_sample([0.0, 4.0], [1.0, 0.0], 4)]
    [[0.25, 3.0], [0.5, 2.0], [0.75, 1.0], [1.0, 0.0]]

    What is checked: toy_sample.values (15) every row of a walk of your own, and a walk of a single step; 5 of the 15
    for x and target being as before.
    You may use: lists, loops, numpy.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    random.seed(7)
    static = [random.gauss(0, 1) for _ in range(5)]  # [-0.26, 0.51, -0.23, -0.32, -0.93]
    path = attempt(toy_sample, static, [0.9, 0.7, 0.5, 0.3, 0.1], 8)
    if path is not None:
        show("from static to a signal", {"static": static, "half-way": path[3], "at the end": path[-1]}, marks="o-")


# %% [markdown]
# ## 5. Mini challenge: noise it, then denoise it
#
# Only an outline is left. To keep it simple, one step adds the *same* draw to every value here.

# %%
def noise_then_denoise(clean: list[float], steps: int, std: float, seed: int) -> list:
    """Noise a signal, predict that noise perfectly, and land where you began (lesson, "Mini Challenge").

    noisy = clean + (n_1 + ... + n_steps),  predicted = n_1 + ... + n_steps,  recovered = noisy - predicted

    clean: n numbers. steps: at least 1. std: spread of one draw. seed: a whole number. Returns a list of four:
    noisy (n numbers), predicted (n numbers), recovered (n numbers), and the largest |recovered - clean| (one number).

    Call random.seed(seed) once. One random.gauss(0, std) a step, added to every value. predicted holds the sum of the
    draws once for each position, even though all its entries are alike. clean stays as it is.

    >>> noisy, predicted, recovered, error = noise_then_denoise([0.8, 0.5, 0.2], 3, 0.1, seed=0)
    >>> [[round(float(v), 4) for v in part] for part in (noisy, predicted, recovered)]
    [[0.6865, 0.3865, 0.0865], [-0.1135, -0.1135, -0.1135], [0.8, 0.5, 0.2]]
    >>> float(error) < 0.000005
    True

    What is checked: mini.noisy (7) and mini.recovered (8, with predicted) for a signal of your own; mini.error (5) the
    fourth value is the distance of your own recovered from clean.
    You may use: the random module, lists, loops, numpy, and denoise from above.
    """
    # 1. set the seed; make a working copy of clean and an empty list for the draws
    # 2. `steps` times: draw one number, keep it, add it to every value of the copy
    # 3. predicted: the sum of all draws, once for each position
    # 4. recovered: one denoise step
    # 5. error: the largest distance between recovered and clean
    raise NotImplementedError


# %%
if __name__ == "__main__":
    parts = attempt(noise_then_denoise, [0.8, 0.5, 0.2], 3, 0.1, 0)
    if parts is not None:
        show("there and back", dict(zip(["noisy", "predicted", "recovered"], parts)), marks="o-")
