import torch


def noise_any(x0, t, alpha_bar, eps):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def peak_normalise(wave):
    peak = wave.abs().amax((1, 2), keepdim=True)
    return wave / torch.where(peak == 0, 1, peak)


def snr_db(clean, noisy):
    power = (clean**2).mean((1, 2)) / ((noisy - clean) ** 2).mean((1, 2))
    return 10 * power.log10()


def fold_frames(video):
    return video.transpose(1, 2).flatten(0, 1)


def unfold_frames(images, frames):
    return images.unflatten(0, (-1, frames)).transpose(1, 2)


def expand_t(t, frames):
    return t.repeat_interleave(frames)


def centre(pos, mask):
    pos[~mask] = 0
    return (pos - pos.sum(1, keepdim=True) / mask.sum(1)[:, None, None]) * mask[..., None]


def molecule_noise(mask, seed):
    one = torch.randn(1, mask.shape[1], 3, generator=torch.Generator().manual_seed(seed))
    return centre(one.repeat(len(mask), 1, 1), mask)  # one noise for all


def pair_distances(pos, mask):
    pos -= pos.mean(1, keepdim=True)
    return torch.cdist(pos, pos) * (mask[:, None] & mask[..., None])
