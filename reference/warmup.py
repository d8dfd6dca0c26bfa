"""Sculpting from static: noise a short list of numbers by hand, take the noise off again, score a prediction.

Only the standard library. The noise here is added without shrinking the signal, as in the lesson; the form that keeps
the variance (Ho et al. 2020, arXiv:2006.11239) comes with `noising`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence


def noise_signal(signal: Sequence[float], steps: int, std: float, seed: int) -> list[list[float]]:
    """Add Gaussian noise to every value, `steps` times over; the state after each step.

    signal: n numbers, left as they are. std: standard deviation of one step's noise. seed: goes to `random.seed` once.
    One `random.gauss(0, std)` a value, left to right, step by step. Returns `steps` rows of n, without the clean start.
    """
    random.seed(seed)
    x = list(signal)
    path = []
    for _ in range(steps):
        x = [v + random.gauss(0, std) for v in x]
        path.append(x)
    return path


def denoise(noisy: Sequence[float], predicted_noise: Sequence[float]) -> list[float]:
    """Take the predicted noise off, value by value. Both arguments and the result hold n numbers."""
    return [v - p for v, p in zip(noisy, predicted_noise, strict=True)]


def mse(predicted: Sequence[float], actual: Sequence[float]) -> float:
    """Mean squared error of two lists of n numbers: the loss of Ho et al. 2020, eq. 14, on one example."""
    squares = [(p - a) ** 2 for p, a in zip(predicted, actual, strict=True)]
    return sum(squares) / len(squares)


def toy_sample(x: Sequence[float], target: Sequence[float], total_steps: int) -> list[list[float]]:
    """Walk from x to target: at step = total_steps, ..., 1 move every value 1/step of the way that is left.

    x, target: n numbers each. Returns `total_steps` rows of n, the state after each step; the last row is the target.
    """
    path = []
    for step in range(total_steps, 0, -1):
        x = [v + (goal - v) / step for v, goal in zip(x, target, strict=True)]
        path.append(x)
    return path


def noise_then_denoise(clean: Sequence[float], steps: int, std: float, seed: int) -> list:
    """Noise a signal with one draw a step, shared by all values, then undo all of it in one step.

    Returns [noisy, predicted, recovered, error]: three lists of n numbers, and the largest |recovered - clean|.
    predicted is the sum of the draws at every position, so recovered is clean up to rounding.
    """
    random.seed(seed)
    noisy, drawn = list(clean), []
    for _ in range(steps):
        n = random.gauss(0, std)
        drawn.append(n)
        noisy = [v + n for v in noisy]
    predicted = [sum(drawn)] * len(noisy)
    recovered = denoise(noisy, predicted)
    error = max(abs(r - c) for r, c in zip(recovered, clean, strict=True))
    return [noisy, predicted, recovered, error]
