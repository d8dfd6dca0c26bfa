import numpy as np
import torch
from tqdm import tqdm


def strided_timesteps(T, n):
    return list(range(0, T, T // n))[:n][::-1]


def start_noise(shape, seed):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(1, *shape[1:], generator=g).repeat(shape[0], *[1] * (len(shape) - 1))


@torch.no_grad()
def ddpm_sample(model, x_T, betas, noises):
    alphas = 1 - betas
    bar = torch.cumprod(alphas, 0)
    prev = torch.cat([torch.ones(1), bar[:-1]])
    x = x_T
    for i, t in enumerate(tqdm(range(len(betas) - 1, -1, -1))):
        eps = model(x, torch.full((len(x),), t))
        z = noises[i] if t > 0 else 0  # i-th noise for the i-th step
        x = (x - betas[t] / (1 - bar[t]).sqrt() * eps) / alphas[t].sqrt() + (betas[t] * (1 - prev[t]) / (1 - bar[t])).sqrt() * z
    return x


@torch.no_grad()
def ddim_sample(model, x_T, alpha_bar, timesteps):
    x = x_T
    T = len(alpha_bar)
    pairs = list(zip(timesteps[:-1], timesteps[1:]))
    for t, s in pairs:
        eps = model(x, torch.full((len(x),), t))
        x0 = (x - (1 - alpha_bar[t]).sqrt() * eps) / alpha_bar[t].sqrt()
        x0 = x0.clamp(-1, 1)
        x = alpha_bar[s].sqrt() * x0 + (1 - alpha_bar[s]).sqrt() * eps
    return x


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    full = ddim_sample(model, x_T, alpha_bar, list(range(T))[::-1])
    return [((ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n)) - full) ** 2).mean().sqrt().item() for n in counts]
