from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch


@dataclass
class Hop:
    t: int
    a: torch.Tensor
    a_prev: torch.Tensor


def hops(alpha_bar: torch.Tensor, n: int) -> list[Hop]:
    ts = [round(i * (len(alpha_bar) - 1) / (n - 1)) for i in range(n)]
    before = [torch.tensor(1.0)] + [alpha_bar[t] for t in ts[:-1]]
    return [Hop(t, alpha_bar[t], p) for t, p in zip(ts, before)][::-1]


@torch.no_grad()
def sample_default(model, x_T, alpha_bar, num_inference_steps: int = 40):
    x, alpha_bar = x_T.float(), alpha_bar.float()
    for hop in hops(alpha_bar, num_inference_steps):
        e = model(x, torch.full((x.size(0),), hop.t, dtype=torch.long, device=x.device))
        x = hop.a_prev.sqrt() * (x - (1 - hop.a).sqrt() * e) / hop.a.sqrt() + (1 - hop.a_prev).sqrt() * e
    return x


def guided(eps_uncond, eps_cond, guidance_scale: float = 7.25):
    return torch.lerp(eps_uncond.float(), eps_cond.float(), guidance_scale)


def sampling_table(train_betas, num_steps):
    ab = np.cumprod(1 - np.asarray(train_betas)).astype(np.float32)
    t = np.around(np.linspace(ab.size - 1, 0, num_steps)).astype(np.int32)
    return {0: t, 1: ab[t]}[0], ab[t]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    n = max(1, int(budget_mib // (0.5 * cost_mib_fp32)))
    return sum((list(render(seeds[i : i + n], "float16")) for i in range(0, len(seeds), n)), [])
