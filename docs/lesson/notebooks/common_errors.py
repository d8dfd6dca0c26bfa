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
# # Four common errors, seen
#
# This notebook belongs to the chapter "Common errors". Each error is made on purpose, on the course's small
# trained model.

# %%
import matplotlib.pyplot as plt
import torch
from diffusers import DDIMScheduler
from drawing import sheet, show
from trained_model import PROMPTS, open_model, pictures, right_colours

pipe = open_model()
healthy = pictures(pipe)
shapes = [prompt.split(" ", 1)[1].replace(" ", "\n") for prompt in PROMPTS]

# %% [markdown]
# ## 1. Too few steps

# %%
by_steps = {count: pictures(pipe, num_inference_steps=count) for count in (1, 2, 5, 10)} | {25: healthy}
for count, row in by_steps.items():
    print(f"{count} steps: mean difference from 25 steps {255 * abs(row - healthy).mean():.1f} of 255")
show(
    sheet(list(by_steps.values()), shapes, ["1 step", *(f"{count} steps" for count in (2, 5, 10, 25))]),
    "error-steps.png",
)

# %% [markdown]
# ## 2. The wrong guidance scale

# %%
by_scale = {scale: pictures(pipe, guidance_scale=scale) for scale in (1, 7.5, 30)}
for scale, row in by_scale.items():
    print(f"scale {scale}: colour right in {right_colours(row)} of 8")
show(sheet(list(by_scale.values()), shapes, [f"scale {scale}" for scale in by_scale]), "error-guidance.png")

# %% [markdown]
# ## 3. A schedule that the model was not trained with

# %%
trained = pipe.scheduler
pipe.scheduler = DDIMScheduler()
mismatched = pictures(pipe)
pipe.scheduler = trained
for name, row in {"from_config": healthy, "DDIMScheduler()": mismatched}.items():
    print(f"{name}: colour right in {right_colours(row)} of 8")
for setting in ("beta_schedule", "beta_start", "beta_end", "clip_sample"):
    print(f"{setting}: trained with {trained.config[setting]}, the class's own {DDIMScheduler().config[setting]}")
show(sheet([healthy, mismatched], shapes, ["from_config", "DDIMScheduler()"]), "error-schedule.png")

# %% [markdown]
# ## 4. Out of memory
#
# No graphics card is needed to see where the memory goes. We add up the bytes of everything that the U-Net's layers
# hand on in one call. Guidance doubles the rows: with and without the prompt.


# %%
def bytes_handed_on(rows: int, kind: torch.dtype) -> int:
    """The bytes of what all layers of the U-Net give out in one call with so many rows."""
    total = 0

    def add(_layer: object, _given: object, out: object) -> None:
        nonlocal total
        total += out.numel() * kind.itemsize if isinstance(out, torch.Tensor) else 0

    hooks = [layer.register_forward_hook(add) for layer in pipe.unet.modules()]
    words, _ = pipe.encode_prompt(["a red circle"] * rows, "cpu", 1, False)
    with torch.no_grad():
        pipe.unet(torch.zeros(rows, 4, 8, 8), 500, words)
    for hook in hooks:
        hook.remove()
    return total


jobs = {
    "8 pictures,\nfloat32": (16, torch.float32),
    "1 picture,\nfloat32": (2, torch.float32),
    "1 picture,\nfloat16": (2, torch.float16),
}
used = {name: bytes_handed_on(*job) / 2**20 for name, job in jobs.items()}
for name, size in used.items():
    print(f"{name.replace(chr(10), ' ')}: {size:.1f} MiB")
weights = sum(parameter.numel() for parameter in pipe.unet.parameters())
print(f"weights of the U-Net: {weights * 4 / 2**20:.1f} MiB in float32, {weights * 2 / 2**20:.1f} MiB in float16")

# %%
figure, axis = plt.subplots(figsize=(5.6, 2.5))
axis.barh(list(used)[::-1], list(used.values())[::-1])
axis.set(xlabel="MiB that the layers of the U-Net hand on in one call")
show(figure, "error-memory.svg")
