# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# # Beyond images
#
# The recipe needs only something that noise can be added to. You take it to sound, to video and to molecules: one
# function that noises all of them, and the small things that each kind of data asks for.
#
# Conventions
# - `t` is a whole number in 0..T-1. `t = 0` is the least noisy step, and already one step of noise.
# - `alpha_bar[t]` is the product of `1 - betas[s]` over s = 0..t, so `alpha_bar[0] = 1 - betas[0]`, not 1.
# - `eps` is noise of mean 0 and variance 1, of the shape of x, before the schedule gives it a size.
# - Axes: audio (B, C, L); video (B, C, F, H, W); molecules (B, N, 3) with a mask (B, N) of bools, True = atom.
#   Molecules of different sizes share a batch: the rows that are left over are padding.
# - A function never changes its arguments, and leaves the global random generators as they were.
# - Answers may be numpy arrays, tensors or lists of any float type. They are right within 0.005 % of the expected
#   value, or within 0.000005 of it near zero.
# - Keep the names of the functions and of their arguments. You may add functions of your own.
#
# The pictures show your own answers. Run `grade check beyond_images.py` to try the examples in the docstrings.

# %%
import numpy as np
import torch
from torch import Tensor

try:
    from autograder.student import attempt, show, show_pictures
except ImportError:  # without the course's package all runs, and nothing is drawn
    attempt = show = show_pictures = lambda *_, **__: print("START.md says how to see pictures")


# %% [markdown]
# ## 1. One recipe for all
#
# The five numbers of the lesson's first example are a sound of length 5 just as well.

# %%
def noise_any(x0: Tensor, t: Tensor, alpha_bar: Tensor, eps: Tensor) -> Tensor:
    """Noise whatever comes: sounds, videos, molecules (beyond images: keep the forward idea, swap the data).

    x_t = sqrt(alpha_bar[t]) x0 + sqrt(1 - alpha_bar[t]) eps

    x0, eps: (B, ...) with any number of axes after the first. t: LongTensor (B,), one for each clip or molecule.
    alpha_bar: (T,). Returns x_t, shape of x0.

    The factor of a clip belongs to all its values, and to no other clip. No noise is drawn here: use eps as it comes.

    >>> sound = torch.tensor([[[0.9, 0.7, 0.5, 0.3, 0.1]]])  # one clip, one channel, length 5
    >>> eps = torch.tensor([[[1.0, -1.0, 0.0, 2.0, 0.5]]])
    >>> [round(float(v), 4) for v in noise_any(sound, torch.tensor([1]), torch.tensor([0.81, 0.64]), eps)[0, 0]]
    [1.32, -0.04, 0.4, 1.44, 0.38]

    What is checked: noise_any.audio (8); noise_any.video (8); noise_any.molecule (6) three molecules of three atoms.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    tone = torch.sin(torch.linspace(0, 40, 400)).reshape(1, 1, 400).repeat(3, 1, 1)
    levels = torch.cumprod(1 - torch.linspace(1e-4, 0.2, 50), 0)
    static = torch.randn(3, 1, 400, generator=torch.Generator().manual_seed(0))
    noised = attempt(noise_any, tone, torch.tensor([0, 15, 49]), levels, static)
    if noised is not None:
        show("one tone at t = 0, 15 and 49", {f"t = {t}": wave[0] for t, wave in zip((0, 15, 49), noised)})


# %% [markdown]
# ## 2. Sound

# %%
def peak_normalise(wave: Tensor) -> Tensor:
    """Bring each clip to the range that a model is trained on (beyond images: audio and music).

    wave / max |wave|, the maximum taken over the channels and the time of one clip

    wave: (B, C, L). Returns the same shape, values in [-1, 1].

    The loudest point of a clip becomes 1 or -1; the channels keep their balance; clips do not influence each other. A
    silent clip (all 0) stays silent. `wave` itself stays as it was.

    >>> peak_normalise(torch.tensor([[[0.5, -2.0]], [[0.0, 0.0]]])).tolist()
    [[[0.25, -1.0]], [[0.0, 0.0]]]

    What is checked: peak_normalise (10); peak_normalise.pure (3) the same values, and the recording is left alone.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
def snr_db(clean: Tensor, noisy: Tensor) -> Tensor:
    """Say how far a clip stands out from what was added to it (section 1: until only noise is left).

    10 log10( mean(clean^2) / mean((noisy - clean)^2) ), in decibels

    clean, noisy: (B, C, L). Returns (B,), one number for each clip.

    Both means are taken over the channels and the time of one clip. Power counts everything, a constant part too.

    >>> [round(float(v), 4) for v in snr_db(torch.tensor([[[1.0, -1.0]]]), torch.tensor([[[1.1, -1.1]]]))]
    [20.0]

    What is checked: snr_db (12).
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    many = tone[:1].repeat(50, 1, 1)
    hiss = torch.randn(50, 1, 400, generator=torch.Generator().manual_seed(1))
    every_t = attempt(noise_any, many, torch.arange(50), levels, hiss)
    if every_t is not None:
        ratio = attempt(snr_db, levels.sqrt().reshape(50, 1, 1) * many, every_t)
        if ratio is not None:
            show("decibels left at each t", {"signal to noise": ratio})


# %% [markdown]
# ## 3. Video
#
# A network for pictures can be used on video: put the frames where the batch is, and take them out again.

# %%
def fold_frames(video: Tensor) -> Tensor:
    """Hand the frames of all clips to a network for pictures (beyond images: denoise across frames).

    images[b F + f] = video[b, :, f]

    video: (B, C, F, H, W). Returns (B*F, C, H, W).

    Frames of one clip stay together and in order; colours stay colours.

    >>> video = torch.arange(8.0).reshape(1, 2, 4, 1, 1)  # one clip, 2 colours, 4 frames of one pixel
    >>> fold_frames(video)[:, :, 0, 0].tolist()
    [[0.0, 4.0], [1.0, 5.0], [2.0, 6.0], [3.0, 7.0]]

    What is checked: fold_frames (11) with sizes that are all different.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
