import math
import torch
from torch import Tensor
import numpy as np

@torch.jit.script
def _coef(table: Tensor, t: Tensor, ndim: int) -> Tensor:
    out = table.index_select(0, t)
    for _ in range(ndim - 1):
        out = out.unsqueeze(-1)
    return out

@torch.compile
def q_sample(x0: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    a = _coef(alpha_bar, t, x0.dim())
    return torch.addcmul(a.sqrt() * x0, torch.sqrt(1 - a), eps)

def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return [beta_start * (1 - i / (T - 1)) + beta_end * i / (T - 1) for i in range(T)]
def cosine_betas(T, s=0.008, max_beta=0.999):
    f = [math.cos((i / T + s) / (1 + s) * math.pi / 2) ** 2 for i in range(T + 1)]
    return [min(1 - b / a, max_beta) for a, b in zip(f, f[1:])]
@torch.compile(mode="reduce-overhead", fullgraph=True)
def alpha_bars(betas):
    return torch.exp(torch.cumsum(torch.log1p(-torch.as_tensor(betas)), 0))
@np.errstate(all="raise")
def forward_step(x, t, betas, eps):
    x = x.copy(); x *= np.sqrt(1 - betas[t]); x += np.sqrt(betas[t]) * eps
    return x
def q_sample_own(x0, t, alpha_bar, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return q_sample(x0, t, alpha_bar, torch.randn(x0.size()))
def snr(alpha_bar):
    return np.array(alpha_bar).astype(np.float32) / (1 - alpha_bar)
