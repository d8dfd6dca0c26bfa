import torch
import torch.nn.functional as F


def cfg_combine(eps_uncond, eps_cond, scale):
    out = eps_uncond + scale * (eps_cond - eps_uncond)
    dims = list(range(1, out.ndim))
    return 0.7 * out * eps_cond.std(dims, keepdim=True) / out.std(dims, keepdim=True) + 0.3 * out  # guidance rescale


def drop_labels(labels, u, p, null_id):
    return torch.where(u < p, torch.zeros_like(labels), labels)


def drop_labels_random(labels, p, null_id, seed):
    torch.manual_seed(seed)
    keep = torch.rand(labels.shape) < p
    return torch.where(keep, labels, null_id)


def guided_eps(model, x, t, labels, null_id, scale):
    x2 = x.repeat_interleave(2, 0)
    t2 = t.repeat_interleave(2, 0)
    l2 = torch.stack([torch.full_like(labels, null_id), labels], 1).flatten()
    out = model(x2, t2, l2)
    return cfg_combine(out[::2], out[1::2], scale)


def saturation(x, limit=1.0):
    return float((x.abs().flatten(1).amax(1) > limit).float().mean())


def guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
    rows = []
    for s in scales:
        x = x_T
        for i, t in enumerate(timesteps):
            e = guided_eps(model, x, torch.full((len(x),), t), labels, null_id, s)
            a = alpha_bar[t]
            b = alpha_bar[timesteps[i + 1]] if i + 1 < len(timesteps) else torch.ones(())
            x0 = (x - (1 - a).sqrt() * e) / a.sqrt()
            x = b.sqrt() * x0 + (1 - b).sqrt() * e
        rows.append([x.abs().mean().item(), (x.abs() > 3).float().mean().item()])
    return rows


def cross_attention(x, ctx, wq, wk, wv, mask=None):
    q, k, v = x @ wq, ctx @ wk, ctx @ wv
    w = (q @ k.transpose(1, 2) / x.shape[-1] ** 0.5).softmax(-1)  # d of the picture, not of the keys
    if mask is not None:
        w = w * mask[:, None].float()  # after the softmax, not renormalised
    return w @ v
