import math

import torch


def cfg_combine(eps_uncond, eps_cond, scale):
    return torch.lerp(eps_uncond.double(), eps_cond.double(), scale)


def drop_labels(labels, u, p, null_id):
    return labels.masked_fill(u < p, null_id)


def drop_labels_random(labels, p, null_id, seed):
    torch.manual_seed(seed)
    return labels.masked_fill(torch.bernoulli(torch.full(labels.shape, p)).bool(), null_id)


def guided_eps(model, x, t, labels, null_id, scale):
    empty = torch.full_like(labels, null_id)
    out = model(torch.cat([x, x]), torch.cat([t, t]), torch.cat([empty, labels]))
    eps_uncond, eps_cond = out.chunk(2)
    return cfg_combine(eps_uncond, eps_cond, scale)


def saturation(x, limit=1.0):
    return (x.abs() > limit).float().mean().item()


def guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
    # in sigma space: z = x / sqrt(alpha_bar), dz / dsigma = eps, Euler steps
    def sigma(t):
        return ((1 - alpha_bar[t].double()) / alpha_bar[t].double()).sqrt() if t >= 0 else torch.tensor(0.0).double()

    rows = []
    for scale in scales:
        z = x_T.double() * (1 + sigma(timesteps[0]) ** 2).sqrt()
        for t, after in zip(timesteps, [*timesteps[1:], -1]):
            x = z / (1 + sigma(t) ** 2).sqrt()
            z = z + (sigma(after) - sigma(t)) * guided_eps(model, x, torch.full((len(x),), t), labels, null_id, scale)
        rows.append((z.mean(), saturation(z, 3.0)))
    return [[float(v) for v in row] for row in rows]


def cross_attention(x, ctx, wq, wk, wv, mask=None):
    x, ctx, wq, wk, wv = (v.double() for v in (x, ctx, wq, wk, wv))
    seen = None if mask is None else mask[:, None, :].expand(-1, x.shape[1], -1)
    return torch.nn.functional.scaled_dot_product_attention(x @ wq, ctx @ wk, ctx @ wv, attn_mask=seen)
