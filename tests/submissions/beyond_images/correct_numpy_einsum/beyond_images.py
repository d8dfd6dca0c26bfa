import numpy as np


def noise_any(x0, t, alpha_bar, eps):
    a = np.asarray(alpha_bar)[np.asarray(t)]
    return np.einsum("b,b...->b...", np.sqrt(a), np.asarray(x0)) + np.einsum("b,b...->b...", np.sqrt(1 - a), np.asarray(eps))


def peak_normalise(wave):
    out = []
    for clip in np.array(wave):
        loudest = np.max(np.abs(clip))
        out.append(clip if loudest == 0 else clip / loudest)
    return np.stack(out)


def snr_db(clean, noisy):
    clean, noisy = np.asarray(clean), np.asarray(noisy)
    db = lambda v: 20 * np.log10(np.linalg.norm(v.reshape(len(v), -1), axis=1))
    return db(clean) - db(noisy - clean)


def fold_frames(video):
    v = np.moveaxis(np.asarray(video), 2, 1)
    return np.concatenate(list(v))


def unfold_frames(images, frames):
    x = np.asarray(images)
    return np.stack([x[i : i + frames].swapaxes(0, 1) for i in range(0, len(x), frames)])


def expand_t(t, frames):
    return np.repeat(np.asarray(t), frames)


def centre(pos, mask):
    pos, mask = np.asarray(pos), np.asarray(mask)
    mean = np.einsum("bnd,bn->bd", pos, mask) / mask.sum(1)[:, None]
    return np.where(mask[..., None], pos - mean[:, None], 0.0)


def molecule_noise(mask, seed):
    rng = np.random.default_rng(seed)
    return centre(rng.standard_normal((*mask.shape, 3)), mask)


def pair_distances(pos, mask):
    p, m = np.asarray(pos, dtype=float), np.asarray(mask)
    square = ((p[:, :, None, :] - p[:, None, :, :]) ** 2).sum(-1)
    return np.sqrt(square) * np.einsum("bi,bj->bij", m, m)
