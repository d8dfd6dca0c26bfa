import random

import numpy as np


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    n = np.array([[random.gauss(0, std) for _ in signal] for _ in range(steps)])
    return np.asarray(signal) + np.cumsum(n, axis=0)


def denoise(noisy, predicted_noise):
    return np.subtract(noisy, predicted_noise)


def mse(predicted, actual):
    return np.mean(np.square(np.subtract(predicted, actual)))


def toy_sample(x, target, total_steps):
    x, target = np.array(x), np.array(target)
    out = np.empty((total_steps, len(x)))
    for row, step in enumerate(range(total_steps, 0, -1)):
        x = x + (target - x) / step
        out[row] = x
    return out


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    total = np.sum([random.gauss(0, std) for _ in range(steps)])
    noisy = np.array(clean) + total
    predicted = np.full(len(clean), total)
    recovered = denoise(noisy, predicted)
    return [noisy, predicted, recovered, np.abs(recovered - np.array(clean)).max()]
