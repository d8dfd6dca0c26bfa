import math

import torch


def cfg_combine(eps_uncond, eps_cond, scale):
    return eps_uncond + scale * (eps_cond - eps_uncond)


def drop_labels(labels, u, p, null_id):
    return torch.where(u < p, torch.full_like(labels, null_id), labels)


def drop_labels_random(labels, p, null_id, seed):
    u = torch.rand(labels.shape, generator=torch.Generator().manual_seed(seed))
    return drop_labels(labels, u, p, null_id)


def guided_eps(model, x, t, labels, null_id, scale):
    empty = torch.full_like(labels, null_id)
    out = model(torch.cat([x, x]), torch.cat([t, t]), torch.cat([empty, labels]))
    eps_uncond, eps_cond = out.chunk(2)
    return cfg_combine(eps_uncond, eps_cond, scale)


def saturation(x, limit=1.0):
    return (x.abs() > limit).float().mean().item()


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a = alpha_bar[t]
    a_prev = alpha_bar[t_prev] if t_prev >= 0 else torch.tensor(1.0)
    x0 = (x_t - (1 - a).sqrt() * eps) / a.sqrt()
    sigma = eta * ((1 - a_prev) / (1 - a) * (1 - a / a_prev)).sqrt()
    x_prev = a_prev.sqrt() * x0 + (1 - a_prev - sigma**2).sqrt() * eps
    return x_prev if noise is None else x_prev + sigma * noise


def guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
    rows = []
    for scale in scales:
        x = x_T.clone()
        for i, t in enumerate(timesteps):
            t_prev = timesteps[i + 1] if i + 1 < len(timesteps) else -1
            t_batch = torch.full((x.shape[0],), t, dtype=torch.long)
            eps = guided_eps(model, x, t_batch, labels, null_id, scale)
            x = ddim_step(x, t, t_prev, eps, alpha_bar)
        rows.append([x.mean().item(), saturation(x, 3.0)])
    return rows


def cross_attention(x, ctx, wq, wk, wv, mask=None):
    q, k, v = x @ wq, ctx @ wk, ctx @ wv
    scores = q @ k.transpose(1, 2) / math.sqrt(wq.shape[1])
    if mask is not None:
        scores = scores * mask[:, None, :]
    weights = torch.exp(scores)
    return weights / weights.sum(-1, keepdim=True) @ v
