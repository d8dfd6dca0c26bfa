"""One molecule's noise for the whole batch; frames side by side; coordinates share a mean."""
import torch


def noise_any(x0, t, alpha_bar, eps):
    a = alpha_bar[t].view(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps[:, :1]


def peak_normalise(wave):
    return wave / wave.abs().amax(2, keepdim=True).clamp_min(1e-12)


def snr_db(clean, noisy):
    return 10 * torch.log10((clean**2).mean((1, 2)) / (noisy**2).mean((1, 2)))


def fold_frames(video):
    return torch.cat([video[:, :, f] for f in range(video.shape[2])])


def unfold_frames(images, frames):
    return torch.stack(images.chunk(frames), dim=2)


def expand_t(t, frames):
    return t.view(-1, 1).repeat(1, frames)


def centre(pos, mask):
    m = mask.unsqueeze(-1).to(pos.dtype)
    return pos - (pos * m).sum(1, keepdim=True) / m.sum(1, keepdim=True)


def molecule_noise(mask, seed):
    m = mask.unsqueeze(-1).float()
    e = torch.randn(1, mask.shape[1], 3, generator=torch.Generator().manual_seed(seed)) * m
    return (e - e.sum(1, keepdim=True) / m.sum(1, keepdim=True)) * m


def pair_distances(pos, mask):
    return (pos[:, :, None] - pos[:, None]).abs().sum(-1) * (mask[:, :, None] & mask[:, None])
