import torch


def noise_any(x0, t, alpha_bar, eps):
    a = alpha_bar[t].view(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def peak_normalise(wave):
    peak = wave.abs().amax(dim=(1, 2), keepdim=True)
    return torch.where(peak > 0, wave / peak.clamp_min(1e-12), wave)


def snr_db(clean, noisy):
    signal = clean.pow(2).mean(dim=(1, 2))
    noise = (noisy - clean).pow(2).mean(dim=(1, 2))
    return 10 * torch.log10(signal / noise)


def fold_frames(video):
    B, C, F, H, W = video.shape
    return video.permute(0, 2, 1, 3, 4).reshape(B * F, C, H, W)


def unfold_frames(images, frames):
    N, C, H, W = images.shape
    return images.reshape(N // frames, frames, C, H, W).permute(0, 2, 1, 3, 4)


def expand_t(t, frames):
    return t.repeat_interleave(frames)


def centre(pos, mask):
    m = mask.unsqueeze(-1).to(pos.dtype)
    return (pos - (pos * m).sum(1, keepdim=True) / m.sum(1, keepdim=True)) * m


def molecule_noise(mask, seed):
    g = torch.Generator().manual_seed(seed)
    return centre(torch.randn(*mask.shape, 3, generator=g), mask)


def pair_distances(pos, mask):
    d = torch.linalg.norm(pos[:, :, None] - pos[:, None, :], dim=-1)
    return d * (mask[:, :, None] & mask[:, None, :])
