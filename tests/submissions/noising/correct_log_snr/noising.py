"""The whole process in terms of the log signal-to-noise ratio."""
import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return torch.linspace(beta_start, beta_end, T, dtype=torch.float64)


def cosine_betas(T, s=0.008, max_beta=0.999):
    u = torch.linspace(0, 1, T + 1, dtype=torch.float64)
    log_f = 2 * torch.log(torch.cos((u + s) / (1 + s) * torch.pi / 2).clamp_min(1e-30))
    return (-torch.expm1(log_f.diff())).clamp_max(max_beta)


def alpha_bars(betas):
    return torch.cumprod(1 - torch.from_numpy(betas), 0)


def forward_step(x, t, betas, eps):
    logit = np.log1p(-betas[t]) - np.log(betas[t])
    return np.sqrt(1 / (1 + np.exp(-logit))) * x + np.sqrt(1 / (1 + np.exp(logit))) * eps


def q_sample(x0, t, alpha_bar, eps):
    log_snr = torch.logit(alpha_bar.double())[t]
    log_snr = log_snr[(...,) + (None,) * (x0.ndim - 1)]
    return torch.sigmoid(log_snr).sqrt() * x0 + torch.sigmoid(-log_snr).sqrt() * eps


def q_sample_own(x0, t, alpha_bar, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        eps = torch.randn_like(x0)
    return q_sample(x0, t, alpha_bar, eps)


def snr(alpha_bar):
    return np.exp(np.log(alpha_bar) - np.log1p(-alpha_bar))
