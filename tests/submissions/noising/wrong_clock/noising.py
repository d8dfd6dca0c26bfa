"""t = 0 is taken for the clean end, in every function that has a clock."""
import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(beta_start, beta_end, T, endpoint=False)


def cosine_betas(T, s=0.008, max_beta=0.999):
    u = np.arange(T + 1) / T
    f = np.cos((u + s) / (1 + s) * np.pi / 2) ** 2
    return np.append(0.0, np.minimum(1 - f[1:] / f[:-1], max_beta)[:-1])


def alpha_bars(betas):
    return np.append(1.0, np.cumprod(1 - betas)[:-1])


def forward_step(x, t, betas, eps):
    beta = betas[t - 1]
    return np.sqrt(1 - beta) * x + np.sqrt(beta) * eps


def q_sample(x0, t, alpha_bar, eps):
    shifted = torch.cat([torch.ones(1), alpha_bar[:-1]])
    a = shifted[t].reshape(-1, *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def q_sample_own(x0, t, alpha_bar, seed):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def snr(alpha_bar):
    return (1 - alpha_bar) / alpha_bar
