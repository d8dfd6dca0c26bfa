"""Generators, recursion, and no index anywhere."""
import random
from functools import reduce
from itertools import accumulate, islice, repeat


def _walk(state, dice, std):
    while True:
        state = [v + dice.gauss(0.0, std) for v in state]
        yield state


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    return tuple(islice(_walk(signal, random, std), steps))


def denoise(noisy, predicted_noise):
    return list(map(float.__sub__, map(float, noisy), map(float, predicted_noise)))


def mse(predicted, actual):
    def total(pairs):
        if not pairs:
            return 0.0
        (p, a), *rest = pairs
        return (p - a) * (p - a) + total(rest)

    return total(list(zip(predicted, actual))) / len(actual)


def toy_sample(x, target, total_steps):
    if total_steps == 0:
        return []
    moved = [v + (goal - v) / total_steps for v, goal in zip(x, target)]
    return [moved] + toy_sample(moved, target, total_steps - 1)


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    draws = [random.gauss(mu=0, sigma=std) for _ in repeat(None, steps)]
    *_, noisy = accumulate(draws, lambda state, n: [v + n for v in state], initial=clean)
    predicted = [reduce(float.__add__, draws)] * len(clean)
    recovered = denoise(noisy, predicted)
    return noisy, predicted, recovered, max(map(abs, map(float.__sub__, recovered, map(float, clean))))
