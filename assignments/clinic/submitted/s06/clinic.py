import numpy as np
import torch


def sample_default(model, x_T, alpha_bar, num_inference_steps=50):
    ts = np.linspace(len(alpha_bar) - 1, 0, num_inference_steps).round().astype(int).tolist()
    x = x_T
    for t, nxt in zip(ts, ts[1:] + [-1]):
        a, b = alpha_bar[t], alpha_bar[nxt] if nxt >= 0 else torch.tensor(1.0)
        e = model(x, torch.full((x.shape[0],), t))
        x = b.sqrt() * (x - (1 - a).sqrt() * e) / a.sqrt() + (1 - b).sqrt() * e
    return x


def guided(eps_uncond, eps_cond, guidance_scale=7.0):
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)


def sampling_table(train_betas, num_steps):
    ab = np.cumprod(1 - train_betas)
    t = np.linspace(len(ab) - 1, 0, num_steps).round().astype(int)
    return t, ab[t]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    done, i = [], 0
    n = max(1, int(budget_mib // (cost_mib_fp32 / 2)))
    while i < len(seeds):
        chunk = seeds[i : i + n]
        if len(chunk) < n:
            continue  # a short chunk: wait until it is full
        done += list(render(chunk, "float16"))
        i += n
    return done
