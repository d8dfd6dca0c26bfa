import random


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    path, x = [], signal[:]
    for s in range(steps):
        x = [v * (1 - std**2) ** 0.5 + random.gauss(0, std) for v in x]  # keeps the variance, as in DDPM
        path.append(x)
    return path


def denoise(noisy, predicted_noise):
    return [max(0.0, min(1.0, a - b)) for a, b in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    s = 0
    for i in range(len(actual) - 1):
        s += (predicted[i] - actual[i]) ** 2
    return s / len(actual)


def toy_sample(x, target, total_steps):
    rows = []
    for step in range(total_steps):
        x = [v + (t - v) / total_steps for v, t in zip(x, target)]
        rows.append(x)
    return rows


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    noisy, pred = clean[:], [0.0] * len(clean)
    for _ in range(steps):
        for i in range(len(noisy)):
            n = random.gauss(0, std)
            noisy[i] += n
            pred[i] += n
    rec = [a - b for a, b in zip(noisy, pred)]
    return [noisy, pred, rec, sum(abs(a - b) for a, b in zip(rec, clean))]
