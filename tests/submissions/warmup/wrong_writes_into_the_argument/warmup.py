import random


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    path = []
    for _ in range(steps):
        for i in range(len(signal)):
            signal[i] += random.gauss(0, std)
        path.append(signal.copy())
    return path


def denoise(noisy, predicted_noise):
    return [x - p for x, p in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    return sum((p - a) ** 2 for p, a in zip(predicted, actual)) / len(predicted)


def toy_sample(x, target, total_steps):
    path = []
    for step in range(total_steps, 0, -1):
        x = [v + (g - v) / step for v, g in zip(x, target)]
        path.append(x)
    return path


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    noisy, total = list(clean), 0.0
    for _ in range(steps):
        n = random.gauss(0, std)
        total += n
        noisy = [v + n for v in noisy]
    recovered = [v - total for v in noisy]
    return [noisy, [total] * len(clean), recovered, max(abs(r - c) for r, c in zip(recovered, clean))]
