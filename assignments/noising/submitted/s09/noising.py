import numpy as np, torch
from torch import nn

class Schedule(nn.Module):
    """keeps the tables as buffers"""
    def __init__(self, alpha_bar):
        super().__init__()
        self.register_buffer("signal", alpha_bar.sqrt())
        self.register_buffer("noise", (1.0 - alpha_bar).sqrt())

    def forward(self, x0, t, eps):
        pick = lambda table: table[t].reshape((x0.shape[0],) + (1,) * (len(x0.shape) - 1))
        return pick(self.signal) * x0 + pick(self.noise) * eps

def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return torch.linspace(beta_start, beta_end, T).numpy()

def cosine_betas(T, s=0.008, max_beta=0.999):
    def f(i):
        return np.cos((i / T + s) / (1.0 + s) * np.pi / 2) ** 2
    betas = []
    for i in range(T):
        betas.append(min(1 - f(i + 1) / f(i), max_beta))
    return np.array(betas)

def alpha_bars(betas):
    return np.cumprod(1.0 - betas)

def forward_step(x, t, betas, eps):
    b = betas[t]
    return (1 - b) ** 0.5 * x + b ** 0.5 * eps

def q_sample(x0, t, alpha_bar, eps):
    return Schedule(alpha_bar)(x0, t, eps)

def q_sample_own(x0, t, alpha_bar, seed):
    g = torch.Generator().manual_seed(seed)
    eps = torch.empty_like(x0).normal_(generator=g)
    return q_sample(x0, t, alpha_bar, eps)

def snr(alpha_bar):
    return alpha_bar / (1.0 - alpha_bar)
