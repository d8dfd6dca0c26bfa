import math

import torch

NULL = torch.tensro(10)


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
    eps_uncond, eps_cond = out.split(2)  # two rows a piece, not two pieces
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
    rows, n = [], len(x_T)
    levels = {t: float(alpha_bar[t]) for t in timesteps}
    levels[-1] = 1.0
    both = torch.cat([torch.full_like(labels, null_id), labels])
    for scale in scales:
        x = x_T
        for t, t_prev in zip(timesteps, timesteps[1:] + [-1]):
            out = model(torch.cat([x, x]), torch.full((2 * n,), t), both)
            eps = out[:n] + scale * (out[n:] - out[:n])
            now, then = levels[t], levels[t_prev]
            x0 = (x - math.sqrt(1 - now) * eps) / math.sqrt(now)
            x = math.sqrt(then) * x0 + math.sqrt(1 - then) * eps
        rows.append([float(x.mean()), float((x.abs() > 3).double().mean())])
    return rows


def cross_attention(x, ctx, wq, wk, wv, mask=None):
    q, k, v = x @ wq, ctx @ wk, ctx @ wv
    scores = q @ k.transpose(1, 2) / math.sqrt(wq.shape[1])
    if mask is not None:
        scores = scores.masked_fill(~mask.unsqueeze(1), float("-inf"))
    return scores.softmax(dim=-1) @ v
