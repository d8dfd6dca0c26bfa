"""Sound and video are right; molecules: count of padding, spread put back, squares, and one t for all clips."""
import torch


def noise_any(x0, t, alpha_bar, eps):
    a = alpha_bar[t[0]]
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def peak_normalise(wave):
    peak = wave.abs().amax(dim=(1, 2), keepdim=True)
    return wave / torch.where(peak > 0, peak, 1.0)


def snr_db(clean, noisy):
    return 10 * torch.log10((clean**2).mean((1, 2)) / ((noisy - clean) ** 2).mean((1, 2)))


def fold_frames(video):
    return video.transpose(1, 2).flatten(0, 1)


def unfold_frames(images, frames):
    return images.unflatten(0, (-1, frames)).transpose(1, 2)


def expand_t(t, frames):
    return torch.repeat_interleave(t, frames)


def centre(pos, mask):
    m = mask.unsqueeze(-1).to(pos.dtype)
    return (pos - (pos * m).mean(1, keepdim=True)) * m


def molecule_noise(mask, seed):
    m = mask.unsqueeze(-1).float()
    n = m.sum(1, keepdim=True)
    e = torch.randn(*mask.shape, 3, generator=torch.Generator().manual_seed(seed)) * m
    return (e - e.sum(1, keepdim=True) / n) * m * (n / (n - 1)).sqrt()


def pair_distances(pos, mask):
    square = ((pos[:, :, None] - pos[:, None]) ** 2).sum(-1)
    return square * (mask[:, :, None] & mask[:, None])
