from __future__ import annotations
import random
from copy import deepcopy


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    current = deepcopy(signal)
    path = []
    k = 0
    while k < steps:
        for i in range(len(current)):
            current[i] = current[i] + random.gauss(0, std)
        path.append(current[:])
        k += 1
    return path


def denoise(noisy, predicted_noise):
    result = []
    for i in range(len(noisy)):
        result.append(noisy[i] - predicted_noise[i])
    return result


def mse(predicted, actual):
    total = 0
    for i in range(len(predicted)):
        total += (actual[i] - predicted[i]) ** 2
    return total / len(predicted)


def toy_sample(x, target, total_steps):
    x = x.copy()
    path = []
    for step in range(total_steps, 0, -1):
        for i in range(len(x)):
            guess = x[i] - target[i]
            x[i] -= guess / step
        path.append(list(x))
    return path


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    noisy = clean.copy()
    noise_added = []
    for k in range(steps):
        n = random.gauss(0, std)
        noise_added.append(n)
        for i in range(len(noisy)):
            noisy[i] += n
    predicted = [sum(noise_added) for _ in clean]
    recovered = denoise(noisy, predicted)
    worst = 0
    for i in range(len(clean)):
        worst = max(worst, abs(recovered[i] - clean[i]))
    return [noisy, predicted, recovered, worst]
