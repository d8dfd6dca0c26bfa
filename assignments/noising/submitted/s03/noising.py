import numpy as np
import torch

def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return np.linspace(beta_start, beta_end, T)

def cosine_betas(T, s=0.008, max_beta=0.999):
    grid = np.linspace(0, 1, T + 1)
    f = np.cos((grid + s) / (1 + s) * np.pi / 2) ** 2
    return np.clip(1 - f[1:] / f[:-1], 0, max_beta)

def alpha_bars(betas):
    return np.cumprod(1 - betas)

def forward_step(x, t, betas, eps):
    # same as in the warm-up: just add the noise of this step
    return x + np.sqrt(betas[t]) * eps

def q_sample(x0, t, alpha_bar, eps):
    a = alpha_bar[t].view(-1, *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps

def q_sample_own(x0, t, alpha_bar, seed):
    gen = torch.Generator().manual_seed(seed)
    return q_sample(x0, t, alpha_bar, torch.randn(x0.shape, generator=gen))

def snr(alpha_bar):
    return alpha_bar / (1 - alpha_bar)
