"""Values that are no answer: none of them may bring the grader down."""
import numpy as np
import torch


def noise_any(x0, t, alpha_bar, eps):
    return torch.complex(x0, eps)


def peak_normalise(wave):
    return [[1.0], [1.0, 2.0]]


def snr_db(clean, noisy):
    return {"snr": 1.0}


def fold_frames(video):
    return np.array(["frames"] * 8)


def unfold_frames(images, frames):
    return unfold_frames


def expand_t(t, frames):
    return [10**300] * (len(t) * frames)


def centre(pos, mask):
    return pos.new_full(pos.shape, float("nan"))


def molecule_noise(mask, seed):
    return torch.zeros(*mask.shape, 3)


def pair_distances(pos, mask):
    return None
