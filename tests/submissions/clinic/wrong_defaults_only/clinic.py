"""Both defaults are repaired; the last hop, the schedule and the memory are not looked at."""
import numpy as np
import torch


def sample_default(model, x_T, alpha_bar, num_inference_steps=30):
    timesteps = torch.linspace(len(alpha_bar) - 1, 0, num_inference_steps).round().long().tolist()
    x = x_T
    for i, t in enumerate(timesteps):
        t_prev = timesteps[i + 1] if i + 1 < len(timesteps) else 0
        a, a_prev = alpha_bar[t], alpha_bar[t_prev]
        eps_hat = model(x, torch.full((len(x),), t, dtype=torch.long))
        x0_hat = (x - (1 - a).sqrt() * eps_hat) / a.sqrt()
        x = a_prev.sqrt() * x0_hat + (1 - a_prev).sqrt() * eps_hat
    return x


def guided(eps_uncond, eps_cond, guidance_scale=7.5):
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)


def sampling_table(train_betas, num_steps):
    betas = np.linspace(train_betas[0], train_betas[-1], num_steps)
    alpha_bar = np.cumprod(1 - betas)
    return [np.arange(num_steps)[::-1], alpha_bar[::-1]]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    return list(render(seeds, "float32"))
