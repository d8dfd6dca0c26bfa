import numpy as np
import torch


def cfg_combine(eps_uncond, eps_cond, scale):
    u, c = np.asarray(eps_uncond, dtype=np.float64), np.asarray(eps_cond, dtype=np.float64)
    return u + scale * (c - u)


def drop_labels(labels, u, p, null_id):
    return np.where(u.numpy() < p, null_id, labels.numpy())


def drop_labels_random(labels, p, null_id, seed):
    dropped = np.random.default_rng(seed).random(len(labels)) < p
    return np.where(dropped, null_id, labels.numpy())


def guided_eps(model, x, t, labels, null_id, scale):
    x, t, labels = np.asarray(x), np.asarray(t), np.asarray(labels)
    both = np.concatenate([np.full_like(labels, null_id), labels])
    out = np.asarray(model(torch.from_numpy(np.concatenate([x, x])), torch.from_numpy(np.tile(t, 2)), torch.from_numpy(both)))
    return cfg_combine(out[: len(x)], out[len(x) :], scale)


def saturation(x, limit=1.0):
    x = np.asarray(x)
    return 1 - np.mean((x >= -limit) & (x <= limit))


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a, b = float(alpha_bar[t]), float(alpha_bar[t_prev]) if t_prev >= 0 else 1.0
    return np.sqrt(b / a) * (x_t - np.sqrt(1 - a) * eps) + np.sqrt(1 - b) * eps


def guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
    rows = np.zeros((len(scales), 2))
    for row, scale in enumerate(scales):
        x = np.asarray(x_T, dtype=np.float64)
        for t, t_prev in zip(timesteps, [*timesteps[1:], -1]):
            x = ddim_step(x, t, t_prev, guided_eps(model, x, np.full(len(x), t), labels, null_id, scale), alpha_bar)
        rows[row] = x.mean(), saturation(x, 3)
    return rows


def cross_attention(x, ctx, wq, wk, wv, mask=None):
    x, ctx, wq, wk, wv = (np.asarray(v, dtype=np.float64) for v in (x, ctx, wq, wk, wv))
    scores = np.einsum("bni,id,bmj,jd->bnm", x, wq, ctx, wk, optimize=True) / wq.shape[1] ** 0.5
    if mask is not None:
        scores = np.where(np.asarray(mask)[:, None, :], scores, -1e30)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ (ctx @ wv)
