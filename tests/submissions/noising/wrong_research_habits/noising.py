"""My repo's forward process. Works for CIFAR."""
import math
import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    scale = 1000 / T  # keeps the end noisy when T is small
    return np.linspace(scale * beta_start, scale * beta_end, T)


def cosine_betas(T, s=0.008, max_beta=0.999):
    x = torch.linspace(0, T, T, dtype=torch.float64)
    ac = torch.cos(((x / T) + s) / (1 + s) * math.pi * 0.5) ** 2
    ac = ac / ac[0]
    betas = 1 - ac[1:] / ac[:-1]
    return torch.clip(torch.cat([betas, betas[-1:]]), 0, max_beta)


def alpha_bars(betas):
    return torch.cumprod(torch.sqrt(1 - torch.as_tensor(betas)), 0)  # the signal rate


def forward_step(x, t, betas, eps):
    return np.sqrt(1 - betas[t]) * x + np.sqrt(betas[t]) * eps


def q_sample(x0, t, alpha_bar, eps):
    rate = alpha_bar[t].view(-1, 1, 1, 1)
    return rate.sqrt() * x0 + (1 - rate).sqrt() * eps


def q_sample_own(x0, t, alpha_bar, seed):
    torch.manual_seed(seed)
    return q_sample(x0, t, alpha_bar, torch.randn_like(x0[:1]).expand_as(x0))  # same noise for the whole batch


def snr(alpha_bar):
    return 10 * np.log10(alpha_bar / (1 - alpha_bar))
