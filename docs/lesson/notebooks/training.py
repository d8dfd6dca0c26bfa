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
# # Training: two losses
#
# This notebook belongs to the chapter "Training".

# %%
import random

import matplotlib.pyplot as plt
import torch
from diffusers import UNet2DConditionModel
from drawing import BLUE, GREY, ORANGE, film, show
from torch.nn.functional import mse_loss
from trained_model import PROMPTS, open_model, pictures

# %% [markdown]
# ## Four numbers of noise
#
# The noise is known, so any guess can be scored. Two guesses: nothing at all, and a guess that is a little off. The
# score is the mean squared error, `mse_loss`: 0 is perfect, and more is worse.

# %%
random.seed(3)
noise = torch.tensor([random.gauss(0, 1) for _ in range(4)])
nothing = torch.zeros(4)
close = noise + torch.tensor([random.gauss(0, 0.1) for _ in range(4)])
print("true noise:", " ".join(f"{value:.2f}" for value in noise))
print("close guess:", " ".join(f"{value:.2f}" for value in close))
print(f"loss of guessing nothing {mse_loss(nothing, noise):.3f}, of the close guess {mse_loss(close, noise):.3f}")

# %%
figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.5), sharey=True)
for axis, guess, title in zip(axes, (nothing, close), ("guess nothing", "a close guess"), strict=True):
    axis.plot(range(4), noise, "o", color=ORANGE, label="true noise")
    axis.plot(range(4), guess, "s", color=BLUE, label="guess", markersize=5)
    axis.vlines(range(4), guess, noise, color=GREY)
    axis.set(xticks=[], title=f"{title}: loss {mse_loss(guess, noise):.3f}")
axes[0].legend(fontsize=9)
show(figure, "two-losses.svg")

# %% [markdown]
# The grey lines are the errors. The loss squares each and takes the mean.
#
# ## A trained and an untrained network
#
# Now a real network. `trained` is the U-Net of the course's small picture model. `untrained` has the same layers, and
# its weights are still random. Eight pictures serve as clean data. They get noise at a random step, both networks say
# what noise they see, and both are scored.

# %%
pipe = open_model()
trained = pipe.unet
torch.manual_seed(0)
untrained = UNet2DConditionModel.from_config(trained.config).eval()
clean = pipe(list(PROMPTS), output_type="latent", generator=torch.Generator().manual_seed(1), guidance_scale=3).images
words, no_words = pipe.encode_prompt(list(PROMPTS), "cpu", 1, True)


@torch.no_grad()
def loss_at(network: UNet2DConditionModel, t: int) -> float:
    """The loss on the eight pictures, all at step t, over eight draws of noise."""
    losses = []
    for seed in range(8):
        noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
        seen = pipe.scheduler.add_noise(clean, noise, torch.full((8,), t))
        losses.append(float(mse_loss(network(seen, t, words).sample, noise)))
    return sum(losses) / len(losses)


times = [50, 150, 300, 450, 600, 750, 900]
losses = {
    name: [loss_at(network, t) for t in times] for name, network in [("untrained", untrained), ("trained", trained)]
}
for name, row in losses.items():
    print(name + ":", ", ".join(f"t = {t}: {loss:.2f}" for t, loss in zip(times, row, strict=True)))
for name, row in losses.items():
    print(f"{name}, mean over the steps: {sum(row) / len(row):.2f}")

# %%
figure, axis = plt.subplots(figsize=(6.4, 2.8))
axis.plot(times, losses["untrained"], "s--", color=ORANGE, label="untrained")
axis.plot(times, losses["trained"], "o-", label="trained")
axis.set(xlabel="timestep t (more noise to the right)", ylabel="loss", ylim=(0, None))
axis.legend()
show(figure, "losses-by-step.svg")

# %% [markdown]
# The untrained network scores about as badly as guessing nothing, at every step. The trained one is nearly perfect
# where there is much noise. With little noise its task is hardest: it has to find
# faint noise in a picture that is nearly clean.
#
# ## What the losses mean for pictures
#
# The same start and the same sampler, with the untrained network and with the trained one.

# %%
prompts = PROMPTS[:4]
by_trained = pictures(pipe, prompts)
pipe.unet = untrained
by_untrained = pictures(pipe, prompts)
pipe.unet = trained
show(film([*by_untrained, *by_trained], ["untrained"] * 4 + ["trained"] * 4, side=1.15), "untrained-trained.png")
