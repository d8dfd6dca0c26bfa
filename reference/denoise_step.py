"""One step back: from a noisy picture and a guess of its noise to a picture that is one step less noisy.

Papers: DDPM, arXiv:2006.11239 (its alpha_bar is ours); DDIM, arXiv:2010.02502 (writes alpha for DDPM's alpha_bar).
t counts from 0, and alpha_bar[0] already holds one step of noise; the clean end is t_prev = -1, with alpha_bar = 1.
"""

from __future__ import annotations

import torch
from torch import Tensor


def predict_x0(x_t: Tensor, t: Tensor, eps: Tensor, alpha_bar: Tensor) -> Tensor:
    """The clean picture that goes with x_t if eps is its noise: DDPM eq. 4 solved for x0 (its eq. 15).

    x_t, eps: (B, *). t: LongTensor (B,), each picture at its own t. alpha_bar: (T,). Returns (B, *).
    """
    a = _per_picture(alpha_bar[t], x_t)
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


def predict_eps(x_t: Tensor, t: Tensor, x0: Tensor, alpha_bar: Tensor) -> Tensor:
    """The noise that goes with x_t if x0 is its clean picture: DDPM eq. 4 solved for eps. Shapes as in `predict_x0`."""
    a = _per_picture(alpha_bar[t], x_t)
    return (x_t - a.sqrt() * x0) / (1 - a).sqrt()


def posterior(x0: Tensor, x_t: Tensor, t: Tensor, betas: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B, *) and variance (B,) of q(x_{t-1} | x_t, x0): DDPM eq. 6 and 7. At t = 0 they are x0 and 0.

    x0, x_t: (B, *). t: LongTensor (B,). betas: (T,), the variance that each forward step adds.
    """
    alpha_bar, alpha_bar_prev = _tables(betas)
    beta, a, a_prev = betas[t], alpha_bar[t], alpha_bar_prev[t]
    weight_x0 = a_prev.sqrt() * beta / (1 - a)
    weight_x_t = (1 - beta).sqrt() * (1 - a_prev) / (1 - a)
    mean = _per_picture(weight_x0, x_t) * x0 + _per_picture(weight_x_t, x_t) * x_t
    return mean, beta * (1 - a_prev) / (1 - a)


def ddpm_step(x_t: Tensor, t: int, eps: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    """x_{t-1} by DDPM algorithm 2: the mean of eq. 11 plus sigma * noise, sigma^2 = beta-tilde (eq. 7).

    The whole batch is at the same t. At t = 0 nothing is added. Nothing is clipped.
    """
    alpha_bar, alpha_bar_prev = _tables(betas)
    beta, a, a_prev = betas[t], alpha_bar[t], alpha_bar_prev[t]
    mean = (x_t - beta / (1 - a).sqrt() * eps) / (1 - beta).sqrt()
    if t == 0:
        return mean
    sigma = (beta * (1 - a_prev) / (1 - a)).sqrt()
    return mean + sigma * noise


def ddim_step(
    x_t: Tensor,
    t: int,
    t_prev: int,
    eps: Tensor,
    alpha_bar: Tensor,
    eta: float = 0.0,
    noise: Tensor | None = None,
) -> Tensor:
    """From x_t to x_{t_prev} in one hop: DDIM eq. 12, with sigma from its eq. 16.

    t_prev: any smaller timestep, or -1 for the clean end. eta: 0 adds no fresh noise (noise may then be None); 1 adds
    as much as DDPM, so that for t_prev = t - 1 the result is `ddpm_step`'s.
    """
    a = alpha_bar[t]
    a_prev = alpha_bar[t_prev] if t_prev >= 0 else torch.ones_like(a)
    x0 = (x_t - (1 - a).sqrt() * eps) / a.sqrt()
    sigma = eta * ((1 - a_prev) / (1 - a) * (1 - a / a_prev)).sqrt()
    x_prev = a_prev.sqrt() * x0 + (1 - a_prev - sigma**2).sqrt() * eps
    return x_prev if noise is None or eta == 0 else x_prev + sigma * noise


def _tables(betas: Tensor) -> tuple[Tensor, Tensor]:
    """alpha_bar[t] and alpha_bar[t - 1] for each t, with 1 before the first step."""
    alpha_bar = torch.cumprod(1 - betas, dim=0)
    return alpha_bar, torch.cat([torch.ones_like(alpha_bar[:1]), alpha_bar[:-1]])


def _per_picture(values: Tensor, x: Tensor) -> Tensor:
    """(B,) -> (B, 1, .., 1), so that each value multiplies its own picture."""
    return values.reshape(-1, *[1] * (x.ndim - 1))
