import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return torch.linspace(beta_start, beta_end, T)


def cosine_betas(T, s=0.008, max_beta=0.999):
    u = torch.linspace(0, 1, T + 1, dtype=torch.float64)
    f = torch.cos((u + s) / (1 + s) * torch.pi / 2) ** 2
    return (1 - f[1:] / f[:-1]).clamp(max=0.999)


def alpha_bars(betas):
    return np.cumprod(1 - betas)


def forward_step(x, t, betas, eps):
    return np.sqrt(1 - betas[t]) * x + np.sqrt(betas[t]) * eps


def q_sample(x0, t, alpha_bar, eps):
    return alpha_bar[t].sqrt() * x0 + (1 - alpha_bar[t]).sqrt() * eps


def q_sample_own(x0, t, alpha_bar, seed):
    a = alpha_bar[t][:, None, None, None]
    torch.manual_seed(seed)
    return a.sqrt() * x0 + (1 - a).sqrt() * torch.randn(1, *x0.shape[1:])


def snr(alpha_bar):
    return alpha_bar / (1 - alpha_bar)
