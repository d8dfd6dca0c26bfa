import random
from math import sqrt

def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    x = list(signal)
    path = []
    for k in range(steps):
        # variance -> standard deviation
        x = [v + random.gauss(0, sqrt(std)) for v in x]
        path.append(x)
    return path

def denoise(noisy, predicted_noise):
    return [n - p for n, p in zip(noisy, predicted_noise)]

def mse(predicted, actual):
    # root mean squared error
    return sqrt(sum((p - a) ** 2 for p, a in zip(predicted, actual)) / len(actual))

def toy_sample(x, target, total_steps):
    path = []
    for step in range(total_steps, 0, -1):
        x = [v + (t - v) / total_steps for v, t in zip(x, target)]
        path.append(x)
    return path

def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    noise = [random.gauss(0, std) for _ in range(steps)]
    noisy = [c + sum(noise) for c in clean]
    predicted = [sum(noise)] * len(clean)
    recovered = denoise(noisy, predicted)
    return [noisy, predicted, recovered, max(abs(r - c) for r, c in zip(recovered, clean))]
