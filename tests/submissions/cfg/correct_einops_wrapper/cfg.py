import math
from functools import partial
from random import Random

import torch
import torch.nn.functional as F
from einops import einsum, rearrange, reduce, repeat
from torch import nn


def exists(v):
    return v is not None


def prob_mask_like(shape, prob, gen):
    if prob == 1:
        return torch.ones(shape, dtype=torch.bool)
    if prob == 0:
        return torch.zeros(shape, dtype=torch.bool)
    return torch.zeros(shape).uniform_(0, 1, generator=gen) < prob


class ClassifierFreeGuidance(nn.Module):
    """wraps a conditional model; call it with the scale, get the guided guess"""

    def __init__(self, model, null_id):
        super().__init__()
        self.model, self.null_id = model, null_id

    def forward(self, x, t, classes, *, cond_scale):
        doubled = repeat(x, "b ... -> (r b) ...", r=2)
        times = repeat(t, "b -> (r b)", r=2)
        nothing = torch.empty_like(classes).fill_(self.null_id)
        both = rearrange([nothing, classes], "r b -> (r b)")
        null_logits, logits = rearrange(self.model(doubled, times, both), "(r b) ... -> r b ...", r=2)
        return cfg_combine(null_logits, logits, cond_scale)


def cfg_combine(eps_uncond, eps_cond, scale):
    return torch.lerp(eps_uncond, eps_cond, scale)


def drop_labels(labels, u, p, null_id):
    return labels.masked_fill(u < p, null_id)


def drop_labels_random(labels, p, null_id, seed):
    keep_mask = prob_mask_like(labels.shape, 1 - p, torch.Generator().manual_seed(seed))
    return torch.where(keep_mask, labels, torch.tensor(null_id))


def guided_eps(model, x, t, labels, null_id, scale):
    return ClassifierFreeGuidance(model, null_id)(x, t, labels, cond_scale=scale)


def saturation(x, limit=1.0):
    return reduce((x.abs() > limit).double(), "... ->", "mean")


class DDIM:
    def __init__(self, alpha_bar, timesteps):
        self.steps = list(zip(timesteps, timesteps[1:] + [None]))
        self.alpha_bar = alpha_bar

    def coefs(self, t):
        a = self.alpha_bar[t] if exists(t) else torch.ones(())
        return a.sqrt(), (1 - a).sqrt()

    @torch.inference_mode()
    def __call__(self, predict, x):
        b = x.shape[0]
        for now, then in self.steps:
            (alpha, sigma), (alpha_next, sigma_next) = self.coefs(now), self.coefs(then)
            noise = predict(x, torch.full((b,), now, dtype=torch.long))
            start = (x - sigma * noise) / alpha
            x = alpha_next * start + sigma_next * noise
        return x


def guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
    guided = ClassifierFreeGuidance(model, null_id)
    sample = DDIM(alpha_bar, timesteps)
    finals = [sample(partial(guided, classes=labels, cond_scale=s), x_T) for s in scales]
    return torch.stack([torch.stack([img.mean().double(), saturation(img, 3)]) for img in finals])


class CrossAttention(nn.Module):
    def __init__(self, wq, wk, wv, heads=1):
        super().__init__()
        self.heads, self.scale = heads, (wq.shape[1] // heads) ** -0.5
        for name, w in dict(to_q=wq, to_k=wk, to_v=wv).items():
            layer = nn.Linear(*w.shape, bias=False)
            layer.weight = nn.Parameter(w.mT.clone())
            self.add_module(name, layer)

    def forward(self, x, context, mask=None):
        q, k, v = self.to_q(x), self.to_k(context), self.to_v(context)
        q, k, v = map(lambda m: rearrange(m, "b n (h d) -> (b h) n d", h=self.heads), (q, k, v))
        sim = einsum(q, k, "b i d, b j d -> b i j") * self.scale
        if exists(mask):
            mask = repeat(rearrange(mask, "b ... -> b (...)"), "b j -> (b h) () j", h=self.heads)
            sim.masked_fill_(~mask, -torch.finfo(sim.dtype).max)
        attn = sim.softmax(dim=-1)
        out = einsum(attn, v, "b i j, b j d -> b i d")
        return rearrange(out, "(b h) n d -> b n (h d)", h=self.heads)


def cross_attention(x, ctx, wq, wk, wv, mask=None):
    return CrossAttention(wq, wk, wv)(x, ctx, mask=mask)
