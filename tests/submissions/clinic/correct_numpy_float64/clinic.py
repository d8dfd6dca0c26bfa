"""Everything in numpy; torch only where the model wants it."""
import numpy as np
import torch


def sample_default(model, x_T, alpha_bar, num_inference_steps=25):
    abar = np.append(np.asarray(alpha_bar, dtype=float), 1.0)  # one more row: the clean end, read as row -1
    steps = np.append(np.rint(np.linspace(len(abar) - 2, 0, num_inference_steps)).astype(int), -1)
    x = np.asarray(x_T, dtype=float)
    for now, then in zip(steps[:-1], steps[1:]):
        eps = np.asarray(model(torch.from_numpy(x), torch.tensor([now] * len(x))))
        clean = (x - np.sqrt(1 - abar[now]) * eps) / np.sqrt(abar[now])
        x = np.sqrt(abar[then]) * clean + np.sqrt(1 - abar[then]) * eps
    return x


def guided(eps_uncond, eps_cond, guidance_scale=7.0):
    u, c = np.asarray(eps_uncond), np.asarray(eps_cond)
    return (1 - guidance_scale) * u + guidance_scale * c


def sampling_table(train_betas, num_steps):
    log_kept = np.cumsum(np.log1p(-np.asarray(train_betas)))
    t = np.rint(np.linspace(0, len(log_kept) - 1, num_steps)).astype(np.int64)[::-1]
    return t.copy(), np.exp(log_kept[t])


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    n = max(int(np.floor(2 * budget_mib / cost_mib_fp32)), 1)
    parts = [np.stack(render(list(seeds[i : i + n]), "float16")) for i in range(0, len(seeds), n)]
    return np.concatenate(parts)
