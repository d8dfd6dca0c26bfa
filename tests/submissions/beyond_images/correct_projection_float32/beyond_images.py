"""Molecules by a projection matrix, everything in float32, views instead of copies."""
import torch


def noise_any(x0, t, alpha_bar, eps):
    rows = [alpha_bar[k].sqrt() * x + (1 - alpha_bar[k]).sqrt() * e for k, x, e in zip(t, x0, eps)]
    return torch.stack(rows).float()


def peak_normalise(wave):
    flat = wave.float().flatten(1)
    scale = flat.abs().max(dim=1).values
    scale[scale == 0] = 1
    return (flat / scale[:, None]).view(wave.shape)


def snr_db(clean, noisy):
    c, d = clean.flatten(1).float(), (noisy - clean).flatten(1).float()
    return 10 * (c.square().sum(1).log10() - d.square().sum(1).log10())


def fold_frames(video):
    return video.transpose(1, 2).flatten(0, 1)


def unfold_frames(images, frames):
    return images.unflatten(0, (-1, frames)).movedim(2, 1)


def expand_t(t, frames):
    return t[:, None].expand(-1, frames).reshape(-1)


def projector(mask):
    m = mask.float()
    return torch.diag_embed(m) - m[:, :, None] * m[:, None] / m.sum(1)[:, None, None]


def centre(pos, mask):
    return projector(mask) @ pos.float()


def molecule_noise(mask, seed):
    torch.manual_seed(seed)
    return projector(mask) @ torch.randn(*mask.shape, 3)


def pair_distances(pos, mask):
    p = pos.float()
    d = torch.zeros(p.shape[0], p.shape[1], p.shape[1])
    for i in range(p.shape[1]):
        for j in range(p.shape[1]):
            d[:, i, j] = (p[:, i] - p[:, j]).square().sum(-1).sqrt()
    return torch.where(mask[:, :, None] * mask[:, None], d, 0.0)
