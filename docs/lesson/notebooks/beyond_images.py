# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Beyond images: the same noise on sound, video and molecules
#
# This notebook belongs to the chapter "Beyond images". One scheduler adds noise to three kinds of data.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from diffusers import DDPMScheduler
from drawing import BLUE, GREY, sheet, show

scheduler = DDPMScheduler(num_train_timesteps=1000, beta_schedule="linear", beta_start=1e-4, beta_end=0.02)
times = [0, 249, 499, 999]


def noised(data: torch.Tensor, t: int) -> torch.Tensor:
    """The data at step t. Only the shape of the noise depends on what the data are."""
    noise = torch.randn(data.shape, generator=torch.Generator().manual_seed(5))
    return scheduler.add_noise(data, noise, torch.tensor([t]))


# %% [markdown]
# ## A sound: one row of numbers

# %%
seconds = torch.linspace(0, 0.05, 400)
sound = (torch.sin(2 * np.pi * 110 * seconds) + 0.5 * torch.sin(2 * np.pi * 220 * seconds))[None, None] / 1.5
figure, axes = plt.subplots(1, 4, figsize=(9.5, 1.9), sharey=True)
for axis, t in zip(axes, times, strict=True):
    axis.plot(seconds, noised(sound, t)[0, 0], linewidth=0.9)
    axis.set(xticks=[], title=f"t = {t}", ylim=(-3.5, 3.5))
print("a sound:", tuple(sound.shape))
show(figure, "sound.svg")

# %% [markdown]
# ## A video: pictures in a row

# %%
video = torch.full((1, 1, 6, 24, 24), -0.6)
for frame in range(6):
    video[0, 0, frame, 8:16, 2 + 2 * frame : 10 + 2 * frame] = 0.8
rows = [[frame.numpy() for frame in noised(video, t)[0, 0]] for t in (0, 249, 499)]
print("a video:", tuple(video.shape))
titles = [f"frame {k}" for k in range(6)]
show(sheet(rows, titles, [f"t = {t}" for t in (0, 249, 499)]), "video.png")

# %% [markdown]
# ## A molecule: points in space
#
# Six atoms in a ring, seen from above. Noise of its own would move the whole ring away, so the noise is centred.

# %%
angles = torch.arange(6) * np.pi / 3
ring = torch.stack([torch.cos(angles), torch.sin(angles), torch.zeros(6)], dim=1)[None]
figure, axes = plt.subplots(1, 4, figsize=(9.5, 2.2), sharex=True, sharey=True)
for axis, t in zip(axes, times, strict=True):
    atoms = noised(ring, t)[0]
    atoms = atoms - atoms.mean(dim=0)
    closed = torch.cat([atoms, atoms[:1]])
    axis.plot(closed[:, 0], closed[:, 1], color=GREY, linewidth=0.8)
    axis.plot(atoms[:, 0], atoms[:, 1], "o", color=BLUE)
    axis.set(xticks=[], yticks=[], title=f"t = {t}", aspect="equal", xlim=(-2.6, 2.6), ylim=(-2.6, 2.6))
print("a molecule:", tuple(ring.shape))
show(figure, "molecule.svg")
