import torch
from einops import rearrange, reduce, repeat


def noise_any(x0, t, alpha_bar, eps):
    shape = "b " + " ".join("1" for _ in x0.shape[1:])
    log_snr = torch.log(alpha_bar) - torch.log1p(-alpha_bar)
    a = rearrange(torch.sigmoid(log_snr[t]), f"b -> {shape}")
    return torch.sqrt(a) * x0 + torch.sqrt(1 - a) * eps


def peak_normalise(wave):
    peak = reduce(wave.abs(), "b c l -> b 1 1", "max")
    return wave.div(peak).nan_to_num(0.0)


def snr_db(clean, noisy):
    power = lambda x: reduce(x**2, "b c l -> b", "mean")
    return 10 * torch.log10(power(clean)) - 10 * torch.log10(power(noisy - clean))


def fold_frames(video):
    return rearrange(video, "b c f h w -> (b f) c h w")


def unfold_frames(images, frames):
    return rearrange(images, "(b f) c h w -> b c f h w", f=frames)


def expand_t(t, frames):
    return repeat(t, "b -> (b f)", f=frames).float()


def centre(pos, mask):
    kept = pos.masked_fill(~mask[..., None], 0)
    mean = reduce(kept, "b n d -> b 1 d", "sum") / reduce(mask.float(), "b n -> b 1 1", "sum")
    return (pos - mean).masked_fill(~mask[..., None], 0)


def molecule_noise(mask, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        noise = torch.randn(mask.shape + (3,), dtype=torch.float64)
    return centre(noise, mask)


def pair_distances(pos, mask):
    d = torch.cdist(pos, pos, compute_mode="donot_use_mm_for_euclid_dist")
    return d.masked_fill(~rearrange(mask, "b n -> b n 1") | ~rearrange(mask, "b n -> b 1 n"), 0)
