import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(beta_start, beta_end, T)


def cosine_betas(T, s=0.008, max_beta=0.999):
    # no offset: it is tiny anyway
    x = np.arange(T + 1) / T
    f = np.cos(x * np.pi / 2) ** 2
    return np.minimum(1 - f[1:] / f[:-1], max_beta)


def alpha_bars(betas):
    return np.cumsum(1 - betas)


def forward_step(x, t, betas, eps):
    return np.sqrt(1 - betas[t]) * x + np.sqrt(betas[t]) * eps


def q_sample(x0, t, alpha_bar, eps):
    a = alpha_bar[t].reshape([-1] + [1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a.sqrt()) * eps


def q_sample_own(x0, t, alpha_bar, seed):
    a = alpha_bar[t].reshape([-1] + [1] * (x0.ndim - 1))
    torch.manual_seed(seed)
    return a.sqrt() * x0 + torch.sqrt(1 - a) * torch.randn_like(x0)


def snr(alpha_bar):
    return alpha_bar / (1 - alpha_bar)
