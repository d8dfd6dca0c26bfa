"""The sampler as an ODE in sigma = noise / signal, solved by Euler: x / sqrt(alpha_bar) moves along eps."""
import numpy as np
import torch


def sample_default(model, x_T, alpha_bar, num_inference_steps=20):
    T = len(alpha_bar)
    ts = np.round(np.linspace(T - 1, 0, num_inference_steps)).astype(int).tolist()
    sigma = torch.cat([((1 - alpha_bar[ts]) / alpha_bar[ts]).sqrt(), alpha_bar.new_zeros(1)])
    y = x_T / alpha_bar[ts[0]].sqrt()
    for i, t in enumerate(ts):
        y = y + (sigma[i + 1] - sigma[i]) * model(y * alpha_bar[t].sqrt(), torch.full((y.shape[0],), t))
    return y


def guided(eps_uncond, eps_cond, guidance_scale=7.5):
    w = guidance_scale - 1  # as the paper writes it
    return (1 + w) * eps_cond - w * eps_uncond


def sampling_table(train_betas, num_steps):
    betas = torch.as_tensor(train_betas)
    t = torch.linspace(len(betas) - 1, 0, num_steps, dtype=torch.float64).round().long()
    return t, torch.cumprod(1 - betas, 0)[t]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    """Balanced calls: as few as possible, none larger than need be."""
    most = max(1, int(budget_mib / (cost_mib_fp32 / 2)))
    calls = -(-len(seeds) // most)
    return tuple(p for part in np.array_split(np.array(seeds), calls) for p in render([int(s) for s in part], "float16"))
