"""Conditioning: how a prompt enters the model (cross-attention), and how to make it count for more (guidance).

Papers: CFG is Ho and Salimans 2022 (arXiv:2207.12598), DDIM arXiv:2010.02502, attention Vaswani et al. 2017
(arXiv:1706.03762); cross-attention into a U-Net is Rombach et al. 2022 (arXiv:2112.10752), section 3.3.
Scale as in the course and in diffusers: 1 is the plain conditional model. The CFG paper's w is scale - 1.
model(x, t, labels) -> predicted noise, shaped like x; t and labels are LongTensors (B,); null_id means "no prompt".
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor



def cfg_combine(eps_uncond: Tensor, eps_cond: Tensor, scale: float) -> Tensor:
    """From the unconditional guess, `scale` times the way to the conditional one (CFG eq. 6 with w = scale - 1)."""
    return eps_uncond + scale * (eps_cond - eps_uncond)


def drop_labels(labels: Tensor, u: Tensor, p: float, null_id: int) -> Tensor:
    """labels (B,) with null_id wherever u < p; u: (B,) uniform in [0, 1) (CFG algorithm 1, line 3)."""
    return torch.where(u < p, null_id, labels)


def drop_labels_random(labels: Tensor, p: float, null_id: int, seed: int) -> Tensor:
    """`drop_labels` with draws of its own: each label by itself with chance p, the same for the same seed."""
    u = torch.rand(labels.shape, generator=torch.Generator().manual_seed(seed))
    return drop_labels(labels, u, p, null_id)


def guided_eps(model: Callable, x: Tensor, t: Tensor, labels: Tensor, null_id: int, scale: float) -> Tensor:
    """The guided guess from ONE call of the model on 2B rows, the unconditional half first.

    x: (B, *). t, labels: LongTensor (B,).
    """
    both = torch.cat([torch.full_like(labels, null_id), labels])
    eps_uncond, eps_cond = model(torch.cat([x, x]), torch.cat([t, t]), both).chunk(2)
    return cfg_combine(eps_uncond, eps_cond, scale)


def saturation(x: Tensor, limit: float = 1.0) -> float:
    """The share of values outside [-limit, limit], over all axes."""
    return float((x.abs() > limit).double().mean())


def guidance_sweep(
    model: Callable,
    x_T: Tensor,
    alpha_bar: Tensor,
    timesteps: list[int],
    labels: Tensor,
    null_id: int,
    scales: list[float],
) -> list[list[float]]:
    """For each scale: [mean, saturation at limit 3] of what DDIM (eta = 0) makes of the same x_T (B, *).

    timesteps: falling; the last hop goes to the clean end.
    """
    rows = []
    for scale in scales:
        x = x_T
        for t, t_prev in zip(timesteps, [*timesteps[1:], -1], strict=True):
            clock = torch.full((len(x),), t, dtype=torch.long)
            x = ddim_step(x, t, t_prev, guided_eps(model, x, clock, labels, null_id, scale), alpha_bar)
        rows.append([float(x.mean()), saturation(x, limit=3.0)])
    return rows


def cross_attention(x: Tensor, ctx: Tensor, wq: Tensor, wk: Tensor, wv: Tensor, mask: Tensor | None = None) -> Tensor:
    """softmax(Q K^T / sqrt(d)) V (Vaswani eq. 1), Q from the picture, K and V from the prompt. Returns (B, N, dv).

    x: (B, N, dx) picture positions. ctx: (B, M, dc) words. wq: (dx, d), wk: (dc, d), wv: (dc, dv).
    mask: (B, M) bool, True for a real word, False for padding, which gets no attention.
    """
    q, k, v = x @ wq, ctx @ wk, ctx @ wv
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask[:, None, :], -math.inf)
    return torch.softmax(scores, dim=-1) @ v


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a = alpha_bar[t]
    a_prev = alpha_bar[t_prev] if t_prev >= 0 else torch.tensor(1.0)
    x0 = (x_t - (1 - a).sqrt() * eps) / a.sqrt()
    sigma = eta * ((1 - a_prev) / (1 - a) * (1 - a / a_prev)).sqrt()
    x_prev = a_prev.sqrt() * x0 + (1 - a_prev - sigma**2).sqrt() * eps
    return x_prev if noise is None else x_prev + sigma * noise
