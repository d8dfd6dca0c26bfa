"""Written for pictures: four axes, reshape for permute, one peak for the batch, padding forgotten."""
import torch


def noise_any(x0, t, alpha_bar, eps):
    a = alpha_bar[t].view(-1, 1, 1, 1)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def peak_normalise(wave):
    return wave / wave.abs().max()


def snr_db(clean, noisy):
    return 10 * torch.log10((clean**2).mean() / ((noisy - clean) ** 2).mean()).repeat(len(clean))


def fold_frames(video):
    B, C, F, H, W = video.shape
    return video.reshape(B * F, C, H, W)


def unfold_frames(images, frames):
    N, C, H, W = images.shape
    return images.reshape(N // frames, C, frames, H, W)


def expand_t(t, frames):
    return t.repeat(frames)


def centre(pos, mask):
    return (pos - pos.mean(1, keepdim=True)) * mask[..., None]


def molecule_noise(mask, seed):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(*mask.shape, 3, generator=g) * mask[..., None]


def pair_distances(pos, mask):
    return (pos[:, :, None] - pos[:, None]).norm(dim=-1)