def unfold_frames(images: Tensor, frames: int) -> Tensor:
    """Make clips of pictures again, the way back from fold_frames (beyond images: short clips).

    video[b, :, f] = images[b F + f]

    images: (B*F, C, H, W). frames: F. Returns (B, C, F, H, W).

    >>> unfold_frames(torch.arange(4.0).reshape(4, 1, 1, 1), 2).flatten(1).tolist()
    [[0.0, 1.0], [2.0, 3.0]]

    What is checked: unfold_frames (9) with sizes that are all different.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
def expand_t(t: Tensor, frames: int) -> Tensor:
    """Tell each folded frame how noisy its clip is (beyond images: denoise across frames).

    t_frames[b F + f] = t[b]

    t: LongTensor (B,). frames: F. Returns (B*F,) whole numbers, in the order of fold_frames.

    >>> [int(step) for step in expand_t(torch.tensor([7, 3]), 2)]
    [7, 7, 3, 3]

    What is checked: expand_t (7).
    You may use: numpy, torch, lists, whole numbers of any type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    ball = torch.zeros(1, 1, 6, 12, 12)
    for frame in range(6):
        ball[0, 0, frame, 5:7, 2 * frame : 2 * frame + 2] = 1
    folded = attempt(fold_frames, ball)
    if folded is not None:
        show_pictures("six frames of one clip, folded", [picture[0] for picture in folded])


# %% [markdown]
# ## 4. Molecules
#
# A molecule is the same molecule wherever it floats. So its position is taken out: from the data, and from the noise.

# %%
def centre(pos: Tensor, mask: Tensor) -> Tensor:
    """Move every molecule to the origin (beyond images: 3D and molecules).

    pos - mean of pos over the atoms of the molecule

    pos: (B, N, 3) coordinates. mask: bool (B, N), True = atom. Returns (B, N, 3).

    All atoms weigh the same. Padding rows are no atoms: they do not count in the mean, whatever stands in them, and
    hold 0 in what is returned. They may lie anywhere, not only at the end. `pos` itself stays as it was.

    >>> pos = torch.tensor([[[1.0, 0.0, 0.0], [3.0, 0.0, 2.0], [9.0, 9.0, 9.0]]])
    >>> centre(pos, torch.tensor([[True, True, False]])).tolist()
    [[[-1.0, 0.0, -1.0], [1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]]

    What is checked: centre (10), 2 of the 10 for pos being as before.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
def molecule_noise(mask: Tensor, seed: int) -> Tensor:
    """Draw noise that shakes a molecule without carrying it away (beyond images: anything you can add noise to).

    eps = centre(z, mask),  z ~ N(0, 1) for each coordinate of each atom

    mask: bool (B, N), True = atom. seed: whole number. Returns (B, N, 3).

    The noise of the atoms of a molecule adds up to 0 on each axis; padding rows hold 0. Centring takes a share 1/n of
    the variance away, and that is right: do not put it back. The same seed gives the same noise, another seed another
    one; any generator will do.

    >>> noise = molecule_noise(torch.tensor([[True, True, True, False]]), 0)
    >>> tuple(noise.shape), bool(abs(noise[0].sum(0)).max() < 1e-5), float(abs(noise[0, 3]).max())
    ((1, 4, 3), True, 0.0)

    What is checked: molecule_noise (8): sums below 0.00005, padding, seeds, and that 13,950 free directions of
    molecules of 4 and 40 atoms follow the bell curve and do not depend on each other.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
def pair_distances(pos: Tensor, mask: Tensor) -> Tensor:
    """Describe a molecule by what does not change when it moves or turns (beyond images: 3D and molecules).

    d[i, j] = | pos[i] - pos[j] |, the straight-line distance

    pos: (B, N, 3). mask: bool (B, N), True = atom. Returns (B, N, N).

    An entry is 0 if one of its two rows is padding, or both are. `pos` itself stays as it was.

    >>> pos = torch.tensor([[[0.0, 0.0, 0.0], [3.0, 4.0, 0.0], [9.0, 9.0, 9.0]]])
    >>> pair_distances(pos, torch.tensor([[True, True, False]])).tolist()
    [[[0.0, 5.0, 0.0], [5.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]

    What is checked: pair_distances (8), 2 of the 8 for pos being as before.
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    ring = torch.linspace(0, 2 * torch.pi, 7)[:6]
    benzene = torch.stack([ring.cos(), ring.sin(), 0 * ring], 1)[None]
    atoms = torch.ones(1, 6, dtype=torch.bool)
    shake = attempt(molecule_noise, atoms, 0)
    if shake is not None:
        near = attempt(pair_distances, benzene, atoms)
        far = attempt(pair_distances, benzene + 0.5 * shake, atoms)
        if near is not None and far is not None:
            show_pictures("distances in a ring of six atoms, before and after the noise", [near[0], far[0]])
