"""The four programs of the clinic, repaired: enough steps, a guidance scale that works, the trained schedule, memory.

Notation as in the course: t in 0..T-1, alpha_bar[t] the product of 1 - betas up to and including t, t_prev = -1 the
clean end with alpha_bar = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor


def sample_default(model: Callable, x_T: Tensor, alpha_bar: Tensor, num_inference_steps: int = 30) -> Tensor:
    """DDIM with eta = 0 (arXiv:2010.02502, eq. 12) over `num_inference_steps` of the T training steps.

    model(x, t) -> eps_hat, t LongTensor (B,). x_T: (B, *). The steps visited run evenly from T-1 to 0, to the nearest
    whole number; the last hop goes from t = 0 to the clean end, where alpha_bar = 1 and x is the prediction of x0.
    """
    timesteps = torch.linspace(len(alpha_bar) - 1, 0, num_inference_steps).round().long().tolist()
    x = x_T
    for t, t_prev in zip(timesteps, [*timesteps[1:], -1], strict=True):
        a = alpha_bar[t]
        a_prev = alpha_bar[t_prev] if t_prev >= 0 else torch.ones_like(a)
        eps_hat = model(x, torch.full((len(x),), t))
        x0_hat = (x - (1 - a).sqrt() * eps_hat) / a.sqrt()
        x = a_prev.sqrt() * x0_hat + (1 - a_prev).sqrt() * eps_hat
    return x


def guided(eps_uncond: Tensor, eps_cond: Tensor, guidance_scale: float = 7.5) -> Tensor:
    """Classifier-free guidance (arXiv:2207.12598, eq. 6, with guidance_scale = 1 + w as diffusers writes it)."""
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)


def sampling_table(train_betas: np.ndarray, num_steps: int) -> list[np.ndarray]:
    """[timesteps, alpha_bar at them]: the trained noise levels that a short run visits (arXiv:2010.02502, sec. 4.2).

    train_betas: (T,). Both arrays: (num_steps,), noisiest first, T-1 and 0 included. Nothing is rebuilt: the levels are
    rows of the table that the model was trained with (arXiv:2006.11239, eq. 4).
    """
    alpha_bar = np.cumprod(1 - train_betas)
    timesteps = np.linspace(len(alpha_bar) - 1, 0, num_steps).round().astype(int)
    return [timesteps, alpha_bar[timesteps]]


def generate_all(render: Callable, seeds: Sequence[int], budget_mib: float, cost_mib_fp32: float) -> list:
    """All pictures, in the order of the seeds, in half precision, as many at a time as the memory holds.

    render(chunk, dtype) -> one picture a seed. A picture takes cost_mib_fp32 MiB in float32 and half of it in float16.
    """
    at_once = max(1, int(budget_mib / (cost_mib_fp32 / 2)))
    pictures = []
    for start in range(0, len(seeds), at_once):
        pictures.extend(render(seeds[start : start + at_once], "float16"))
    return pictures
