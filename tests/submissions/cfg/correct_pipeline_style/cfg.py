from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F

CLIP_AT = 3.0
FINAL_ALPHA = 1.0


@dataclass(frozen=True)
class Prompt:
    labels: torch.Tensor
    null_id: int
    scale: float = 7.5

    @property
    def do_classifier_free_guidance(self) -> bool:
        return True  # also at scale 1: the handout asks for both halves in any case

    def embeds(self) -> torch.Tensor:
        negative = torch.full_like(self.labels, self.null_id)
        return torch.cat([negative, self.labels])


def cfg_combine(eps_uncond, eps_cond, scale):
    u, c = np.asarray(eps_uncond, np.float64), np.asarray(eps_cond, np.float64)
    return np.tensordot(np.array([1 - scale, scale]), np.stack([u, c]), axes=1)


def drop_labels(labels, u, p, null_id):
    hit = (u < p).long()
    return hit * null_id + (1 - hit) * labels


def drop_labels_random(labels, p, null_id, seed):
    flip = torch.bernoulli(torch.full(labels.shape, float(p)), generator=torch.Generator().manual_seed(seed))
    out = labels.clone()
    out[flip.bool()] = null_id
    return out


def _denoise(unet: Callable, latents, t, prompt: Prompt):
    latent_model_input = torch.cat([latents] * 2) if prompt.do_classifier_free_guidance else latents
    noise_pred = unet(latent_model_input, torch.cat([t, t]), prompt.embeds())
    noise_pred_uncond, noise_pred_text = noise_pred.chunk(2)
    noise_pred_text = noise_pred_text - noise_pred_uncond
    noise_pred_text *= prompt.scale
    return noise_pred_uncond + noise_pred_text


def guided_eps(model, x, t, labels, null_id, scale):
    return _denoise(model, x, t, Prompt(labels, null_id, scale))


def saturation(x, limit=1.0):
    x = np.asarray(x)
    return 1.0 - np.count_nonzero((-limit <= x) & (x <= limit)) / x.size


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a_t = alpha_bar[t]
    a_prev = alpha_bar[t_prev] if t_prev >= 0 else torch.tensor(FINAL_ALPHA)
    original = (x_t - (1 - a_t) ** 0.5 * eps) / a_t**0.5
    return a_prev**0.5 * original + (1 - a_prev) ** 0.5 * eps


def _callback_free_loop(model, x_T, alpha_bar, timesteps, prompt: Prompt) -> Iterator[torch.Tensor]:
    latents = x_T * 1.0  # init_noise_sigma
    for i, t in enumerate(timesteps):
        prev = timesteps[i + 1] if i < len(timesteps) - 1 else -1
        when = torch.tensor(t).expand(latents.shape[0])
        latents = ddim_step(latents, t, prev, _denoise(model, latents, when, prompt), alpha_bar)
        yield latents


def guidance_sweep(model, x_T, alpha_bar, timesteps, labels, null_id, scales):
    base, table = Prompt(labels, null_id), {}
    for scale in scales:
        *_, image = _callback_free_loop(model, x_T, alpha_bar, timesteps, replace(base, scale=scale))
        table[scale] = (image.mean().item(), saturation(image, limit=CLIP_AT))
    return [table[scale] for scale in scales]


def cross_attention(x, ctx, wq, wk, wv, mask=None):
    q, k, v = x @ wq, ctx @ wk, ctx @ wv
    attn_mask = None if mask is None else mask[:, None, :].expand(-1, x.size(1), -1)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=attn_mask, dropout_p=0.0)
