from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass
class Tables:
    beta: torch.Tensor
    bar: torch.Tensor
    before: torch.Tensor

    @classmethod
    def of(cls, betas):
        beta = betas.float()
        bar = (1 - beta).log().cumsum(0).exp()
        return cls(beta, bar, torch.nn.functional.pad(bar[:-1], (1, 0), value=1.0))


def shaped(v, x):
    while v.dim() < x.dim():
        v = v.unsqueeze(-1)
    return v


def predict_x0(x_t, t, eps, alpha_bar):
    a = shaped(alpha_bar.float().gather(0, t), x_t)
    return x_t.float().div(a.sqrt()) - (1 / a - 1).sqrt() * eps.float()


def predict_eps(x_t, t, x0, alpha_bar):
    a = shaped(alpha_bar.float().gather(0, t), x_t)
    return (x_t.float() / a.sqrt() - x0.float()) / (1 / a - 1).sqrt()


def posterior(x0, x_t, t, betas):
    T = Tables.of(betas)
    b, a, p = (shaped(v[t], x_t) for v in (T.beta, T.bar, T.before))
    variance = b * (1 - p) / (1 - a)
    return p.sqrt() * b / (1 - a) * x0.float() + (1 - b).sqrt() * (1 - p) / (1 - a) * x_t.float(), variance


@torch.no_grad()
def ddpm_step(x_t, t, eps, betas, noise):
    T = Tables.of(betas)
    sigma = (T.beta[t] * (1 - T.before[t]) / (1 - T.bar[t])).sqrt()
    mean = (x_t.float() - T.beta[t] * eps.float() / (1 - T.bar[t]).sqrt()) / (1 - T.beta[t]).sqrt()
    return mean + (t != 0) * sigma * noise.float()


@torch.no_grad()
def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    bar = torch.cat([alpha_bar.float(), torch.ones(1)])  # index -1 is then the clean end
    a, p = bar[t], bar[t_prev]
    sigma = eta * ((1 - p) / (1 - a) * (1 - a / p)).sqrt()
    x = p.sqrt() * (x_t.float() - (1 - a).sqrt() * eps.float()) / a.sqrt() + (1 - p - sigma**2).clamp(min=0).sqrt() * eps.float()
    if noise is not None:
        x += sigma * noise.float()
    return x
