import functools
import numpy as np
import torch
class D:
    def __init__(self, dtype=torch.float64): self.dtype = dtype
    def q_sample(self, x0, t, alpha_bar, eps):
        a = alpha_bar.to(self.dtype)[t].reshape(-1, *[1] * (x0.ndim - 1))
        return (a.sqrt() * x0 + (1 - a).sqrt() * eps).to(x0.dtype)
    def __call__(self, x0, t, alpha_bar, seed):
        g = torch.Generator(); g.manual_seed(seed)
        return self.q_sample(x0, t, alpha_bar, torch.normal(0.0, 1.0, x0.shape, generator=g))
    @staticmethod
    def bars(betas): return np.multiply.accumulate(1 - betas)
d = D()
q_sample = d.q_sample
q_sample_own = d
alpha_bars = D.bars
def _lin(end, start, T): return np.linspace(start, end, T)
linear_betas = lambda T, beta_start=1e-4, beta_end=0.02: _lin(beta_end, beta_start, T)
def _cos(T, s, max_beta, power):
    f = np.cos((np.linspace(0, 1, T + 1) + s) / (1 + s) * np.pi / 2) ** power
    return np.minimum(1 - f[1:] / f[:-1], max_beta)
cosine_betas = functools.partial(lambda power, T, s=0.008, max_beta=0.999: _cos(T, s, max_beta, power), 2)
forward_step = np.vectorize(lambda x, t, betas, eps: (1 - betas[t]) ** 0.5 * x + betas[t] ** 0.5 * eps, excluded={1, 2})
snr = np.vectorize(lambda a: a / (1 - a))
