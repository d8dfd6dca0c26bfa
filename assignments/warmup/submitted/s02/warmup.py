"""Same thing, as a small linear algebra exercise (float64, no Python loops over pixels)."""
from random import Random

import torch

torch.set_default_dtype(torch.float64)


def _rolls(seed, *shape, std):
    gen = Random(seed)
    n = torch.Size(shape).numel()
    return torch.tensor([gen.gauss(0.0, std) for _ in range(n)]).reshape(shape)


def noise_signal(signal, steps, std, seed):
    lower = torch.ones(steps, steps).tril()  # running sums as one matrix product
    return torch.tensor(signal) + lower @ _rolls(seed, steps, len(signal), std=std)


def denoise(noisy, predicted_noise):
    return torch.tensor(noisy).sub(torch.tensor(predicted_noise))


def mse(predicted, actual):
    residual = torch.tensor(predicted) - torch.tensor(actual)
    return residual @ residual / residual.numel()


def toy_sample(x, target, total_steps):
    done = torch.arange(1, total_steps + 1) / total_steps
    return torch.outer(1 - done, torch.tensor(x)) + torch.outer(done, torch.tensor(target))


def noise_then_denoise(clean, steps, std, seed):
    clean = torch.tensor(clean)
    push = _rolls(seed, steps, std=std).sum()
    noisy = clean + push
    predicted = push * torch.ones_like(clean)
    recovered = noisy - predicted
    return noisy, predicted, recovered, torch.linalg.vector_norm(recovered - clean, ord=float("inf"))
