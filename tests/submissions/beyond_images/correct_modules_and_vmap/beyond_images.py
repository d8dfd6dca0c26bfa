from __future__ import annotations

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def append_dims(v: Tensor, like: Tensor) -> Tensor:
    return v[(...,) + (None,) * (like.ndim - v.ndim)]


class VPNoise(nn.Module):
    def __init__(self, alpha_bar: Tensor) -> None:
        super().__init__()
        self.register_buffer("angle", torch.arccos(alpha_bar.sqrt()), persistent=False)

    def forward(self, x0: Tensor, t: Tensor, eps: Tensor) -> Tensor:
        angle = append_dims(self.angle[t], x0)
        return angle.cos() * x0 + angle.sin() * eps


class MaskedMean(nn.Module):
    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        weights = mask / mask.sum(-1, keepdim=True)
        return torch.einsum("bn,bnd->bd", weights.to(values), values)[:, None]


@contextmanager
def local_seed(seed: int):
    before = torch.random.get_rng_state()
    torch.manual_seed(seed)
    yield
    torch.random.set_rng_state(before)


def noise_any(x0, t, alpha_bar, eps):
    return VPNoise(alpha_bar)(x0, t, eps)


def peak_normalise(wave):
    peak = F.adaptive_max_pool1d(wave.abs().flatten(1)[:, None], 1)  # (B, 1, 1)
    return wave / torch.where(peak > 0, peak, 1.0)


def snr_db(clean, noisy):
    def power_db(x):
        return 20 * torch.log10(torch.linalg.vector_norm(x, dim=(1, 2)))

    return power_db(clean) - power_db(noisy - clean)


def fold_frames(video):
    return torch.cat([clip.unbind(1) and torch.stack(clip.unbind(1)) for clip in video])


def unfold_frames(images, frames):
    return images.unflatten(0, (-1, frames)).movedim(1, 2)


def expand_t(t, frames):
    return torch.kron(t, torch.ones(frames, dtype=t.dtype))


def centre(pos, mask):
    middle = MaskedMean()(torch.nan_to_num(pos) * mask[..., None], mask)
    return (pos - middle).masked_fill(~mask[..., None], 0)


def molecule_noise(mask, seed):
    with local_seed(seed):
        z = torch.distributions.Normal(0.0, 1.0).sample((*mask.shape, 3))
    return centre(z.double(), mask)


def pair_distances(pos, mask):
    per_molecule = torch.vmap(lambda p: (p[:, None] - p[None]).square().sum(-1).sqrt())
    return per_molecule(pos).mul_(mask[:, :, None] & mask[:, None, :])
