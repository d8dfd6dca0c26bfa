import numpy as np
import torch


def sample_default(model, x_T, alpha_bar, num_inference_steps=40):
    ts = torch.linspace(len(alpha_bar) - 1, 0, num_inference_steps).round().long().tolist()
    img = x_T
    for k in range(len(ts)):
        ab_now = alpha_bar[ts[k]]
        if k == len(ts) - 1:
            ab_next = torch.tensor(1.0)
        else:
            ab_next = alpha_bar[ts[k + 1]]
        noise_pred = model(img, torch.full((len(img),), ts[k], dtype=torch.long))
        clean_guess = (img - torch.sqrt(1 - ab_now) * noise_pred) / torch.sqrt(ab_now)
        img = torch.sqrt(ab_next) * clean_guess + torch.sqrt(1 - ab_next) * noise_pred
    return img


def guided(eps_uncond, eps_cond, guidance_scale=7.5):
    return eps_uncond + guidance_scale * (eps_cond - eps_uncond)


def sampling_table(train_betas, num_steps):
    # use the trained betas, but only those of the steps we visit
    t = np.linspace(len(train_betas) - 1, 0, num_steps).round().astype(int)
    visited = train_betas[t]
    alpha_bar = np.cumprod(1 - visited[::-1])[::-1]
    return [t, alpha_bar]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    per_call = max(1, int(budget_mib / (cost_mib_fp32 / 2)))
    result = []
    for i in range(0, len(seeds), per_call):
        for picture in render(seeds[i : i + per_call], "float16"):
            result.append(picture)
    return result
