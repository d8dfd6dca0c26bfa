import numpy as np


def noise_signal(signal, steps, std, seed):
    np.random.seed(seed)
    x = np.array(signal)
    path = []
    for _ in range(steps):
        x = x + np.random.normal(0, std, size=len(x))
        path.append(x)
    return np.stack(path)


def denoise(noisy, predicted_noise):
    return np.array(noisy) - np.array(predicted_noise)


def mse(predicted, actual):
    return ((np.array(predicted) - np.array(actual)) ** 2).mean()


def toy_sample(x, target, total_steps):
    x, target = np.array(x), np.array(target)
    path = []
    for step in range(total_steps, 0, -1):
        x = x + (target - x) / step
        path.append(x)
    return path


def noise_then_denoise(clean, steps, std, seed):
    np.random.seed(seed)
    n = np.random.normal(0, std, size=steps)
    noisy = np.array(clean) + n.sum()
    predicted = np.full(len(clean), n.sum())
    recovered = noisy - predicted
    return [noisy, predicted, recovered, np.abs(recovered - np.array(clean)).max()]
