import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return torch.linspace(beta_start, beta_end, T, dtype=torch.float64)


def cosine_betas(T, s=0.008, max_beta=0.999):
    grid = np.linspace(0, 1, T + 1)
    f = np.cos((grid + s) / (1 + s) * np.pi / 2) ** 2
    return np.clip(1 - f[1:] / f[:-1], 0, max_beta)


def alpha_bars(betas):
    return np.cumprod(1 - betas)


def forward_step(x, t, betas, eps):
    x *= np.sqrt(1 - betas[t])
    x += np.sqrt(betas[t]) * eps
    return x


def q_sample(x0, t, alpha_bar, eps):
    a = alpha_bar[t][(...,) + (None,) * (x0.ndim - 1)]
    eps *= torch.sqrt(1 - a)  # sized once, then added
    return a.sqrt() * x0 + eps


def q_sample_own(x0, t, alpha_bar, seed):
    pictures = []
    for picture, step in zip(x0, t):
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn(picture.shape, generator=generator)
        pictures.append(alpha_bar[step].sqrt() * picture + (1 - alpha_bar[step]).sqrt() * noise)
    return torch.stack(pictures)


def snr(alpha_bar):
    return 1 / (1 / alpha_bar - 1)
