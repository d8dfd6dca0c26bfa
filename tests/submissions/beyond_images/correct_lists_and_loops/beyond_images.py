"""No library but the standard one; nested lists in and out."""
import math
import random


def mix(a, x, e):
    if isinstance(x, list):
        return [mix(a, u, v) for u, v in zip(x, e)]
    return math.sqrt(a) * x + math.sqrt(1 - a) * e


def noise_any(x0, t, alpha_bar, eps):
    levels = alpha_bar.tolist()
    return [mix(levels[k], x, e) for k, x, e in zip(t.tolist(), x0.tolist(), eps.tolist())]


def flat(x):
    return [v for part in x for v in flat(part)] if isinstance(x, list) else [x]


def peak_normalise(wave):
    result = []
    for clip in wave.tolist():
        loudest = max(abs(v) for v in flat(clip)) or 1.0
        result.append([[v / loudest for v in channel] for channel in clip])
    return result


def snr_db(clean, noisy):
    out = []
    for c, n in zip(clean.tolist(), noisy.tolist()):
        c, n = flat(c), flat(n)
        out.append(10 * math.log10(sum(u * u for u in c) / sum((v - u) ** 2 for u, v in zip(c, n))))
    return out


def fold_frames(video):
    return [[colour[f] for colour in clip] for clip in video.tolist() for f in range(len(clip[0]))]


def unfold_frames(images, frames):
    images = images.tolist()
    clips = [images[i : i + frames] for i in range(0, len(images), frames)]
    return [[[frame[c] for frame in clip] for c in range(len(clip[0]))] for clip in clips]


def expand_t(t, frames):
    return [k for k in t.tolist() for _ in range(frames)]


def centred(rows, atoms):
    n = sum(atoms)
    mean = [sum(r[d] for r, m in zip(rows, atoms) if m) / n for d in range(3)]
    return [[r[d] - mean[d] if m else 0.0 for d in range(3)] for r, m in zip(rows, atoms)]


def centre(pos, mask):
    return [centred(rows, atoms) for rows, atoms in zip(pos.tolist(), mask.tolist())]


def molecule_noise(mask, seed):
    dice = random.Random(seed)
    return [centred([[dice.gauss(0, 1) for _ in range(3)] for _ in atoms], atoms) for atoms in mask.tolist()]


def pair_distances(pos, mask):
    return [
        [[math.dist(p, q) if a and b else 0.0 for q, b in zip(rows, atoms)] for p, a in zip(rows, atoms)]
        for rows, atoms in zip(pos.tolist(), mask.tolist())
    ]
