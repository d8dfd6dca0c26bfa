import random


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    x = list(signal)
    path = []
    for _ in range(steps):
        for i, v in enumerate(x):
            x[i] = v + random.gauss(0, std)
        path.append(x)  # the same list every time
    return path


def denoise(noisy, predicted_noise):
    return [x - p for x, p in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    return (sum((p - a) ** 2 for p, a in zip(predicted, actual)) / len(predicted)) ** 0.5


def toy_sample(x, target, total_steps):
    path = []
    for step in range(1, total_steps + 1):
        x = [v + (g - v) / step for v, g in zip(x, target)]
        path.append(x)
    return path


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    noisy, added = list(clean), []
    for _ in range(steps):
        added.append(random.gauss(0, std))
        noisy = [v + added[-1] for v in noisy]
    predicted = [added[-1]] * len(clean)
    recovered = denoise(noisy, predicted)
    return [noisy, predicted, recovered, max(abs(r - c) for r, c in zip(recovered, clean))]
