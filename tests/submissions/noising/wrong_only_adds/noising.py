"""The lesson's toy step, taken for the real one."""
import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(beta_start, beta_end, T)


def cosine_betas(T, s=0.008, max_beta=0.999):
    u = np.arange(1, T + 1) / T
    f = np.cos((u + s) / (1 + s) * np.pi / 2) ** 2
    return np.minimum(1 - f / np.cos(s / (1 + s) * np.pi / 2) ** 2, max_beta)


def alpha_bars(betas):
    return 1 - np.cumsum(betas)


def forward_step(x, t, betas, eps):
    return x + np.sqrt(betas[t]) * eps


def q_sample(x0, t, alpha_bar, eps):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    return x0 + (1 - a).sqrt() * eps


def q_sample_own(x0, t, alpha_bar, seed):
    return q_sample(x0, t, alpha_bar, torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed)))


def snr(alpha_bar):
    return alpha_bar
