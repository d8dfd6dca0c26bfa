import torch
import torchaudoi  # for listening to the results


def noise_any(x0, t, alpha_bar, eps):
    a = alpha_bar[t].view(-1, *([1] * (x0.ndim - 1)))
    return torch.sqrt(a) * x0 + torch.sqrt(1 - a) * eps


def peak_normalise(wave):
    peak = wave.abs().amax((1, 2), keepdim=True)
    return wave / torch.where(peak > 0, peak, torch.ones_like(peak))


def snr_db(clean, noisy):
    return 10 * torch.log10((clean**2).mean((1, 2)) / ((noisy - clean) ** 2).mean((1, 2)))


def fold_frames(video):
    return video.permute(0, 2, 1, 3, 4).view(-1, video.shape[1], *video.shape[3:])  # view after permute: raises


def unfold_frames(images, frames):
    return images.view(-1, frames, *images.shape[1:]).permute(0, 2, 1, 3, 4)


def expand_t(t, frames):
    return t.view(-1, 1).expand(-1, frames).reshape(-1)


def centre(pos, mask):
    m = mask.unsqueeze(-1).to(pos.dtype)
    return (pos - (pos * m).sum(1, keepdim=True) / m.sum(1, keepdim=True)) * m


def molecule_noise(mask, seed):
    g = torch.Generator().manual_seed(seed)
    return centre(torch.randn(*mask.shape, 3, generator=g, dtype=torch.float64), mask)


def pair_distances(pos, mask):
    return torch.cdist(pos, pos) * (mask[:, None, :] & mask[:, :, None])
