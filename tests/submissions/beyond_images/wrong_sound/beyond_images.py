"""Only the sound is wrong: in place, 20 for powers."""
import torch


def noise_any(x0, t, alpha_bar, eps):
    a = alpha_bar[t].view(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def peak_normalise(wave):
    for clip in wave:
        if clip.abs().max() > 0:
            clip /= clip.abs().max()
    return wave


def snr_db(clean, noisy):
    return 20 * torch.log10((clean**2).mean((1, 2)) / ((noisy - clean) ** 2).mean((1, 2)))


def fold_frames(video):
    return video.transpose(1, 2).flatten(0, 1)


def unfold_frames(images, frames):
    return images.unflatten(0, (-1, frames)).transpose(1, 2)


def expand_t(t, frames):
    return torch.repeat_interleave(t, frames)


def centre(pos, mask):
    m = mask.unsqueeze(-1).to(pos.dtype)
    return (pos - (pos * m).sum(1, keepdim=True) / m.sum(1, keepdim=True)) * m


def molecule_noise(mask, seed):
    return centre(torch.randn(*mask.shape, 3, generator=torch.Generator().manual_seed(seed)), mask)


def pair_distances(pos, mask):
    return torch.cdist(pos, pos) * (mask[:, :, None] & mask[:, None])
