"""einops, work in place on copies, float32 schedules, and the global generator where a generator is asked for."""
import numpy as np
import torch
from einops import rearrange


@torch.no_grad()
def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return torch.linspace(beta_start, beta_end, T)


def cosine_betas(T, s=0.008, max_beta=0.999):
    steps = torch.arange(T + 1, dtype=torch.float64)
    alphas_cumprod = torch.cos(((steps / T) + s) / (1 + s) * torch.pi * 0.5) ** 2
    alphas_cumprod = alphas_cumprod / alphas_cumprod[0]
    betas = 1 - (alphas_cumprod[1:] / alphas_cumprod[:-1])
    return torch.clip(betas, 0.0, max_beta).float()


def alpha_bars(betas):
    return np.multiply.accumulate(1.0 - betas)


def forward_step(x, t, betas, eps):
    y = x.copy()
    y *= (1 - betas[t]) ** 0.5
    y += betas[t] ** 0.5 * eps
    return y


@torch.inference_mode()
def q_sample(x0, t, alpha_bar, eps):
    a = alpha_bar.gather(0, t)
    flat = rearrange(x0, "b ... -> b (...)").clone()
    noise = rearrange(eps, "b ... -> b (...)")
    flat.mul_(rearrange(a.sqrt(), "b -> b 1")).add_(rearrange((1 - a).sqrt(), "b -> b 1") * noise)
    return flat.reshape(x0.shape)


def q_sample_own(x0, t, alpha_bar, seed):
    torch.manual_seed(seed)
    return q_sample(x0, t, alpha_bar, torch.normal(0.0, 1.0, x0.shape))


def snr(alpha_bar):
    alpha_bar = torch.as_tensor(alpha_bar)
    return alpha_bar.div(1 - alpha_bar)
