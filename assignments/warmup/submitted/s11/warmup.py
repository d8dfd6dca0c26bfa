import random


def noise_signal(signal, steps, std, seed)
    random.seed(seed)
    x = list(signal)
    path = []
    for step in range(steps):
        x = [v + random.gauss(0, std) for v in x]
        path.append(x)
    return path


def denoise(noisy, predicted_noise):
    return [x - p for x, p in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    return sum((p - a) ** 2 for p, a in zip(predicted, actual)) / len(predicted)
