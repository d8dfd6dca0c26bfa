import torch


def noise_any(x0, t, alpha_bar, eps):
    a = alpha_bar[t].view(-1, *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def peak_normalise(wave):
    return wave / wave.abs().amax(dim=-1, keepdim=True).clamp(min=1e-8)


def snr_db(clean, noisy):
    n = noisy - clean
    return 10 * torch.log10(clean.var(dim=(1, 2)) / n.var(dim=(1, 2)))


def fold_frames(video):
    b, c, f, h, w = video.shape
    return video.reshape(b * f, c, h, w)


def unfold_frames(images, frames):
    return images.reshape(-1, frames, *images.shape[1:])


def expand_t(t, frames):
    return t.repeat(frames)


def centre(pos, mask):
    m = mask[..., None].to(pos)
    return (pos - (pos * m).mean(1, keepdim=True)) * m


def molecule_noise(mask, seed):
    g = torch.Generator().manual_seed(seed)
    z = torch.randn(*mask.shape, 3, generator=g)
    return (z - z.mean(1, keepdim=True)) * mask[..., None]


def pair_distances(pos, mask):
    d = torch.cdist(pos, pos) ** 2
    return d * mask[:, :, None] * mask[:, None]
