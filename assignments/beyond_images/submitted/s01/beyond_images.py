# Beyond images
import numpy as np
import torch
from torch import Tensor


def noise_any(x0: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    # one factor per clip, with a 1 for every other axis
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def peak_normalise(wave: Tensor) -> Tensor:
    peak = wave.abs().amax(dim=(1, 2), keepdim=True)
    peak = torch.where(peak == 0, torch.ones_like(peak), peak)  # silence stays silence
    return wave / peak


def snr_db(clean: Tensor, noisy: Tensor) -> Tensor:
    signal_power = (clean**2).mean(dim=(1, 2))
    noise_power = ((noisy - clean) ** 2).mean(dim=(1, 2))
    return 10 * torch.log10(signal_power / noise_power)


def fold_frames(video: Tensor) -> Tensor:
    B, C, F, H, W = video.shape
    return video.permute(0, 2, 1, 3, 4).reshape(B * F, C, H, W)


def unfold_frames(images: Tensor, frames: int) -> Tensor:
    BF, C, H, W = images.shape
    return images.reshape(BF // frames, frames, C, H, W).permute(0, 2, 1, 3, 4)


def expand_t(t: Tensor, frames: int) -> Tensor:
    return t.repeat_interleave(frames)


def centre(pos: Tensor, mask: Tensor) -> Tensor:
    atoms = mask[..., None].to(pos.dtype)
    mean = (pos * atoms).sum(dim=1, keepdim=True) / atoms.sum(dim=1, keepdim=True)
    return (pos - mean) * atoms


def molecule_noise(mask: Tensor, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn((*mask.shape, 3), generator=generator)
    return centre(z, mask)


def pair_distances(pos: Tensor, mask: Tensor) -> Tensor:
    difference = pos[:, :, None, :] - pos[:, None, :, :]
    both = mask[:, :, None] & mask[:, None, :]
    return difference.norm(dim=-1) * both
