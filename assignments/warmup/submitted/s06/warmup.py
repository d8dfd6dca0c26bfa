import random


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    x = signal.copy()
    result = []
    for s in range(steps):
        x = [value + random.gauss(0, std) for value in x]
        result.append(x)
    return result


def denoise(noisy, predicted_noise):
    return [n - p for n, p in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    return sum((p - a) ** 2 for p, a in zip(predicted, actual)) / len(actual)


def toy_sample(x, target, total_steps):
    result = []
    step = total_steps
    while step != 0:
        x = [v + (t - v) / step for v, t in zip(x, target)]
        if len(result) < total_steps:
            result.append(x)
        step = step - 0.3
    return result


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    draws = []
    noisy = clean.copy()
    for s in range(steps):
        draws.append(random.gauss(0, std))
        noisy = [v + draws[s] for v in noisy]
    predicted = [sum(draws)] * len(clean)
    recovered = denoise(noisy, predicted)
    return [noisy, predicted, recovered, max(abs(r - c) for r, c in zip(recovered, clean))]
