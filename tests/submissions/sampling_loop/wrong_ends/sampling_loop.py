import numpy as np
import torch


def ddpm_step(x_t, t, eps, betas, noise):
    alpha_bar = torch.cumprod(1 - betas, 0)
    mean = (x_t - betas[t] / (1 - alpha_bar[t]).sqrt() * eps) / (1 - betas[t]).sqrt()
    if t == 0:
        return mean
    return mean + (betas[t] * (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t])).sqrt() * noise


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a = alpha_bar[t]
    p = alpha_bar[t_prev] if t_prev >= 0 else torch.ones_like(a)
    x0 = (x_t - (1 - a).sqrt() * eps) / a.sqrt()
    sigma = eta * ((1 - p) / (1 - a) * (1 - a / p)).sqrt()
    x = p.sqrt() * x0 + (1 - p - sigma**2).sqrt() * eps
    return x + sigma * noise if eta > 0 else x

def strided_timesteps(T, n):
    return np.linspace(T - 1, 0, n, endpoint=False).round().astype(int).tolist()

def start_noise(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))

def ddpm_sample(model, x_T, betas, noises):
    x = x_T
    for t in range(len(betas) - 2, -1, -1):
        eps = model(x, torch.full((len(x),), t, dtype=torch.long))
        x = ddpm_step(x, t, eps, betas, noises[t])
    return x

def ddim_sample(model, x_T, alpha_bar, timesteps):
    x = x_T
    for i, t in enumerate(timesteps):
        t_prev = timesteps[i + 1] if i + 1 < len(timesteps) else 0
        eps = model(x, torch.full((len(x),), t, dtype=torch.long))
        x = ddim_step(x, t, t_prev, eps, alpha_bar)
    return x

def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    full = ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, T))
    return [(ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n)) - full).abs().mean().item() for n in counts]
