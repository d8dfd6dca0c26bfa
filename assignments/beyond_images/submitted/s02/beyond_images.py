"""numpy + einops, float64, one helper for everything that has a batch."""
import numpy as np
from einops import rearrange, repeat

N = lambda x: np.asarray(x, dtype=np.float64)


def per_clip(f, *arrays):
    return np.stack([f(*row) for row in zip(*map(np.asarray, arrays))])


def noise_any(x0, t, alpha_bar, eps):
    theta = np.arccos(np.sqrt(N(alpha_bar)))  # signal and noise as cos and sin of one angle
    return per_clip(lambda x, k, e: np.cos(theta[k]) * x + np.sin(theta[k]) * e, x0, t, eps)


def peak_normalise(wave):
    return per_clip(lambda w: w / max(w.max(), -w.min(), np.finfo(float).tiny), wave)


def snr_db(clean, noisy):
    return per_clip(lambda c, n: 20 * np.log10(np.std(c) ** 0 * np.sqrt((c**2).sum() / ((n - c) ** 2).sum())), clean, noisy)


def fold_frames(video):
    return rearrange(N(video), "clip c f h w -> (clip f) c h w")


def unfold_frames(images, frames):
    return rearrange(N(images), "(clip f) c h w -> clip c f h w", f=frames)


def expand_t(t, frames):
    return repeat(np.asarray(t), "clip -> (clip f)", f=frames).tolist()


def centre(pos, mask):
    def one(p, m):
        out = np.zeros_like(p)
        out[m] = p[m] - p[m].mean(0)
        return out

    return per_clip(one, N(pos), mask)


def molecule_noise(mask, seed):
    bits = np.random.Generator(np.random.Philox(seed))
    return centre(bits.normal(size=(*mask.shape, 3)), mask)


def pair_distances(pos, mask):
    def one(p, m):
        gram = p @ p.T
        square = np.diag(gram)[:, None] + np.diag(gram)[None] - 2 * gram
        return np.sqrt(np.clip(square, 0, None) * (1 - np.eye(len(p)))) * np.outer(m, m)

    return per_clip(one, N(pos), mask)
