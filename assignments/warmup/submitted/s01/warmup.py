# Sculpting from static
import random


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    x = list(signal)
    path = []
    for step in range(steps):
        x = [v + random.gauss(0, std) for v in x]  # 1) one draw of Gaussian noise for this value
        path.append(x)  # 2) the state after this step
    return path


def denoise(noisy, predicted_noise):
    return [x - p for x, p in zip(noisy, predicted_noise)]


def mse(predicted, actual):
    diffs = [(p - a) ** 2 for p, a in zip(predicted, actual)]
    return sum(diffs) / len(diffs)


def toy_sample(x, target, total_steps):
    path = []
    for step in range(total_steps, 0, -1):
        x = [v + (goal - v) / step for v, goal in zip(x, target)]
        path.append(x)
    return path


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    noisy = list(clean)
    noise_added = []
    for _ in range(steps):
        n = random.gauss(0, std)
        noise_added.append(n)
        noisy = [v + n for v in noisy]
    predicted = [sum(noise_added) for _ in clean]
    recovered = denoise(noisy, predicted)
    error = max(abs(r - c) for r, c in zip(recovered, clean))
    return [noisy, predicted, recovered, error]


if __name__ == "__main__":
    for row in noise_signal([1.0, 0.6, 0.2], 3, 0.1, 0):
        print([round(v, 4) for v in row])
