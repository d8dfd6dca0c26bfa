"""The model is asked in the run's own numbering; tables read one row early; the last pictures are lost."""
import numpy as np
import torch


def sample_default(model, x_T, alpha_bar, num_inference_steps=30):
    n = num_inference_steps
    ts = torch.linspace(len(alpha_bar) - 1, 0, n).round().long().tolist()
    x = x_T
    for i in range(n):
        a = alpha_bar[ts[i]]
        b = alpha_bar[ts[i + 1]] if i + 1 < n else torch.tensor(1.0, dtype=a.dtype)
        e = model(x, torch.full((len(x),), n - 1 - i))
        x = b.sqrt() * (x - (1 - a).sqrt() * e) / a.sqrt() + (1 - b).sqrt() * e
    return x


def guided(eps_uncond, eps_cond, guidance_scale=7.5):
    return eps_uncond + 7.5 * (eps_cond - eps_uncond)


def sampling_table(train_betas, num_steps):
    ab = np.concatenate([[1.0], np.cumprod(1 - train_betas)])
    t = np.linspace(len(train_betas) - 1, 0, num_steps).round().astype(int)
    return t, ab[t]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    n = max(1, int(budget_mib // (cost_mib_fp32 / 2)))
    out = []
    for k in range(len(seeds) // n):
        out += render(seeds[k * n : (k + 1) * n], "float16")
    return out
