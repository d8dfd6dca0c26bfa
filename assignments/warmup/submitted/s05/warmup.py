import random

signal = [0.9, 0.7, 0.5, 0.3, 0.1]
print("first value:", singal[0])


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    x, path = list(signal), []
    for step in range(steps):
        x = [v + random.gauss(0, std) for v in x]
        path.append(x)
    return path


def denoise(noisy, predicted_noise):
    return [x - p for x, p in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    squares = [(p - a) ** 2 for p, a in zip(predicted, actual)]
    return sum(squares) / squares  # TypeError: that is the list, not its length


def toy_sample(x, target, total_steps):
    path = []
    for step in range(total_steps, 0, -1):
        x = [v + (g - v) / step for v, g in zip(x, target)]
        path.append(x)
    return path


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    noisy, added = list(clean), 0.0
    for _ in range(steps):
        n = random.gauss(0, std)
        added = added + n
        noisy = [v + n for v in noisy]
    predicted = [added] * len(clean)
    recovered = denoise(noisy, predicted)
    return [noisy, predicted, recovered, max(abs(r - c) for r, c in zip(recovered, clean))]
