# finished on Sunday night, sorry
import random as rnd

def noise_signal(signal, steps, std, seed):
    rnd.seed(seed)
    rows = []
    last = signal
    for _ in range(steps):
        new_row = []
        for pixel in last:
            new_row.append(pixel + rnd.gauss(0, std))
        rows.append(new_row)
        last = new_row
    return rows

def denoise(noisy, predicted_noise):
    out = []
    for a, b in zip(noisy, predicted_noise):
        out.append(a - b)
    return out

def mse(predicted, actual):
    s = 0.0
    for p, a in zip(predicted, actual):
        s += (p - a) * (p - a)
    return s / len(actual)

def toy_sample(x, target, total_steps):
    rows = []
    last = x
    for step in range(total_steps, 0, -1):
        last = [pixel + (goal - pixel) / step for pixel, goal in zip(last, target)]
        rows.append(last)
    return rows

def noise_then_denoise(clean, steps, std, seed):
    rnd.seed(seed)
    noise_added = []
    noisy = list(clean)
    for _ in range(steps):
        n = rnd.gauss(0, std)
        noise_added.append(n)
        noisy = [pixel + n for pixel in noisy]
    predicted = [sum(noise_added)] * len(clean)
    recovered = denoise(noisy, predicted)
    far = 0.0
    for a, b in zip(recovered, clean):
        if abs(a - b) > far:
            far = abs(a - b)
    return [noisy, predicted, recovered, far]
