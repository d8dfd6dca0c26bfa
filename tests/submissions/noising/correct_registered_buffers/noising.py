"""noising, the way my research repo does it: a module that owns the tables, an extract helper, and thin functions."""
import math
from functools import partial

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torchvision import transforms  # left over from the data loader, never used here
from tqdm.auto import tqdm

device = "cuda" if torch.cuda.is_available() else "cpu"
TIMESTEPS = 300
show_progress = False


def exists(val):
    return val is not None


def default(val, d):
    if exists(val):
        return val
    return d() if callable(d) else d


def extract(table, t, x_shape):
    """rows t of a 1-d table, shaped so that they broadcast against x"""
    rows, *_ = t.shape
    picked = table.gather(-1, t.to(table.device))
    return picked.reshape(rows, *((1,) * (len(x_shape) - 1)))


def betas_from_curve(num_steps, curve, max_beta):
    betas = []
    for i in range(num_steps):
        here, there = i / num_steps, (i + 1) / num_steps
        betas.append(min(1 - curve(there) / curve(here), max_beta))
    return np.array(betas)


class ForwardProcess(nn.Module):
    def __init__(self, alphas_cumprod):
        super().__init__()
        # double while we compute, float32 once stored
        keep = lambda name, val: self.register_buffer(name, val.to(torch.float32))
        alphas_cumprod = torch.as_tensor(alphas_cumprod).double()
        keep("alphas_cumprod", alphas_cumprod)
        keep("sqrt_alphas_cumprod", torch.sqrt(alphas_cumprod))
        keep("sqrt_one_minus_alphas_cumprod", torch.sqrt(1.0 - alphas_cumprod))
        keep("snr", alphas_cumprod / (1 - alphas_cumprod))

    @property
    def num_timesteps(self):
        return self.alphas_cumprod.shape[0]

    @torch.no_grad()
    def forward(self, x_start, t, noise=None):
        noise = default(noise, lambda: torch.randn_like(x_start))
        return (
            extract(self.sqrt_alphas_cumprod, t, x_start.shape) * x_start
            + extract(self.sqrt_one_minus_alphas_cumprod, t, x_start.shape) * noise
        )


def linear_betas(T: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> np.ndarray:
    return torch.linspace(beta_start, beta_end, T, dtype=torch.float64)


def cosine_betas(T: int, s: float = 0.008, max_beta: float = 0.999) -> np.ndarray:
    curve = lambda u: math.cos((u + s) / (1 + s) * math.pi / 2) ** 2
    return betas_from_curve(T, curve, max_beta=max_beta)


def alpha_bars(betas: np.ndarray) -> np.ndarray:
    betas = torch.from_numpy(np.asarray(betas))
    alphas = 1.0 - betas
    alphas_cumprod = torch.cumprod(alphas, axis=0)
    alphas_cumprod_prev = F.pad(alphas_cumprod[:-1], (1, 0), value=1.0)
    return alphas_cumprod_prev * alphas


def forward_step(x: np.ndarray, t: int, betas: np.ndarray, eps: np.ndarray) -> np.ndarray:
    one_step = ForwardProcess(1.0 - torch.as_tensor(betas))  # one step is a jump with the step's own alpha
    x, eps = torch.as_tensor(x).to(device), torch.as_tensor(eps).to(device)
    when = torch.full((x.shape[0],), t, dtype=torch.long, device=device)
    return one_step.to(device)(x, when, noise=eps).cpu().numpy()


def q_sample(x0, t, alpha_bar, eps):
    return ForwardProcess(alpha_bar)(x_start=x0, t=t, noise=eps)


def q_sample_own(x0, t, alpha_bar, seed):
    torch.manual_seed(seed)
    return ForwardProcess(alpha_bar)(x0, t)


def snr(alpha_bar: np.ndarray) -> np.ndarray:
    return ForwardProcess(alpha_bar).snr


if __name__ == "__main__":
    process = ForwardProcess(alpha_bars(linear_betas(TIMESTEPS).numpy()))
    tower = torch.zeros(1, 1, 8, 8)
    for step in tqdm(range(TIMESTEPS), disable=not show_progress):
        tower = process(tower, torch.tensor([step]))
