"""The recipe of images on other data: audio (B, C, L), video (B, C, F, H, W) and small molecules (B, N, 3) with a mask.

Only the shapes and a few symmetries are new; the noising formula is the one for images.
"""

from __future__ import annotations

import torch
from torch import Tensor


def noise_any(x0: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """x_t = sqrt(alpha_bar[t]) x0 + sqrt(1 - alpha_bar[t]) eps (arXiv:2006.11239, eq. 4) for any number of axes.

    x0, eps: (B, *); t: LongTensor (B,), one a clip; alpha_bar: (T,).
    """
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def peak_normalise(wave: Tensor) -> Tensor:
    """wave: (B, C, L). Each clip divided by its own largest |value| over channels and time; silence stays silence."""
    peak = wave.abs().amax(dim=(1, 2), keepdim=True)
    return wave / torch.where(peak > 0, peak, torch.ones_like(peak))


def snr_db(clean: Tensor, noisy: Tensor) -> Tensor:
    """(B,) decibels: ten times log10 of the power of the clip over the power of what was added to it.

    Power is the mean of the squares over channels and time.
    """
    axes = tuple(range(1, clean.ndim))
    return 10 * torch.log10((clean**2).mean(axes) / ((noisy - clean) ** 2).mean(axes))


def fold_frames(video: Tensor) -> Tensor:
    """(B, C, F, H, W) -> (B*F, C, H, W), frames of a clip together: how a 2-D network sees video (arXiv:2204.03458)."""
    batch, channels, frames, height, width = video.shape
    return video.permute(0, 2, 1, 3, 4).reshape(batch * frames, channels, height, width)


def unfold_frames(images: Tensor, frames: int) -> Tensor:
    """(B*F, C, H, W) -> (B, C, F, H, W): the inverse of fold_frames."""
    return images.reshape(-1, frames, *images.shape[1:]).permute(0, 2, 1, 3, 4)


def expand_t(t: Tensor, frames: int) -> Tensor:
    """(B,) -> (B*F,): the frames of a clip share its noise level (arXiv:2204.03458, sec. 3)."""
    return t.repeat_interleave(frames)


def centre(pos: Tensor, mask: Tensor) -> Tensor:
    """Move each molecule's centre of mass to the origin, all atoms weighing the same (arXiv:2203.17003, sec. 3.1).

    pos: (B, N, 3); mask: bool (B, N), True = atom. Padding rows become 0.
    """
    atom = mask[..., None].to(pos.dtype)
    mean = (pos * atom).sum(1, keepdim=True) / atom.sum(1, keepdim=True)
    return (pos - mean) * atom


def molecule_noise(mask: Tensor, seed: int) -> Tensor:
    """(B, N, 3): N(0, 1) noise projected to a centre of mass at the origin (arXiv:2203.17003, sec. 3.1); padding is 0.

    Its law is a Gaussian on the 3(n-1)-dimensional space of centred positions of n atoms.
    """
    generator = torch.Generator().manual_seed(seed)
    return centre(torch.randn(*mask.shape, 3, generator=generator), mask)


def pair_distances(pos: Tensor, mask: Tensor) -> Tensor:
    """(B, N, N): Euclidean distance of each two atoms, unchanged when the molecule moves or turns; 0 beside padding."""
    distance = (pos[:, :, None] - pos[:, None]).norm(dim=-1)
    return distance * (mask[:, :, None] & mask[:, None])
