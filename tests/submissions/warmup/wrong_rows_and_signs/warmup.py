import random


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    path = [list(signal)]
    for _ in range(steps):
        path.append([v + random.gauss(0, std) for v in path[-1]])
    return path


def denoise(noisy, predicted_noise):
    return [x + p for x, p in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    return (sum(p - a for p, a in zip(predicted, actual)) / len(predicted)) ** 2


def toy_sample(x, target, total_steps):
    path = []
    for step in range(total_steps, 1, -1):
        x = [v + (g - v) / step for v, g in zip(x, target)]
        path.append(x)
    return path


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    noisy, added = list(clean), []
    for _ in range(steps):
        n = random.gauss(0, std)
        added.append(n)
        noisy = [v + n for v in noisy]
    predicted = [sum(added)] * len(clean)
    recovered = denoise(noisy, predicted)
    return [noisy, predicted, recovered, max(abs(r - c) for r, c in zip(recovered, clean))]
