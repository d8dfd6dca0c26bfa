"""The forward process q: noise schedules, one step, and the closed form that jumps to any step.

Numbers as in the course: t = 0..T-1, betas[t] a variance, alpha_bar[t] = prod_{s<=t} (1 - betas[s]), eps ~ N(0, 1).
Papers: DDPM is Ho et al. 2020 (arXiv:2006.11239), IDDPM Nichol and Dhariwal 2021 (arXiv:2102.09672), VDM Kingma et al.
2021 (arXiv:2107.00630). DDPM counts t from 1; its beta_1 is betas[0].
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def linear_betas(T: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> np.ndarray:
    """T variances from beta_start to beta_end in equal steps, both ends included (DDPM, section 4)."""
    return np.linspace(beta_start, beta_end, T)


def cosine_betas(T: int, s: float = 0.008, max_beta: float = 0.999) -> np.ndarray:
    """The T variances under which alpha_bar falls as a squared cosine, none above max_beta (IDDPM, eq. 17).

    f(u) = cos^2((u + s) / (1 + s) * pi / 2) at u = i / T, i = 0..T; beta_i = 1 - f_{i+1} / f_i.
    """
    u = np.arange(T + 1) / T
    f = np.cos((u + s) / (1 + s) * np.pi / 2) ** 2
    return np.minimum(1 - f[1:] / f[:-1], max_beta)


def alpha_bars(betas: np.ndarray) -> np.ndarray:
    """The share of the signal's variance left after each step: the running product of 1 - beta (DDPM, eq. 4)."""
    return np.cumprod(1 - betas)


def forward_step(x: np.ndarray, t: int, betas: np.ndarray, eps: np.ndarray) -> np.ndarray:
    """One step x_{t-1} -> x_t, a draw of q(x_t | x_{t-1}) with the noise eps (DDPM, eq. 2). x, eps: any one shape."""
    return np.sqrt(1 - betas[t]) * x + np.sqrt(betas[t]) * eps


def q_sample(x0: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """All steps up to t at once, a draw of q(x_t | x_0) with the noise eps (DDPM, eq. 4).

    x0, eps: (B, *) float, any number of axes. t: (B,) long, each example its own. alpha_bar: (T,). Returns (B, *).
    """
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def q_sample_own(x0: Tensor, t: Tensor, alpha_bar: Tensor, seed: int) -> Tensor:
    """`q_sample` with noise of its own: the same seed gives the same x_t, and no global generator moves."""
    generator = torch.Generator().manual_seed(seed)
    eps = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)
    return q_sample(x0, t, alpha_bar, eps)


def snr(alpha_bar: np.ndarray) -> np.ndarray:
    """Signal-to-noise ratio of x_t as a ratio of powers, alpha_bar / (1 - alpha_bar) (VDM, eq. 2)."""
    return alpha_bar / (1 - alpha_bar)
