import math
import random

import torch


def cfg_combine(eps_uncond, eps_cond, scale):
    if isinstance(eps_uncond, list):
        return [cfg_combine(u, c, scale) for u, c in zip(eps_uncond, eps_cond)]
    if isinstance(eps_uncond, float):
        return eps_uncond * (1 - scale) + eps_cond * scale
    return cfg_combine(eps_uncond.tolist(), eps_cond.tolist(), scale)


def drop_labels(labels, u, p, null_id):
    return [null_id if draw < p else label for label, draw in zip(labels.tolist(), u.tolist())]


def drop_labels_random(labels, p, null_id, seed):
    dice = random.Random(seed)
    return [null_id if dice.random() < p else int(label) for label in labels]


def guided_eps(model, x, t, labels, null_id, scale):
    out = model(torch.cat([x, x]), t.tolist() * 2, [null_id] * len(x) + labels.tolist()).tolist()
    return torch.tensor(cfg_combine(out[: len(x)], out[len(x) :], scale))


def saturation(x, limit=1.0):
    count = 0
    values = x.flatten().tolist()
    for value in values:
        if value > limit or value < -limit:
            count += 1
    return count / len(values)


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
    result = torch.zeros(x.shape[0], x.shape[1], wv.shape[1])
    for b in range(x.shape[0]):
        words = [m for m in range(ctx.shape[1]) if mask is None or mask[b, m]]
        for n in range(x.shape[1]):
            query = x[b, n] @ wq
            scores = [float(query @ (ctx[b, m] @ wk)) / math.sqrt(len(query)) for m in words]
            weights = [math.exp(s - max(scores)) for s in scores]
            for weight, m in zip(weights, words):
                result[b, n] += weight / sum(weights) * (ctx[b, m] @ wv)
    return result
