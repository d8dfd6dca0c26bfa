"""Five small functions of a forward process."""

import torch
from torch import Tensor


def linear_betas(steps: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> Tensor:
    """Variances that rise in equal steps."""
    return torch.linspace(beta_start, beta_end, steps)


def alpha_bars(betas: Tensor) -> Tensor:
    """The share of the signal's variance that is left after each step."""
    return torch.cumprod(1 - betas, dim=0)


def q_sample(x0: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """x_t of a batch of pictures, each at its own t: eq. 4 of DDPM (Ho et al. 2020)."""
    kept = alpha_bar[t].reshape(-1, 1, 1, 1)
    return torch.sqrt(kept) * x0 + torch.sqrt(1 - kept) * eps


def predict_x0(x_t: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """x0, given the noise that is in x_t."""
    kept = alpha_bar[t].reshape(-1, 1, 1, 1)
    return (x_t - torch.sqrt(1 - kept) * eps) / torch.sqrt(kept)


def loss(eps_hat: Tensor, eps: Tensor) -> Tensor:
    """The mean squared error: eq. 14 of DDPM."""
    return ((eps_hat - eps) ** 2).mean()
