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
# # Sampling: from pure noise to something new
#
# This notebook belongs to the chapter "Sampling".

# %%
import random
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
from diffusers import DDIMScheduler
from drawing import BLUE, GREY, ORANGE, show

# %% [markdown]
# ## A walk with a known goal
#
# Five numbers of pure noise walk to a goal in eight steps. With eight steps to go the walk takes one eighth of the way,
# with seven to go one seventh of what is left, and so on. All steps are then equally long, so the states lie on a
# straight line, and `linspace` draws it.

# %%
goal = np.array([0.9, 0.7, 0.5, 0.3, 0.1])
random.seed(7)
start = np.array([random.gauss(0, 1) for _ in goal])
walk = np.linspace(start, goal, 9)
for step in (0, 2, 4, 6, 8):
    print(f"after {step} of 8 steps:", " ".join(f"{value:.2f}" for value in walk[step]))

# %%
figure, axes = plt.subplots(1, 5, figsize=(9.5, 2.1), sharey=True)
for axis, step in zip(axes, (0, 2, 4, 6, 8), strict=True):
    axis.bar(range(5), goal, color="#d9dde3")
    axis.plot(range(5), walk[step], "o-")
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.set_title("pure noise" if step == 0 else f"after step {step}", loc="center")
    axis.set_xticks([])
show(figure, "sampling-walk.svg")

# %% [markdown]
# ## A walk without a goal
#
# A real model does not know a goal. It knows what data look like in general. Here the data are points in the plane, on
# the outline of a star. For such simple data the best guess of the noise can be calculated, so nothing has to be
# trained: `best_guess` weighs each point of the outline by how likely it is, given what is seen. In the same way a
# trained network says what the noise probably is.

# %%
corners = [
    ((1.5 if k % 2 == 0 else 0.6) * np.sin(k * np.pi / 5), (1.5 if k % 2 == 0 else 0.6) * np.cos(k * np.pi / 5))
    for k in range(11)
]
outline = torch.tensor(
    np.concatenate([np.linspace(a, b, 40, endpoint=False) for a, b in pairwise(corners)]),
    dtype=torch.float32,
)
scheduler = DDIMScheduler(num_train_timesteps=1000, clip_sample=False, timestep_spacing="trailing")


def best_guess(x: torch.Tensor, t: int) -> torch.Tensor:
    """The best guess of the noise in points x (N, 2) at step t, for data on the outline."""
    left = scheduler.alphas_cumprod[t]
    distances = torch.cdist(x, left.sqrt() * outline) ** 2
    chances = torch.softmax(-distances / (2 * (1 - left)), dim=1)
    return (x - left.sqrt() * chances @ outline) / (1 - left).sqrt()


def sample(steps: int, points: int = 400, seed: int = 0) -> list[torch.Tensor]:
    """The states of a walk from pure noise, the start included."""
    scheduler.set_timesteps(steps)
    states = [torch.randn(points, 2, generator=torch.Generator().manual_seed(seed))]
    for t in scheduler.timesteps.tolist():
        states.append(scheduler.step(best_guess(states[-1], t), t, states[-1]).prev_sample)
    return states


# %%
states = sample(50)
print("the first stops of 50:", scheduler.timesteps[:3].tolist())
figure, axes = plt.subplots(1, 6, figsize=(9.5, 1.9), sharex=True, sharey=True)
for axis, step in zip(axes, (0, 30, 40, 45, 48, 50), strict=True):
    axis.plot(*outline.T, ",", color=ORANGE)
    axis.plot(*states[step].T, ".", color=BLUE, markersize=2)
    axis.spines[:].set_visible(False)
    axis.set(xticks=[], yticks=[], aspect="equal", xlim=(-2.6, 2.6), ylim=(-2.6, 2.6))
    axis.set_title("pure noise" if step == 0 else f"after {step}", loc="center", fontsize=9)
show(figure, "star-walk.png")

# %% [markdown]
# ## Fewer steps
#
# The same start, with fewer steps. We measure how far the points lie from where 1000 steps take them.

# %%
full = sample(1000)[-1]
counts = (1, 2, 5, 10, 20, 50)
ends = {count: sample(count)[-1] for count in counts}
errors = {count: float((end - full).norm(dim=1).mean()) for count, end in ends.items()}
for count, error in errors.items():
    print(f"{count} steps: mean distance from the end of 1000 steps {error:.3f}")

# %%
figure, axes = plt.subplots(1, 6, figsize=(9.5, 1.9), sharex=True, sharey=True)
for axis, count in zip(axes, counts, strict=True):
    axis.plot(*outline.T, ",", color=ORANGE)
    axis.plot(*ends[count].T, ".", color=BLUE, markersize=2)
    axis.spines[:].set_visible(False)
    axis.set(xticks=[], yticks=[], aspect="equal", xlim=(-2, 2), ylim=(-2, 2))
    axis.set_title(f"{count} step" + ("s" if count > 1 else ""), loc="center", fontsize=9)
show(figure, "star-steps.png")

# %%
figure, axis = plt.subplots(figsize=(5.6, 2.6))
axis.plot(list(errors), list(errors.values()), "o-")
axis.set(xscale="log", xlabel="sampling steps", ylabel="distance from 1000 steps", xticks=counts, xticklabels=counts)
axis.minorticks_off()
show(figure, "steps-error.svg")
