# The forward process
import numpy as np
import torch
from torch import LongTensor, Tensor


def linear_betas(T: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> np.ndarray:
    return np.linspace(beta_start, beta_end, T)


def cosine_betas(T: int, s: float = 0.008, max_beta: float = 0.999) -> np.ndarray:
    u = np.arange(T + 1) / T
    f = np.cos((u + s) / (1 + s) * np.pi / 2) ** 2
    betas = 1 - f[1:] / f[:-1]
    return np.minimum(betas, max_beta)


def alpha_bars(betas: np.ndarray) -> np.ndarray:
    return np.cumprod(1 - betas)


def forward_step(x: np.ndarray, t: int, betas: np.ndarray, eps: np.ndarray) -> np.ndarray:
    return np.sqrt(1 - betas[t]) * x + np.sqrt(betas[t]) * eps


def q_sample(x0: Tensor, t: LongTensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    a = alpha_bar[t]
    while a.ndim < x0.ndim:
        a = a.unsqueeze(-1)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def q_sample_own(x0: Tensor, t: LongTensor, alpha_bar: Tensor, seed: int) -> Tensor:
    g = torch.Generator()
    g.manual_seed(seed)
    eps = torch.randn(x0.shape, generator=g)
    return q_sample(x0, t, alpha_bar, eps)


def snr(alpha_bar: np.ndarray) -> np.ndarray:
    return alpha_bar / (1 - alpha_bar)
