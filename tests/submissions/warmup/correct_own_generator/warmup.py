"""A generator of its own, tuples everywhere, the walk in closed form."""
from itertools import accumulate
from random import Random


def noise_signal(signal, steps, std, seed):
    dice = Random(seed)

    def step(x, _):
        return tuple(v + std * dice.gauss(0.0, 1.0) for v in x)

    return tuple(accumulate(range(steps), step, initial=tuple(signal)))[1:]


def denoise(noisy, predicted_noise):
    return tuple(map(float.__sub__, map(float, noisy), map(float, predicted_noise)))


def mse(predicted, actual):
    pairs = tuple(zip(predicted, actual))
    return sum(p * p - 2 * p * a + a * a for p, a in pairs) / len(pairs)


def toy_sample(x, target, total_steps):
    return tuple(
        tuple(g + (v - g) * left / total_steps for v, g in zip(x, target)) for left in range(total_steps - 1, -1, -1)
    )


def noise_then_denoise(clean, steps, std, seed):
    dice = Random(seed)
    push = sum(dice.gauss(0, std) for _ in range(steps))
    noisy = tuple(v + push for v in clean)
    back = tuple(v - push for v in noisy)
    return noisy, (push,) * len(clean), back, max(abs(b - c) for b, c in zip(back, clean))
