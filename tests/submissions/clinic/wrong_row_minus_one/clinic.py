"""t_prev = -1 is used as an index; a clamp on the scale; right steps on a rebuilt schedule; one picture at a time."""
import numpy as np
import torch


def sample_default(model, x_T, alpha_bar, num_inference_steps=50):
    ts = np.linspace(len(alpha_bar) - 1, 0, num_inference_steps).round().astype(int).tolist() + [-1]
    x = x_T
    for t, t_prev in zip(ts, ts[1:]):
        e = model(x, torch.full((len(x),), t))
        x0 = (x - (1 - alpha_bar[t]).sqrt() * e) / alpha_bar[t].sqrt()
        x = alpha_bar[t_prev].sqrt() * x0 + (1 - alpha_bar[t_prev]).sqrt() * e
    return x


def guided(eps_uncond, eps_cond, guidance_scale=7.5):
    guidance_scale = max(7, min(8, guidance_scale))
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)


def sampling_table(train_betas, num_steps):
    t = np.linspace(len(train_betas) - 1, 0, num_steps).round().astype(int)
    return t, np.cumprod(1 - np.linspace(train_betas[0], train_betas[-1], num_steps))[::-1]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    return [render([s], "float16")[0] for s in seeds]
