"""k-diffusion habits: sigmas and ancestral steps."""
import numpy as np
import torch


def strided_timesteps(T, n):
    return [int(t) for t in np.linspace(T, 0, n, endpoint=False) - 1]


def start_noise(shape, seed):
    torch.manual_seed(seed)
    return torch.rand(shape) * 2 - 1


def _sigmas(bar):
    return ((1 - bar) / bar).sqrt()


def ddpm_sample(model, x_T, betas, noises):
    bar = torch.cumprod(1 - betas, 0)
    s = torch.cat([torch.zeros(1), _sigmas(bar)])
    x = x_T * s[-1]  # k-diffusion starts at sigma_max
    for t in range(len(betas) - 1, -1, -1):
        now, then = s[t + 1], s[t]
        up = (then**2 * (now**2 - then**2) / now**2).sqrt()
        down = (then**2 - up**2).sqrt()
        eps = model(x / (1 + now**2).sqrt(), torch.full((len(x),), t))
        x = x + (down - now) * eps + up * noises[t]
    return x


def ddim_sample(model, x_T, alpha_bar, timesteps):
    s = [_sigmas(alpha_bar[t]) for t in timesteps] + [0.0]
    x = x_T
    for t, now, then in zip(timesteps, s, s[1:]):
        eps = model(x, torch.full((len(x),), t))
        x = x + (then - now) * eps
    return x


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    full = ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, T))
    return [float((ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n)) - full).abs().max()) for n in counts]
