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
# # Latent diffusion: the small picture behind the picture
#
# This notebook belongs to the chapter "Latent diffusion". Its model has the file format of Stable Diffusion and the
# same parts, only smaller.

# %%
import torch
from drawing import film, sheet, show
from trained_model import decoded, open_model, pictures, start_noise

pipe = open_model()
for name in ("vae", "text_encoder", "unet"):
    count = sum(parameter.numel() for parameter in getattr(pipe, name).parameters())
    print(f"{name}: {count / 1e6:.1f} million weights")

# %% [markdown]
# ## There and back
#
# The autoencoder (`vae`) shrinks a picture to latents and expands latents to a picture.

# %%
drawn = torch.tensor(pictures(pipe, ["a red star", "a blue circle", "a yellow triangle"])).permute(0, 3, 1, 2)
pixels = pipe.image_processor.preprocess(drawn)
with torch.no_grad():
    latents = pipe.vae.encode(pixels).latent_dist.mean
    back = pipe.image_processor.postprocess(pipe.vae(pixels).sample, output_type="pt")
print("a picture:", tuple(drawn.shape[1:]), "=", drawn[0].numel(), "numbers")
print(
    "its latents:",
    tuple(latents.shape[1:]),
    "=",
    latents[0].numel(),
    "numbers,",
    drawn[0].numel() // latents[0].numel(),
)
print("at 512 x 512:", 3 * 512 * 512, "numbers, latents", 4 * 64 * 64)
print(f"mean difference after the way there and back: {255 * (back - drawn).abs().mean():.1f} of 255")
print(f"spread of the latents as the encoder gives them {latents.std():.1f}")
print(f"scaling factor {pipe.vae.config.scaling_factor}")

# %%
rows = []
for k in range(3):
    channels = [channel.numpy() / 8 for channel in latents[k]]
    rows.append([drawn[k].permute(1, 2, 0).numpy(), *channels, back[k].permute(1, 2, 0).numpy()])
titles = ["picture", *(f"latent {c}" for c in range(4)), "and back"]
show(sheet(rows, titles, ["", "", ""], side=1.3), "there-and-back.png")

# %% [markdown]
# Each latent channel has 8 x 8 values, drawn as grey squares. The shape can still be made out in them.
#
# ## The way of a picture
#
# The latents after every few steps, decoded.

# %%
kept = [start_noise(1)]


def keep(_pipe: object, _step: int, _t: int, given: dict) -> dict:
    """Remember the latents after each step."""
    kept.append(given["latents"])
    return given


pipe(["a red star"], latents=start_noise(1), num_inference_steps=25, callback_on_step_end=keep, output_type="latent")
steps = [0, 5, 10, 15, 18, 21, 25]
frames = [decoded(pipe, kept[step])[0] for step in steps]
show(film(frames, ["noise"] + [f"step {step}" for step in steps[1:]]), "latent-film.png")
