import random

def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    pixels = signal[:]
    history = []
    for i in range(steps):
        n = random.gauss(0, std)
        pixels = [p + n for p in pixels]
        history.append(pixels)
    return history

def denoise(noisy, predicted_noise):
    return [a - b for a, b in zip(noisy, predicted_noise)]

def mse(predicted, actual):
    return sum([(predicted[i] - actual[i]) ** 2 for i in range(len(actual))]) / len(actual)

def toy_sample(x, target, total_steps):
    states = []
    for step in range(total_steps, 0, -1):
        x = [xi - (xi - ti) / step for xi, ti in zip(x, target)]
        states.append(x)
    return states

def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    noisy = clean[:]
    total = 0
    for i in range(steps):
        n = random.gauss(0, std)
        total += n
        noisy = [p + n for p in noisy]
    predicted = [total] * len(clean)
    recovered = denoise(noisy, predicted)
    return [noisy, predicted, recovered, max([abs(a - b) for a, b in zip(recovered, clean)])]
