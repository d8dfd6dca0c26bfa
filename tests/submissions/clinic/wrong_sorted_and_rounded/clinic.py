import numpy as np
import torch


def sample_default(model, x_T, alpha_bar, num_inference_steps=30):
    steps = torch.linspace(len(alpha_bar) - 1, 0, num_inference_steps).round().long().tolist()
    x = x_T
    for i, t in enumerate(steps):
        a = alpha_bar[t]
        a_prev = alpha_bar[steps[i + 1]] if i + 1 < len(steps) else torch.ones_like(a)
        eps_hat = model(x, torch.full((len(x),), t, dtype=torch.long))
        x0_hat = (x - (1 - a).sqrt() * eps_hat) / a.sqrt()
        x = a_prev.sqrt() * x0_hat + (1 - a_prev).sqrt() * eps_hat
    return x


def guided(eps_uncond, eps_cond, guidance_scale=7.5):
    return (eps_uncond + guidance_scale * (eps_cond - eps_uncond)).clamp(-1, 1)  # pictures live there


def sampling_table(train_betas, num_steps):
    alpha_bar = np.cumprod(1 - train_betas)
    steps = np.linspace(len(alpha_bar) - 1, 0, num_steps).round().astype(int)
    return [steps, alpha_bar[steps]]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    at_once = round(budget_mib / (cost_mib_fp32 / 2))  # to the nearest
    seeds = sorted(seeds)
    pictures = []
    for start in range(0, len(seeds), at_once):
        pictures += render(seeds[start : start + at_once], "float16")
    return pictures
