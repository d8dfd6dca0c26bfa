import random


def noise_signal(signal, steps, std, seed):
    x, path = list(signal), []
    for _ in range(steps):
        random.seed(seed)
        x = [v + random.gauss(0, std) for v in x]
        path.append(x)
    return path


def denoise(noisy, predicted_noise):
    return [min(1.0, max(0.0, x - p)) for x, p in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    return sum(abs(p - a) for p, a in zip(predicted, actual)) / len(predicted)


def toy_sample(x, target, total_steps):
    path = []
    for step in range(total_steps, 0, -1):
        x = [v + (g - v) / total_steps for v, g in zip(x, target)]
        path.append(x)
    return path


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    noisy, added = list(clean), []
    for _ in range(steps):
        n = random.gauss(0, std)
        added.append(n)
        noisy = [v + n for v in noisy]
    predicted = [sum(added) / len(added)] * len(clean)
    recovered = [v - p for v, p in zip(noisy, predicted)]
    return [noisy, predicted, recovered, max(abs(r - c) for r, c in zip(recovered, clean))]
