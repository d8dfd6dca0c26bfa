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
# # Guidance: how much the prompt counts
#
# This notebook belongs to the chapter "Guidance". It uses the course's small trained model, which draws one of four
# shapes in one of eight colours.

# %%
import matplotlib.pyplot as plt
import torch
from drawing import BLUE, GREY, INK, ORANGE, sheet, show
from trained_model import PROMPTS, open_model, pictures, right_colours, start_noise

pipe = open_model()

# %% [markdown]
# ## The same start at three scales

# %%
finals, drawn = {}, {}
for scale in (1, 4, 7.5, 20, 30):

    def keep(_pipe, _step, _t, given, scale=scale):
        """Remember the latents; those of the last step stay."""
        finals[scale] = given["latents"]
        return given

    drawn[scale] = pictures(pipe, guidance_scale=scale, callback_on_step_end=keep)
for scale, row in drawn.items():
    print(f"scale {scale}: the colour is right in {right_colours(row)} of {len(row)} pictures")
shapes = [prompt.split(" ", 1)[1].replace(" ", "\n") for prompt in PROMPTS]
shown = (1, 7.5, 20)
show(sheet([drawn[scale] for scale in shown], shapes, [f"scale {scale}" for scale in shown]), "guidance-scales.png")

# %% [markdown]
# ## A measure without pictures
#
# The final latents of real pictures have a spread of about 1. A high scale pushes them further out.

# %%
spreads = {scale: float(latents.square().mean().sqrt()) for scale, latents in finals.items()}
for scale, spread in spreads.items():
    print(f"scale {scale}: spread of the latents {spread:.2f}")

figure, axis = plt.subplots(figsize=(6.4, 2.5))
axis.axhline(1, color=GREY, linewidth=0.8)
axis.plot(list(spreads), list(spreads.values()), "o-")
axis.set(xlabel="guidance scale", ylabel="spread of the latents")
show(figure, "guidance-spread.svg")

# %% [markdown]
# ## The picture of the idea
#
# Two guesses of the noise are two arrows. Guidance starts at the tip of the one without a prompt, and walks towards the
# tip of the one with the prompt, and past it. First the real sizes, as the trained network answers about "a red
# circle": what the prompt adds is a small part of the whole.

# %%
words, no_words = pipe.encode_prompt(["a red circle"], "cpu", 1, True)
pipe.scheduler.set_timesteps(25)
t = pipe.scheduler.timesteps[12]
with torch.no_grad():
    x = start_noise(1)
    without, given = (pipe.unet(x, t, embedding).sample.flatten() for embedding in (no_words, words))
whole, difference = (torch.linalg.vector_norm(x) for x in (without, given - without))
print(f"length of the guess without a prompt {whole:.1f}, of what the prompt adds {difference:.1f}")

# %%
figure, axis = plt.subplots(figsize=(7.2, 2.0))
axis.annotate("", (7.5, 0), (0, 0), arrowprops={"arrowstyle": "->", "color": ORANGE, "linewidth": 2})
axis.annotate("", (1, 0), (0, 0), arrowprops={"arrowstyle": "->", "color": BLUE, "linewidth": 3})
points = {"without\nprompt\n(scale 0)": 0, "with\nprompt\n(scale 1)": 1, "scale 3": 3, "scale 7.5": 7.5}
for name, place in points.items():
    axis.plot(place, 0, "o", color=INK)
    axis.text(place, 0.15, name, ha="center", va="bottom", fontsize=9)
axis.text(0.5, -0.2, "what the prompt adds", ha="center", va="top", color=BLUE, fontsize=9)
axis.set(xlim=(-0.9, 8.2), ylim=(-0.5, 0.9))
axis.axis("off")
show(figure, "guidance-arrow.svg")
