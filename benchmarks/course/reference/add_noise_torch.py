"""x_t from x0 and eps, with tensors."""

import torch
from torch import Tensor


def add_noise(x0: Tensor, t: int, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """Eq. 4 of DDPM (Ho et al. 2020): sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) eps."""
    return torch.sqrt(alpha_bar[t]) * x0 + torch.sqrt(1 - alpha_bar[t]) * eps
