"""Hidden suite of `beyond_images`: the recipe on audio (B, C, L), video (B, C, F, H, W) and molecules (B, N, 3)."""

from __future__ import annotations

import numpy as np
import torch

from autograder.suite import as_array, assert_matches, assert_pure, check, require, stochastic


@check("noise_any.audio", points=8)
def test_noise_any_audio(student, reference, rng):
    """Audio clips are noised by the schedule, each at its own t"""
    case = draw_noising(rng, (3, 2, 40))
    assert_matches(student.noise_any(*case), reference.noise_any(*case), name="x_t")


@check("noise_any.video", points=8)
def test_noise_any_video(student, reference, rng):
    """Video clips are noised by the schedule, each at its own t, each frame with its own noise"""
    case = draw_noising(rng, (2, 3, 4, 5, 5))
    assert_matches(student.noise_any(*case), reference.noise_any(*case), name="x_t")


@check("noise_any.molecule", points=6)
def test_noise_any_molecule(student, reference, rng):
    """Three molecules of three atoms: every axis is as long as the batch, and still each has its own t"""
    case = draw_noising(rng, (3, 3, 3))
    assert_matches(student.noise_any(*case), reference.noise_any(*case), name="x_t")


@check("peak_normalise", points=10)
def test_peak_normalise(student, reference, rng):
    """The loudest point of each clip becomes 1 or -1, the channels keep their balance, silence stays silence"""
    wave = draw_waves(rng)
    assert_matches(student.peak_normalise(wave), reference.peak_normalise(wave), name="wave")


@check("peak_normalise.pure", points=3)
def test_peak_normalise_pure(student, reference, rng):
    """The caller's recording is left as it was"""
    wave = draw_waves(rng)
    answer = student.call("peak_normalise", wave)
    assert_pure(answer, generators=False)
    assert_matches(answer.value, reference.peak_normalise(wave), name="wave")


@check("snr_db", points=12)
def test_snr_db(student, reference, rng):
    """Signal-to-noise ratio in decibels, one number a clip"""
    clean = draw(rng, 4, 2, 60) * torch.tensor(rng.uniform(0.5, 2, (4, 1, 1))) + 0.5
    noisy = clean + 0.3 * draw(rng, 4, 2, 60) + 0.1
    assert_matches(student.snr_db(clean, noisy), reference.snr_db(clean, noisy), name="SNR")


@check("fold_frames", points=11)
def test_fold_frames(student, reference, rng):
    """Frames become pictures in the batch, those of one clip together, colours in place"""
    video = draw(rng, 2, 3, 4, 5, 6)
    assert_matches(student.fold_frames(video), reference.fold_frames(video), name="images")


@check("unfold_frames", points=9)
def test_unfold_frames(student, reference, rng):
    """Pictures become clips again, each frame where it was"""
    images = draw(rng, 12, 3, 5, 6)
    assert_matches(student.unfold_frames(images, 4), reference.unfold_frames(images, 4), name="video")


@check("expand_t", points=7)
def test_expand_t(student, reference, rng):
    """All frames of a clip get the t of their clip"""
    t, frames = torch.tensor(rng.choice(50, 4, replace=False)), int(rng.integers(2, 4))
    assert_matches(student.expand_t(t, frames), reference.expand_t(t, frames), name="t")


@check("centre", points=10)
def test_centre(student, reference, rng):
    """The centre of mass moves to the origin; padding is no atom and stays 0"""
    pos, mask = draw_molecules(rng)
    answer = student.call("centre", pos, mask)
    assert_matches(answer, reference.centre(pos, mask), name="positions")
    assert_pure(answer, generators=False, credit=0.8)


@check("molecule_noise", points=8, false_failure_rate=8e-10)
def test_molecule_noise(student, rng):
    """Noise without drift: a centre of mass at the origin, and a bell curve in every direction that is left"""
    mask, seed = molecule_mask(), int(rng.integers(1, 10**6))
    noise, again, other = (
        as_array(student.molecule_noise(mask, s), name="noise", shape=(*mask.shape, 3)) for s in (seed, seed, seed + 1)
    )
    atoms = mask.numpy()[..., None]
    require((noise * ~atoms == 0).all(), "Padding rows should hold 0: there is no atom to move.")
    drift = np.abs((noise * atoms).sum(1)).max()
    require(drift < 1e-4, f"The centre of mass is not at the origin: atom positions add up to {drift:.3g}.")
    require((noise == again).all(), "The same seed gave two different noises.")
    require((noise != other).any(), "Another seed gave the same noise.")
    small, large = free_directions(noise[:250], 4), free_directions(noise[250:], 40)
    stochastic.assert_uncorrelated(large[:50], large[50:], name="two halves of the batch")
    stochastic.assert_uncorrelated(large[..., 0], large[..., 1], name="x and y")
    stochastic.assert_chi_square((small**2).sum(), small.size, name="the noise of small molecules")
    stochastic.assert_standard_normal(large, name="the noise of large molecules", shape=large.shape)


@check("pair_distances", points=8)
def test_pair_distances(student, reference, rng):
    """Straight-line distance of each two atoms, 0 where one of them is padding"""
    pos, mask = draw_molecules(rng)
    answer = student.call("pair_distances", pos, mask)
    assert_matches(answer, reference.pair_distances(pos, mask), name="distances")
    assert_pure(answer, generators=False, credit=0.75)


def draw(rng, *shape):
    """Values with a bell-shaped spread, float64."""
    return torch.tensor(rng.normal(size=shape))


def draw_noising(rng, shape):
    """x0, t (all different), alpha_bar of 20 steps, eps."""
    alpha_bar = torch.tensor(np.cumprod(1 - np.sort(rng.uniform(0.02, 0.3, 20))))
    t = torch.tensor(rng.choice(np.arange(2, 18), shape[0], replace=False))
    return draw(rng, *shape), t, alpha_bar, draw(rng, *shape)


def draw_waves(rng):
    """Four stereo clips: one loudest below zero, one quiet, one silent, each with its own peak."""
    wave = draw(rng, 4, 2, 50) * torch.tensor([1.0, 0.05, 0.0, 3.0]).reshape(4, 1, 1)
    wave[0, 0, 3] = -float(rng.uniform(11, 15))
    wave[1, 1, 7] = float(rng.uniform(0.3, 0.5))
    return wave


def draw_molecules(rng):
    """Positions (3, 6, 3) away from the origin and a mask with padding at the end and, once, in between."""
    mask = torch.ones(3, 6, dtype=torch.bool)
    mask[0, 4:], mask[2, 5:], mask[1, int(rng.integers(1, 5))] = False, False, False
    return draw(rng, 3, 6, 3) + 3, mask


def molecule_mask():
    """250 molecules of 4 atoms and 100 of 40, padded to 40: 2,250 and 11,700 free directions."""
    mask = torch.ones(350, 40, dtype=torch.bool)
    mask[:250, 4:] = False
    return mask


def free_directions(noise, atoms):
    """(B, atoms-1, 3): the centred noise along its free directions, N(0, 1) each and independent.

    Helmert's matrix has one orthonormal row less than there are atoms, and each of its rows adds up to 0.
    """
    column, k = np.arange(atoms), np.arange(1, atoms)[:, None]
    helmert = np.where(column < k, 1.0, np.where(column == k, -k, 0.0)) / np.sqrt(k * (k + 1))
    return np.einsum("ka,bad->bkd", helmert, noise[:, :atoms])
