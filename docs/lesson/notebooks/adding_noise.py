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
# # Adding noise: a signal and a picture dissolve
#
# This notebook belongs to the chapter "Adding noise". Run each cell with Shift+Enter, then change a number and run it
# again.

# %%
import random

import matplotlib.pyplot as plt
import numpy as np
import torch
from diffusers import DDPMScheduler
from drawing import film, house, show

# %% [markdown]
# ## Five numbers
#
# Think of the five numbers as five pixels in a row. In each of four rounds every number gets a small random push. The
# pushes come from the bell curve with mean 0 and spread 0.15. `seed(0)` makes the random numbers the same on each run.

# %%
clean = np.array([0.9, 0.7, 0.5, 0.3, 0.1])
random.seed(0)
pushes = np.array([[random.gauss(0, 0.15) for _ in clean] for _ in range(4)])
states = np.vstack([clean, clean + np.cumsum(pushes, axis=0)])
for step, row in enumerate(states):
    print("after", step, "steps:", " ".join(f"{value:.4f}" for value in row))

# %%
figure, axes = plt.subplots(1, 5, figsize=(9.5, 2.1), sharey=True)
for step, (row, axis) in enumerate(zip(states, axes, strict=True)):
    axis.bar(range(5), clean, color="#d9dde3")
    axis.plot(range(5), row, "o-")
    axis.axhline(0, color="#8a919c", linewidth=0.8)
    axis.set_title("clean" if step == 0 else f"after step {step}", loc="center")
    axis.set_xticks([])
show(figure, "dissolving-signal.svg")

# %% [markdown]
# The grey bars are the clean signal. After step 4 the dots have little to do with them.
#
# ## What is left, at every step
#
# A real model makes room for the noise: it shrinks the signal a little before it adds. `alphas_cumprod` is the share of
# the signal's variance that is left, $\bar\alpha_t$. Here it is for the two usual timetables of 1000 steps.

# %%
linear = DDPMScheduler(num_train_timesteps=1000, beta_schedule="linear", beta_start=1e-4, beta_end=0.02)
cosine = DDPMScheduler(num_train_timesteps=1000, beta_schedule="squaredcos_cap_v2")
for name, scheduler in {"linear": linear, "cosine": cosine}.items():
    left = scheduler.alphas_cumprod
    print(f"{name}: first step {left[0]:.4f}, half-way {100 * left[499]:.1f} %, at the end {100 * left[-1]:.5f} %")
print(f"linear, first and last beta: {linear.betas[0]:.4f} and {linear.betas[-1]:.2f}")

# %%
figure, axis = plt.subplots(figsize=(6.4, 2.8))
axis.plot(linear.alphas_cumprod, label="linear")
axis.plot(cosine.alphas_cumprod, "--", label="cosine")
axis.set(xlabel="timestep t", ylabel="share of variance left", title="How much of the signal is left")
axis.legend()
show(figure, "schedules.svg")

# %% [markdown]
# ## A picture
#
# The same process, on a picture of 64 x 64 pixels. `add_noise` jumps to any step at once.

# %%
picture = torch.tensor(house(), dtype=torch.float32)
noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
times = [0, 99, 249, 399, 599, 999]
noised = [linear.add_noise(picture[None], noise[None], torch.tensor([t]))[0] for t in times]
for t, x in zip(times, noised, strict=True):
    alike = torch.corrcoef(torch.stack([picture.flatten(), x.flatten()]))[0, 1]
    share = 100 * linear.alphas_cumprod[t]
    print(f"t = {t}: {share:.1f} % of the variance left; correlation with the picture {alike:.2f}")
show(film([x.numpy() for x in noised], [f"t = {t}" for t in times]), "dissolving-picture.png")

# %% [markdown]
# ## Adding without making room
#
# If noise is only ever added, as to the five numbers above, the values spread without limit. With room made first, the
# spread stays at 1.

# %%
generator = torch.Generator().manual_seed(1)
start = torch.randn(20_000, generator=generator)
added, kept = [start], [start]
for _ in range(100):
    fresh = torch.randn(20_000, generator=generator)
    added.append(added[-1] + 0.15 * fresh)
    kept.append((1 - 0.15**2) ** 0.5 * kept[-1] + 0.15 * fresh)
print(f"spread after 100 steps: only added {added[-1].std():.2f}, with room made {kept[-1].std():.2f}")

figure, axis = plt.subplots(figsize=(6.4, 2.5))
axis.plot([x.std() for x in added], label="only added")
axis.plot([x.std() for x in kept], "--", label="room made first")
axis.set(xlabel="steps of noise", ylabel="spread", ylim=(0, None))
axis.legend()
show(figure, "making-room.svg")
