from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

SWEET_SPOT = (7.0 + 8.0) / 2
GOOD_RANGE = range(20, 51)


@dataclass
class DDIMScheduler:
    alphas_cumprod: Tensor
    set_alpha_to_one: bool = True
    timesteps: Tensor = field(init=False)

    @classmethod
    def from_config(cls, config: dict) -> DDIMScheduler:
        return cls(torch.cumprod(1.0 - torch.as_tensor(config["trained_betas"], dtype=torch.float64), 0))

    def __post_init__(self):
        self.num_train_timesteps = len(self.alphas_cumprod)

    def set_timesteps(self, num_inference_steps: int) -> None:
        spaced = np.linspace(0, self.num_train_timesteps - 1, num_inference_steps)
        self.timesteps = torch.from_numpy(spaced.round()[::-1].copy().astype(np.int64))

    def previous_timestep(self, index: int) -> int | None:
        return None if index + 1 == len(self.timesteps) else int(self.timesteps[index + 1])

    def step(self, noise_pred: Tensor, index: int, sample: Tensor) -> Tensor:
        alpha_prod_t = self.alphas_cumprod[self.timesteps[index]]
        prev = self.previous_timestep(index)
        alpha_prod_prev = torch.ones_like(alpha_prod_t) if prev is None else self.alphas_cumprod[prev]
        pred_original = (sample - (1 - alpha_prod_t) ** 0.5 * noise_pred) / alpha_prod_t**0.5
        return alpha_prod_prev**0.5 * pred_original + (1 - alpha_prod_prev) ** 0.5 * noise_pred


@torch.no_grad()
def sample_default(model: Callable, x_T: Tensor, alpha_bar: Tensor, num_inference_steps: int = GOOD_RANGE[-1]) -> Tensor:
    scheduler = DDIMScheduler(alpha_bar)
    scheduler.set_timesteps(num_inference_steps)
    latents = x_T.clone()
    for i, t in enumerate(scheduler.timesteps):
        noise_pred = model(latents, t.repeat(latents.shape[0]))
        latents = scheduler.step(noise_pred, i, latents)
    return latents


def guided(eps_uncond: Tensor, eps_cond: Tensor, guidance_scale: float = SWEET_SPOT) -> Tensor:
    return guidance_scale * eps_cond + (1 - guidance_scale) * eps_uncond


def sampling_table(train_betas: np.ndarray, num_steps: int) -> list[np.ndarray]:
    scheduler = DDIMScheduler.from_config({"trained_betas": train_betas})
    scheduler.set_timesteps(num_steps)
    return scheduler.timesteps, scheduler.alphas_cumprod[scheduler.timesteps]


def generate_all(render: Callable, seeds: Sequence[int], budget_mib: float, cost_mib_fp32: float) -> list:
    per_picture = 0.5 * cost_mib_fp32
    batch_size = max(int(budget_mib / per_picture), 1)
    images = []
    for chunk in torch.tensor(list(seeds)).split(batch_size):
        images += list(render(some_seeds=chunk.tolist(), dtype="float16"))
    return images
