from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Optional, Tuple, Union

import torch
from einops import rearrange, repeat
from torch import Tensor, nn


@dataclass
class SchedulerOutput:
    prev_sample: torch.FloatTensor
    pred_original_sample: Optional[torch.FloatTensor] = None


class Scheduler(nn.Module):
    """Tables as (frozen) parameters, in the style of a library: step() answers with an output object."""

    def __init__(self, alphas_cumprod: Tensor):
        super().__init__()
        self.alphas_cumprod = nn.Parameter(alphas_cumprod.clone(), requires_grad=False)
        self.final_alpha_cumprod = torch.tensor(1.0, dtype=alphas_cumprod.dtype)

    @classmethod
    def from_betas(cls, trained_betas: Tensor) -> Scheduler:
        return cls((1.0 - trained_betas).log().cumsum(-1).exp())

    @cached_property
    def padded(self) -> Tensor:
        """alpha_bar with the clean end in front: row t + 1 belongs to step t, row 0 to t = -1"""
        return torch.cat([self.final_alpha_cumprod[None], self.alphas_cumprod])

    def at(self, t: Union[int, Tensor], like: Tensor) -> Tensor:
        t = torch.as_tensor(t)
        t = repeat(t, "-> b", b=like.shape[0]) if t.ndim == 0 else t
        row = self.padded.index_select(0, t + 1)
        return row[(...,) + (None,) * (like.ndim - 1)]

    @torch.inference_mode()
    def step(self, model_output, timestep, prev_timestep, sample, eta=0.0, variance_noise=None) -> SchedulerOutput:
        now, then = self.at(timestep, sample), self.at(prev_timestep, sample)
        beta_now = 1 - now
        x0 = (sample - beta_now**0.5 * model_output) / now**0.5
        std = eta * ((1 - then) / beta_now * (1 - now / then)).clamp(min=0) ** 0.5
        direction = (1 - then - std**2).clamp(min=0).sqrt() * model_output
        prev = then**0.5 * x0 + direction
        if eta > 0:
            prev = prev + std * variance_noise
        return SchedulerOutput(prev_sample=prev, pred_original_sample=x0)


def predict_x0(x_t: Tensor, t, eps: Tensor, alpha_bar: Tensor) -> Tensor:
    return Scheduler(alpha_bar).step(eps, t, t - 1, x_t).pred_original_sample


def predict_eps(x_t: Tensor, t, x0: Tensor, alpha_bar: Tensor) -> Tensor:
    a = Scheduler(alpha_bar).at(t, x_t)
    return torch.rsqrt(1 - a) * (x_t - torch.sqrt(a) * x0)


def posterior(x0: Tensor, x_t: Tensor, t, betas: Tensor) -> Tuple[Tensor, Tensor]:
    """product of two bells: x_{t-1} given x0, and x_t given x_{t-1}; precisions add"""
    sched = Scheduler.from_betas(betas)
    before = sched.at(t - 1, x_t)
    alpha = sched.at(t, x_t) / before
    beta = 1 - alpha
    var = (1 - before) * beta / (beta + alpha * (1 - before))
    mean = (beta * before.sqrt() * x0 + (1 - before) * alpha.sqrt() * x_t) / (beta + alpha * (1 - before))
    return mean, rearrange(var, "b ... -> b (...)")[:, 0]


def ddpm_step(x_t: Tensor, t: int, eps: Tensor, betas: Tensor, noise: Tensor) -> Tensor:
    sched = Scheduler.from_betas(betas)
    return sched.step(eps, t, t - 1, x_t, eta=1.0, variance_noise=noise).prev_sample


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta: float = 0.0, noise: Optional[Tensor] = None):
    return Scheduler(alpha_bar).step(
        model_output=eps, timestep=t, prev_timestep=t_prev, sample=x_t, eta=eta, variance_noise=noise
    ).prev_sample
