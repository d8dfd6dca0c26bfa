# The clinic -- repaired
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor


def sample_default(model: Callable, x_T: Tensor, alpha_bar: Tensor, num_inference_steps: int = 30) -> Tensor:
    # was: 3 steps. 20-50 is the range from the lesson.
    timesteps = torch.linspace(len(alpha_bar) - 1, 0, num_inference_steps).round().long().tolist()
    x = x_T
    for i, t in enumerate(timesteps):
        a = alpha_bar[t]
        # was: the last hop went to alpha_bar[0], which still has noise. Clean means alpha_bar = 1.
        a_prev = alpha_bar[timesteps[i + 1]] if i + 1 < len(timesteps) else torch.ones_like(a)
        eps_hat = model(x, torch.full((len(x),), t, dtype=torch.long))
        x0_hat = (x - (1 - a).sqrt() * eps_hat) / a.sqrt()
        x = a_prev.sqrt() * x0_hat + (1 - a_prev).sqrt() * eps_hat
    return x


def guided(eps_uncond: Tensor, eps_cond: Tensor, guidance_scale: float = 7.5) -> Tensor:
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)


def sampling_table(train_betas: np.ndarray, num_steps: int) -> list[np.ndarray]:
    # was: a new schedule with num_steps betas. The model only knows the one it was trained with.
    alpha_bar = np.cumprod(1 - train_betas)
    timesteps = np.linspace(len(train_betas) - 1, 0, num_steps).round().astype(int)
    return [timesteps, alpha_bar[timesteps]]


def generate_all(render: Callable, seeds: Sequence[int], budget_mib: float, cost_mib_fp32: float) -> list:
    # was: everything at once in float32
    at_once = max(1, int(budget_mib // (cost_mib_fp32 / 2)))
    pictures = []
    for start in range(0, len(seeds), at_once):
        pictures += list(render(seeds[start : start + at_once], "float16"))
    return pictures
