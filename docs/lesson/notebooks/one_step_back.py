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
# # One step back: predict the noise, take it away
#
# This notebook belongs to the chapter "One step back".

# %%
import random

import matplotlib.pyplot as plt
import numpy as np
import torch
from diffusers import DDIMScheduler
from drawing import BLUE, GREY, ORANGE, film, house, sheet, show

# %% [markdown]
# ## Five numbers
#
# Five clean numbers get noise of spread 0.2. We then pretend to be a model that sees nine tenths of the noise, with a
# small error of its own. Taking its guess away brings the numbers most of the way back.

# %%
clean = np.array([0.9, 0.7, 0.5, 0.3, 0.1])
random.seed(1)
noise = np.array([random.gauss(0, 0.2) for _ in clean])
slips = np.array([random.gauss(0, 0.02) for _ in clean])
noisy = clean + noise
guess = 0.9 * noise + slips
better = np.subtract(noisy, guess)
for name, row in {"clean": clean, "noisy": noisy, "guess": guess, "after": better}.items():
    print(f"{name}:", " ".join(f"{value:.3f}" for value in row))
print(f"mean distance from clean: before {abs(noisy - clean).mean():.3f}, after {abs(better - clean).mean():.3f}")

# %%
figure, axis = plt.subplots(figsize=(6.4, 2.8))
axis.bar(range(5), clean, color="#d9dde3", label="clean")
axis.plot(range(5), noisy, "o", color=ORANGE, label="noisy")
axis.plot(range(5), better, "s", color=BLUE, label="after one step back")
for place in range(5):
    axis.annotate(
        "", (place, better[place]), (place, noisy[place]), arrowprops={"arrowstyle": "->", "color": GREY, "shrinkB": 4}
    )
axis.set(xticks=[], title="One denoise step")
axis.legend(ncols=3, loc="upper right", fontsize=9)
show(figure, "one-step-signal.svg")

# %% [markdown]
# ## A picture, at three noise levels
#
# Now the real process, which also shrinks the signal. We again play a model that is nearly right: nine tenths of its
# guess is the true noise, and the rest is noise of its own, so that the guess has the right spread. The scheduler turns
# the guess into a guess of the clean picture.

# %%
scheduler = DDIMScheduler(num_train_timesteps=1000, clip_sample=False)
generator = torch.Generator().manual_seed(2)
picture = torch.tensor(house(), dtype=torch.float32)[None]
noise = torch.randn(picture.shape, generator=generator)
guess = 0.9 * noise + (1 - 0.9**2) ** 0.5 * torch.randn(picture.shape, generator=generator)
scheduler.set_timesteps(1000)
times = [99, 399, 699]
rows: list[list[np.ndarray]] = [[], []]
for t in times:
    x_t = scheduler.add_noise(picture, noise, torch.tensor([t]))
    x0 = scheduler.step(guess, t, x_t).pred_original_sample
    rows[0].append(x_t[0].numpy())
    rows[1].append(x0[0].numpy())
    print(f"t = {t}: mean distance of the guessed picture from the clean one {(x0 - picture).abs().mean():.2f}")
show(
    sheet(rows, [f"t = {t}" for t in times], ["noisy", "guess of\nthe clean\npicture"], side=1.5),
    "one-step-picture.png",
)

# %% [markdown]
# The same small error does little harm at t = 99 and spoils everything at t = 699. There the picture is a small part of
# what is seen, and its guess is what is left over when something big is taken from something big. So a sampler does not
# jump to the guess. It goes one small step in its direction, and asks again.
#
# ## What goes wrong with plain subtraction
#
# At t = 399 the noise is not as big as it was drawn, and the picture has been dimmed. Taking the full noise away leaves
# a dark picture with some of the noise turned around. Taking the right amount away and making up for the dimming gives
# the picture.

# %%
t = 399
x_t = scheduler.add_noise(picture, noise, torch.tensor([t]))
plain = torch.sub(x_t, noise)
right = scheduler.step(noise, t, x_t).pred_original_sample
left = scheduler.alphas_cumprod[t]
print(f"at t = 399 the picture was multiplied by {left.sqrt():.2f}, the noise by {(1 - left).sqrt():.2f}")
for name, x in {"plain subtraction": plain, "at the right size": right}.items():
    print(f"{name}: mean distance from clean {(x - picture).abs().mean():.2f}")
figure = film(
    [picture[0].numpy(), x_t[0].numpy(), plain[0].numpy(), right[0].numpy()],
    ["clean", "noisy", "plain\nsubtraction", "at the\nright size"],
    side=1.5,
)
show(figure, "plain-subtraction.png")
