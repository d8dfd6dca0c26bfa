"""A diffusion module as one finds it in the wild, plus the five functions that the assignment wants."""
import contextlib
from typing import Optional

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from tqdm import tqdm

torch.set_grad_enabled(True)


def extract(v, t, shape):
    out = torch.gather(v, index=t, dim=0).float()
    return out.view([t.shape[0]] + [1] * (len(shape) - 1))


class EpsModel(nn.Module):
    """gives a plain function the face of a network"""

    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x, t):
        return self.fn(x, t)


class Sampler(nn.Module):
    def __init__(self, model, betas: Optional[torch.Tensor] = None, alphas_bar: Optional[torch.Tensor] = None):
        super().__init__()
        self.model = EpsModel(model).eval()
        if alphas_bar is None:
            alphas_bar = torch.cumprod(1.0 - betas.double(), dim=0)
        alphas_bar_prev = F.pad(alphas_bar, [1, 0], value=1)[:-1]
        alphas = alphas_bar / alphas_bar_prev
        betas = 1.0 - alphas
        self.T = len(betas)
        self.register_buffer("alphas_bar", alphas_bar.double())
        self.register_buffer("coeff1", torch.sqrt(1.0 / alphas))
        self.register_buffer("coeff2", self.coeff1 * (1.0 - alphas) / torch.sqrt(1.0 - alphas_bar))
        self.register_buffer("posterior_var", betas * (1.0 - alphas_bar_prev) / (1.0 - alphas_bar))

    @torch.no_grad()
    def ancestral(self, x_T, noises):
        x_t = x_T
        for time_step in tqdm(reversed(range(self.T)), total=self.T, leave=False, desc="sampling"):
            t = x_t.new_ones([x_T.shape[0]], dtype=torch.long) * time_step
            eps = self.model(x_t, t)
            mean = extract(self.coeff1, t, x_t.shape) * x_t - extract(self.coeff2, t, x_t.shape) * eps
            noise = noises[time_step] if time_step > 0 else torch.zeros_like(x_t)
            x_t = mean + torch.sqrt(extract(self.posterior_var, t, x_t.shape)) * noise
            assert torch.isnan(x_t).int().sum() == 0, "nan in tensor."
        return x_t

    @torch.no_grad()
    def implicit(self, x_T, timesteps):
        img = x_T.clone()
        time_pairs = list(zip(timesteps, list(timesteps[1:]) + [-1]))
        for time, time_next in tqdm(time_pairs):
            time_cond = torch.full((img.shape[0],), time, device=img.device, dtype=torch.long)
            pred_noise = self.model(img, time_cond)
            alpha = self.alphas_bar[time]
            x_start = (img - (1 - alpha).sqrt() * pred_noise) / alpha.sqrt()
            if time_next < 0:
                img = x_start
                continue
            alpha_next = self.alphas_bar[time_next]
            img = x_start * alpha_next.sqrt() + (1 - alpha_next).sqrt() * pred_noise
        return img


def strided_timesteps(T, n):
    times = torch.linspace(0, T - 1, steps=n, dtype=torch.float64)
    return list(reversed(times.round().int().tolist()))


@contextlib.contextmanager
def seeded(seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def start_noise(shape, seed):
    with seeded(seed):
        return torch.randn(*shape)


def ddpm_sample(model, x_T, betas, noises):
    return Sampler(model, betas=betas).ancestral(x_T, noises)


def ddim_sample(model, x_T, alpha_bar, timesteps):
    return Sampler(model, alphas_bar=alpha_bar).implicit(x_T, timesteps)


def steps_vs_error(model, x_T, alpha_bar, counts):
    sampler = Sampler(model, alphas_bar=alpha_bar)
    full = sampler.implicit(x_T, range(sampler.T - 1, -1, -1))
    return [F.l1_loss(sampler.implicit(x_T, strided_timesteps(sampler.T, n)), full).item() for n in counts]
