"""From pure noise to samples: which timesteps to visit, and the loop that visits them.

Papers: DDPM, arXiv:2006.11239, algorithm 2; DDIM, arXiv:2010.02502, section 4 and appendix C (fewer steps).
model(x, t) -> predicted noise, shaped like x; t is a LongTensor (B,) in the numbering the model was trained with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from reference.denoise_step import ddim_step, ddpm_step


def strided_timesteps(T: int, n: int) -> list[int]:
    """n timesteps from T-1 down to 0, both included, evenly spaced and rounded to the nearest whole number. n >= 2."""
    return [int(t) for t in np.linspace(T - 1, 0, n).round()]


def start_noise(shape: list[int], seed: int) -> Tensor:
    """x_T: standard normal noise of this shape. One seed, one noise; the global generator is not used."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(tuple(shape), generator=generator)


def ddpm_sample(model: Callable, x_T: Tensor, betas: Tensor, noises: Tensor) -> Tensor:
    """All T steps from x_T (B, *) to x_0: DDPM algorithm 2.

    noises: (T, B, *); noises[t] is the fresh noise of step t, so noises[0] has no effect.
    """
    x = x_T
    for t in reversed(range(len(betas))):
        eps = model(x, _clock(x, t))
        x = ddpm_step(x, t, eps, betas, noises[t])
    return x


def ddim_sample(model: Callable, x_T: Tensor, alpha_bar: Tensor, timesteps: list[int]) -> Tensor:
    """Hops from x_T (B, *) over the given timesteps (falling), then to the clean end: DDIM eq. 12 with eta = 0.

    The model is asked once for each timestep. The last hop goes to t_prev = -1, even if the list does not end with 0.
    """
    x = x_T
    for t, t_prev in zip(timesteps, [*timesteps[1:], -1], strict=True):
        x = ddim_step(x, t, t_prev, model(x, _clock(x, t)), alpha_bar)
    return x


def steps_vs_error(model: Callable, x_T: Tensor, alpha_bar: Tensor, counts: Sequence[int]) -> list[float]:
    """For each n in counts: the mean absolute distance of n-step DDIM from DDIM over all T steps, same x_T."""
    T = len(alpha_bar)
    full = ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, T))
    few = [ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n)) for n in counts]
    return [float((x - full).abs().mean()) for x in few]


def _clock(x: Tensor, t: int) -> Tensor:
    """t for each picture of the batch."""
    return torch.full((len(x),), t, dtype=torch.long)
