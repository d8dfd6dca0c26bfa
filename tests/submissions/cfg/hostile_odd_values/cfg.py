import torch


def cfg_combine(eps_uncond, eps_cond, scale):
    return torch.full_like(eps_cond, float("nan"))


def drop_labels(labels, u, p, null_id):
    return [[1.0], [1.0, 2.0]]


def drop_labels_random(labels, p, null_id, seed):
    return torch.full_like(labels, 99).float() + 0.5


def guided_eps(model, x, t, labels, null_id, scale):
    try:
        model(x, t, "label")
    except Exception:
        pass
    return model(torch.zeros(3000, 2), torch.zeros(3000).long(), labels * 10**6)


def saturation(x, limit=1.0):
    return "a lot"


def guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
    return {"rows": [[0.0, 0.0]] * 3}


def cross_attention(x, ctx, wq, wk, wv, mask=None):
    return x * 1j
