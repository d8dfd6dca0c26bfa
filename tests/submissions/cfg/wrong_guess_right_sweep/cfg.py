"""The halves of the answer are taken the wrong way round, saturation counts the limit: the sweep itself is right."""
import torch


def cfg_combine(eps_uncond, eps_cond, scale):
    eps_cond -= eps_uncond  # no copy
    return eps_uncond + scale * eps_cond


def drop_labels(labels, u, p, null_id):
    return labels.masked_fill(u < p, null_id)


def drop_labels_random(labels, p, null_id, seed):
    u = torch.rand(len(labels), generator=torch.Generator().manual_seed(seed))
    return labels.masked_fill(u < p, null_id)


def guided_eps(model, x, t, labels, null_id, scale):
    both = torch.cat([torch.full_like(labels, null_id), labels])
    cond, uncond = model(torch.cat([x, x]), torch.cat([t, t]), both).chunk(2)
    return uncond + scale * (cond - uncond)


def saturation(x, limit=1.0):
    return round(float((x.abs() > limit).float().mean()), 2)


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a, p = alpha_bar[t], alpha_bar[t_prev] if t_prev >= 0 else torch.ones(())
    return p.sqrt() * (x_t - (1 - a).sqrt() * eps) / a.sqrt() + (1 - p).sqrt() * eps


def guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
    rows = []
    for scale in scales:
        x = x_T
        for t, t_prev in zip(timesteps, [*timesteps[1:], -1]):
            eps = guided_eps(model, x, torch.full((len(x),), t), labels, null_id, scale)
            x = ddim_step(x, t, t_prev, eps, alpha_bar)
        rows.append([float(x.mean()), saturation(x, 3.0)])
    return rows


def cross_attention(x, ctx, wq, wk, wv, mask=None):
    kept = None if mask is None else mask[:, None, :]
    return torch.nn.functional.scaled_dot_product_attention(x @ wq, ctx @ wk, ctx @ wv, attn_mask=kept)
