import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.2):
    return np.linspace(beta_start, beta_end, T)


def cosine_betas(T, s=0.008, max_beta=0.999):
    u = np.arange(T + 1) / T
    f = np.cos((u + 0.008) / 1.008 * np.pi / 2) ** 2
    return np.minimum(1 - f[1:] / f[:-1], max_beta)


def alpha_bars(betas):
    return np.sqrt(np.cumprod(1 - betas))


def forward_step(x, t, betas, eps):
    return np.clip(np.sqrt(1 - betas[t]) * x + np.sqrt(betas[t]) * eps, -1, 1)


def q_sample(x0, t, alpha_bar, eps):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    return (a.sqrt() * x0 + (1 - a).sqrt() * eps).clamp(-1, 1)


def q_sample_own(x0, t, alpha_bar, seed):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    eps = torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed)).clamp(-1, 1)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def snr(alpha_bar):
    return 10 * np.log10(alpha_bar / (1 - alpha_bar))
