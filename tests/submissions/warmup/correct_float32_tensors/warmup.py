import random

import torch

f32 = torch.float32


def noise_signal(signal, steps, std, seed):
    random.seed(seed)
    x = torch.tensor(signal, dtype=f32)
    rows = []
    for _ in range(steps):
        x = x + torch.tensor([random.gauss(0, std) for _ in signal], dtype=f32)
        rows.append(x)
    return torch.stack(rows)


def denoise(noisy, predicted_noise):
    return torch.tensor(noisy, dtype=f32) - torch.tensor(predicted_noise, dtype=f32)


def mse(predicted, actual):
    return torch.nn.functional.mse_loss(torch.tensor(predicted, dtype=f32), torch.tensor(actual, dtype=f32))


def toy_sample(x, target, total_steps):
    x, target = torch.tensor(x, dtype=f32), torch.tensor(target, dtype=f32)
    rows = []
    for step in reversed(range(1, total_steps + 1)):
        x = torch.lerp(x, target, 1 / step)
        rows.append(x)
    return rows


def noise_then_denoise(clean, steps, std, seed):
    random.seed(seed)
    clean = torch.tensor(clean, dtype=f32)
    drawn = torch.tensor([random.gauss(0, std) for _ in range(steps)], dtype=f32)
    predicted = drawn.sum().expand(len(clean))
    noisy = clean + predicted
    recovered = noisy - predicted
    return noisy, predicted, recovered, (recovered - clean).abs().max()
