import torch, torch.nn as nn
from torch import Tensor
class Null: pass
def cfg_combine(eps_uncond: Tensor, eps_cond: Tensor, scale: float) -> Tensor:
    w = scale - 1  # the paper's w
    return (1 + w) * eps_cond - w * eps_uncond
def drop_labels(labels, u, p, null_id):
    out = labels.new_tensor(labels.tolist()); out[u.lt(p)] = null_id; return out
def drop_labels_random(labels, p, null_id, seed):
    torch.manual_seed(seed)
    drop = nn.Dropout(p)(torch.ones(labels.shape)) == 0
    return torch.where(drop, torch.full_like(labels, null_id), labels)
@torch.no_grad()
def guided_eps(model, x, t, labels, null_id, scale):
    xx = x.unsqueeze(0).expand(2, *x.shape).reshape(-1, *x.shape[1:])
    yy = torch.stack((torch.zeros_like(labels) + null_id, labels)).view(-1)
    out = model(xx, t.repeat(2), yy)
    out_c, out_u = out[len(x):], out[:len(x)]
    return cfg_combine(out_u, out_c, scale)
def saturation(x, limit=1.0): return torch.logical_or(x > limit, x < -limit).float().mean().item()
def guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
    B, S = len(x_T), len(scales); res = []
    for s in scales:
        x = x_T.clone()
        for i in range(len(timesteps)):
            t = timesteps[i]
            e = guided_eps(model, x, torch.IntTensor([t] * B), labels, null_id, s)
            sg, n = alpha_bar[t].sqrt(), (1 - alpha_bar[t]).sqrt()
            x0 = (x - n * e) / sg
            if i == len(timesteps) - 1: x = x0; break
            x = alpha_bar[timesteps[i + 1]].sqrt() * x0 + (1 - alpha_bar[timesteps[i + 1]]).sqrt() * e
        res.append([x.mean(), saturation(x, 3.)])
    return res
def cross_attention(x, ctx, wq, wk, wv, mask=None):
    q, k, v = torch.matmul(x, wq), torch.matmul(ctx, wk), torch.matmul(ctx, wv)
    scale = q.size(-1) ** -0.25
    att = torch.baddbmm(torch.zeros(len(x), x.size(1), ctx.size(1)), q * scale, (k * scale).transpose(-2, -1))
    if mask is not None: att = att + torch.zeros_like(att).masked_fill(mask.logical_not().unsqueeze(1), float("-inf"))
    att = torch.exp(att - att.logsumexp(-1, keepdim=True))
    return torch.bmm(att, v)
