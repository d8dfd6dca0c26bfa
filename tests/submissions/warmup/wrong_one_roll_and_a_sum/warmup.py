import random


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    x, path = list(signal), []
    for _ in range(steps):
        noise = random.gauss(0, std)
        x = [v + noise for v in x]
        path.append(x)
    return path


def denoise(noisy, predicted_noise):
    return [x - p for x, p in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    return sum((p - a) ** 2 for p, a in zip(predicted, actual))


def toy_sample(x, target, total_steps):
    path = []
    for step in range(total_steps, 0, -1):
        x = [v + (g - v) / step for v, g in zip(x, target)]
        path.append(x)
    return path


def noise_then_denoise(clean, steps, std, seed):
    path = noise_signal(clean, steps, std, seed)
    noisy = path[-1]
    predicted = denoise(noisy, clean)
    recovered = denoise(noisy, predicted)
    return [noisy, predicted, recovered, max(abs(r - c) for r, c in zip(recovered, clean))]
