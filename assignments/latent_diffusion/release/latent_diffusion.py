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
# # How Stable Diffusion stays fast
#
# You write what happens around and inside Stable Diffusion: first the arithmetic, then the whole way from a prompt to a
# picture over the real objects of `diffusers`. The model is a tiny one that fits on a laptop (64 x 64 pixels, 6 MB) in
# the file format of Stable Diffusion; the same file runs on Stable Diffusion v1-5.
#
# Conventions
# - Words as in diffusers: `vae`, `unet`, `scheduler`, `latents`, `guidance_scale`, `num_inference_steps`.
# - Pictures are (B, 3, H, W); latents (B, 4, H/8, W/8). What a decoder says is in [-1, 1], a picture in [0, 1].
# - Guidance: `eps = eps_uncond + guidance_scale * (eps_cond - eps_uncond)`. The unconditional half comes first.
# - Noise is drawn on the CPU: picture i of a batch has a generator of its own, at `seed + i`.
# - A function never changes its arguments, except `swap_scheduler`, whose work that is. No function draws from the
#   global generator.
# - Answers of section A may be numpy arrays, tensors or lists of any float type. They are right within 0.005 % of the
#   expected value, or within 0.000005 of it near zero. In section B latents are right within 0.0005, pictures within
#   0.0003.
# - Keep the names of the functions and of their arguments. You may add functions of your own.
#
# You need `pip install diffusers transformers` beside torch. Run `grade check latent_diffusion.py` to try the examples
# in the docstrings.

# %%
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Generator, Tensor

try:
    from autograder.student import attempt, show_pictures
except ImportError:  # without the course's package all runs, and nothing is drawn
    attempt = show_pictures = lambda *_, **__: print("START.md says how to see pictures")

# diffusers and transformers talk a lot otherwise
os.environ.update(TRANSFORMERS_VERBOSITY="error", DIFFUSERS_VERBOSITY="error", HF_HUB_DISABLE_PROGRESS_BARS="1")


def open_model():
    """A pipeline over the model's folder, sampling with DDIM. The folder: what MODEL names, else one named `model`."""
    from diffusers import DDIMScheduler, StableDiffusionPipeline
    from diffusers.utils.logging import disable_progress_bar

    disable_progress_bar()
    places = [os.environ.get("MODEL", "model"), "latent_diffusion/model"]
    folder = next((place for place in places if (Path(place) / "model_index.json").is_file()), None)
    if folder is None:
        raise FileNotFoundError("no model here: put the folder `model` beside this file, or name its place in MODEL")
    pipe = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32, safety_checker=None)
    pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    return pipe


# %% [markdown]
# # A. The arithmetic
# ## 1. Smaller

# %%
def latent_shape(batch: int, height: int, width: int, factor: int = 8, channels: int = 4) -> list[int]:
    """Say how large the latents of some pictures are (section 6: diffusion runs in a compressed space).

    [batch, channels, height / factor, width / factor]

    batch: how many pictures. height, width: of each in pixels, multiples of factor. factor: how many times smaller each
    side gets. channels: how many numbers stand at each place of the latents. Returns a list of four whole numbers.

    >>> latent_shape(2, 512, 768)
    [2, 4, 64, 96]

    What is checked: latent_shape (6) with three factors and numbers of channels.
    You may use: anything.
    """
    raise NotImplementedError


# %%
def compression(height: int, width: int, factor: int = 8, channels: int = 4) -> float:
    """Say how many times fewer numbers the latents have (section 6: about 48 times smaller).

    numbers in the picture / numbers in the latents

    height, width: in pixels, multiples of factor. factor, channels: as above. Returns a float.

    A picture has three numbers for each pixel: red, green and blue.

    >>> compression(512, 512), compression(64, 64, factor=4, channels=16)
    (48.0, 3.0)

    What is checked: compression (6) with three factors and numbers of channels.
    You may use: anything.
    """
    raise NotImplementedError


# %% [markdown]
# ## 2. Into the latent space and back

# %%
def to_image(x: Tensor) -> Tensor:
    """Turn what a decoder says into a picture that a file can hold (section 6: decode to pixels).

    bytes = round(255 * clip(x / 2 + 1/2, 0, 1)), colours last

    x: (B, 3, H, W) float, mostly in [-1, 1]. Returns (B, H, W, 3), whole numbers 0..255, best as uint8.

    Rounded, not cut off: a byte conversion alone throws fractions away. What is out of range becomes the nearest byte.
    x is not changed.

    >>> to_image(torch.tensor([[[[-1.0, 0.0]], [[0.3, 1.0]], [[1.2, -1.5]]]])).tolist()
    [[[[0, 166, 255], [128, 255, 0]]]]

    What is checked: to_image (8), half of it if you are one grey level off; pure (2), together with the next two.
    You may use: numpy, torch, lists.
    """
    raise NotImplementedError


# %%
def encode_scale(mean: Tensor, std: Tensor, noise: Tensor, scaling: float) -> Tensor:
    """Make the latents that the U-Net is trained on from what the encoder says (section 6: the autoencoder).

    latents = (mean + std * noise) * scaling

    mean, std: (B, 4, h, w) float, the encoder's answer, a distribution. noise: the same shape, N(0, 1), drawn for you.
    scaling: float, the model's factor, which brings latents to unit spread (0.18215 in Stable Diffusion, others
    elsewhere). Returns (B, 4, h, w).

    No argument changes.

    >>> encode_scale(torch.tensor([[1.0]]), torch.tensor([[0.5]]), torch.tensor([[-1.0]]), 0.2).tolist()
    [[0.1]]

    What is checked: encode_scale (5); pure (2).
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
def decode_input(latents: Tensor, scaling: float) -> Tensor:
    """Undo the scaling before the decoder (section 6: decode to pixels).

    latents / scaling

    latents: (B, 4, h, w) float, as the U-Net knows them. scaling: float, the model's factor. Returns the same shape.

    latents is not changed.

    >>> decode_input(torch.tensor([[0.1]]), 0.2).tolist()
    [[0.5]]

    What is checked: decode_input (4); pure (2).
    You may use: numpy, torch, lists, any float type.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__":
    ramp = torch.linspace(-1.4, 1.4, 64).expand(1, 3, 16, 64)
    drawn = attempt(to_image, ramp)
    if drawn is not None:
        ramp = torch.as_tensor(np.asarray(drawn)).permute(0, 3, 1, 2) / 255
        show_pictures("a ramp from -1.4 to 1.4", {"yours": ramp})

# %% [markdown]
# ## 3. Memory

# %%
def sliced_attention(q: Tensor, k: Tensor, v: Tensor, slice_size: int, attend: Callable) -> Tensor:
    """Do attention a slice at a time (common errors: CUDA out of memory; attention slicing).

    the answers of attend(q[rows], k[rows], v[rows]) behind one another, for slices of the first axis

    q: (N, P, d), k: (N, M, d), v: (N, M, dv) float; N counts pictures times heads, and rows do not see each other.
    slice_size: int, the most rows at a time. attend: called as attend(q, k, v), does the attention of the rows it gets.
    Returns (N, P, dv).

    attend is the only way to the numbers here, and it may be asked for fewer rows than slice_size. N need not be a
    multiple of slice_size.

    >>> rows = torch.tensor([[[1.0]], [[2.0]], [[3.0]]])
    >>> sliced_attention(rows, rows, 10 * rows, 2, lambda q, k, v: q + v).tolist()
    [[[11.0]], [[22.0]], [[33.0]]]

    What is checked: sliced_attention (10) in slices of several sizes, one larger than N among them.
    You may use: numpy, torch.
    """
    raise NotImplementedError


# %%
def weight_mib(params: int, dtype: str) -> float:
    """Say how much memory a model's weights take (common errors: half precision).

    params * bytes of one number / 2 ** 20

    params: int, how many weights. dtype: "float32", "float16" or "bfloat16". Returns MiB, a float.

    >>> weight_mib(860_000_000, "float16") < 1650 < weight_mib(860_000_000, "float32")
    True

    What is checked: weight_mib (5) in the three types.
    You may use: anything.
    """
    raise NotImplementedError


# %% [markdown]
# ## 4. Another scheduler, the same schedule

# %%
def swap_to_ddim(config_json: str, steps: int) -> list[list]:
    """Change the sampler and keep the schedule of training (common errors: schedule mismatch).

    DDIMScheduler.from_config(settings), set to `steps` steps

    config_json: the settings of another scheduler, as its `scheduler_config.json` has them: a text. steps: int.
    Returns [timesteps, alpha_bar]: the timesteps that DDIM visits, noisiest first, and alpha_bar at each of them.

    The settings say how the model was trained. A scheduler made without them has another schedule, and the pictures are
    garbage.

    >>> settings = {"num_train_timesteps": 10, "beta_schedule": "scaled_linear", "beta_start": 0.01, "beta_end": 0.2}
    >>> timesteps, alpha_bar = swap_to_ddim(json.dumps(settings), 2)
    >>> [int(t) for t in timesteps], [round(float(a), 4) for a in alpha_bar]
    ([5, 0], [0.7668, 0.99])

    What is checked: swap.timesteps (7), swap.alpha_bar (6) with settings that nobody has seen.
    You may use: diffusers, numpy, torch, lists.
    """
    raise NotImplementedError


# %%
def seeds_for(batch: int, shape: list[int], seed: int) -> Tensor:
    """Draw the start noise of a batch so that no picture depends on the others (section 6: one image at a time).

    row i ~ N(0, 1), from a generator of its own at seed + i

    batch: int. shape: of one picture's latents, [4, h, w]. seed: int. Returns (batch, 4, h, w) float.

    Picture 2 of seed 10 is the only picture of seed 12. The same seed draws the same numbers. The global generators
    stay as they are. In section A any generator will do; `generate` needs torch's, on the CPU.

    >>> batch = seeds_for(3, [4, 8, 8], 10)
    >>> bool((batch[2] == seeds_for(1, [4, 8, 8], 12)[0]).all()), bool((batch[0] == batch[1]).all())
    (True, False)

    What is checked: seeds_for (7) its shape, its law, rows on their own, the same seed twice.
    You may use: numpy, torch, random.
    """
    raise NotImplementedError


# %% [markdown]
# # B. From a prompt to a picture
#
# From here on your functions get the real objects. The pipeline below is the tiny model; `MODEL=/some/folder` in the
# environment names another, Stable Diffusion v1-5 for example.

# %%
if __name__ == "__main__":
    try:
        pipe = open_model()
    except (ImportError, FileNotFoundError) as missing:
        pipe = None
        print(f"no pictures below: {missing}")

# %% [markdown]
# ## 5. Words

# %%
@torch.no_grad()
def encode_prompt(tokenizer, text_encoder, prompts: list[str], negative_prompt: str = "") -> Tensor:
    """Turn prompts into what cross-attention reads (section 5: the prompt enters through cross-attention).

    rows of the text encoder's last hidden state: B times the negative prompt, then the B prompts

    tokenizer, text_encoder: of the pipeline (CLIP's). prompts: B texts. negative_prompt: one text, by default the empty
    one, which stands for "no prompt". Returns (2B, L, D) float.

    The unconditional half comes first. Each text is padded to the tokenizer's own length L (`padding="max_length"`,
    `max_length=tokenizer.model_max_length`) and cut there (`truncation=True`). "No prompt" is encoded as a text, too:
    it is not zeros.

    >>> from types import SimpleNamespace as Box
    >>> def tokenizer(texts, **options):
    ...     rows = [[len(text), len(options.get("padding", ""))] for text in texts]
    ...     return Box(input_ids=torch.tensor(rows), attention_mask=None)
    >>> tokenizer.model_max_length = 2
    >>> class Encoder:
    ...     device = "cpu"
    ...     def __call__(self, ids, *rest, **named):
    ...         return (ids.reshape(-1, 2, 1).float(),)
    >>> encode_prompt(tokenizer, Encoder(), ["a cat", "dog"])[:, 0, 0].tolist()
    [0.0, 0.0, 5.0, 3.0]

    What is checked: encode_prompt (4) three prompts, a negative prompt, a prompt that is too long.
    You may use: torch, the objects you get.
    """
    raise NotImplementedError


# %% [markdown]
# ## 6. Into the latent space and back, with a real autoencoder

# %%
@torch.no_grad()
def encode_image(vae, images: Tensor, generator: Generator | None = None) -> Tensor:
    """Encode pictures as the U-Net wants them (section 6: compress, then diffuse).

    latents = sample of vae.encode(2 * images - 1) * vae.config.scaling_factor

    vae: the pipeline's AutoencoderKL. images: (B, 3, H, W) float in [0, 1]. generator: draws the sample; None for the
    global one. Returns (B, 4, H/8, W/8) float.

    `vae.encode(x).latent_dist` is a distribution; take `.sample(generator)`, not its middle.

    >>> from types import SimpleNamespace as Box
    >>> encode = lambda x, **_: Box(latent_dist=Box(sample=lambda generator=None: x + 1, mode=lambda: x))
    >>> vae = Box(config=Box(scaling_factor=0.5), dtype=torch.float32, device="cpu", encode=encode)
    >>> encode_image(vae, torch.tensor([[[[0.0, 0.75]]]])).tolist()
    [[[[0.0, 0.75]]]]

    What is checked: encode_image (3), with a generator.
    You may use: torch, the objects you get.
    """
    raise NotImplementedError


# %%
@torch.no_grad()
def decode_latents(vae, latents: Tensor) -> Tensor:
    """Decode latents to pictures (section 6: decode to pixels, once, at the end).

    pictures = clip(vae.decode(latents / vae.config.scaling_factor) / 2 + 1/2, 0, 1)

    vae: the pipeline's AutoencoderKL. latents: (B, 4, h, w) float, as the U-Net knows them. Returns (B, 3, 8h, 8w)
    float32 in [0, 1].

    >>> from types import SimpleNamespace as Box
    >>> decode = lambda z, **_: Box(sample=z)
    >>> vae = Box(config=Box(scaling_factor=0.5), dtype=torch.float32, device="cpu", decode=decode)
    >>> decode_latents(vae, torch.tensor([[[[0.25, 1.0]]]])).tolist()
    [[[[0.75, 1.0]]]]

    What is checked: decode_latents (3), with latents that make the decoder overshoot.
    You may use: torch, the objects you get.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__" and pipe is not None:
    side = pipe.unet.config.sample_size * pipe.vae_scale_factor
    y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
    disc = ((x**2 + y**2).sqrt() < 0.5).float()
    picture = 0.88 + disc * (torch.tensor([0.8, 0.2, 0.2]).reshape(3, 1, 1) - 0.88)
    latents = attempt(encode_image, pipe.vae, picture[None], Generator().manual_seed(0))
    if latents is not None:
        print(f"spread of the latents: {float(latents.std()):.2f}")
        back = attempt(decode_latents, pipe.vae, latents)
        if back is not None:
            show_pictures("there and back", {"the picture": picture[None], "decoded": back})

# %% [markdown]
# ## 7. The loop

# %%
@torch.no_grad()
def denoise_latents(
    unet,
    scheduler,
    latents: Tensor,
    text_embeddings: Tensor,
    guidance_scale: float = 7.5,
    num_inference_steps: int = 25,
) -> Tensor:
    """Go from noise to clean latents (sections 3, 5 and 6: the sampling loop with guidance, in the latent space).

    for each of the scheduler's timesteps: ask the U-Net once about both halves, guide, take the scheduler's step

    unet: called as unet(x, t, encoder_hidden_states=text_embeddings), answers with .sample shaped like x. scheduler: of
    diffusers, any kind, perhaps still set to another number of steps. latents: (B, 4, h, w) float, N(0, 1).
    text_embeddings: (2B, L, D), the unconditional half first. guidance_scale: float. num_inference_steps: int. Returns
    (B, 4, h, w) float.

    ONE call of the U-Net a step, on 2B rows, the unconditional half first. Some schedulers start from noise of another
    size (`init_noise_sigma`) and resize what the U-Net gets (`scale_model_input`). With DDIM both do nothing; without
    them Euler fails. latents is not changed.

    >>> from types import SimpleNamespace as Box
    >>> from diffusers import DDIMScheduler
    >>> def unet(x, t, encoder_hidden_states, **_):
    ...     return Box(sample=0.5 * x + encoder_hidden_states.mean((1, 2)).reshape(-1, 1, 1, 1))
    >>> scheduler, embeddings = DDIMScheduler(clip_sample=False), torch.tensor([[[0.1]], [[0.3]]])
    >>> z = denoise_latents(unet, scheduler, torch.ones(1, 1, 1, 2), embeddings, 2.0, 4)
    >>> [round(float(v), 3) for v in z.ravel()]
    [0.195, 0.195]

    What is checked: denoise_latents.calls (3) one call a step, its rows, its t; denoise_latents.guidance (3) and the
    defaults; denoise_latents.euler (2); denoise_latents.trained (3) with the model, against diffusers' own pipeline.
    You may use: torch, the objects you get.
    """
    raise NotImplementedError


# %%
def swap_scheduler(pipe, kind: type):
    """Give a pipeline another sampler (common errors: schedule mismatch).

    the pipeline's scheduler becomes one of class `kind`, made from the settings of the one it had

    pipe: a pipeline. kind: a class of diffusers, such as DDIMScheduler. Returns the same pipe, changed.

    >>> from types import SimpleNamespace as Box
    >>> from diffusers import DDIMScheduler, PNDMScheduler
    >>> pipe = Box(scheduler=PNDMScheduler(num_train_timesteps=300, beta_schedule="scaled_linear"))
    >>> new = swap_scheduler(pipe, DDIMScheduler).scheduler
    >>> type(new).__name__, new.config.num_train_timesteps, new.config.beta_schedule
    ('DDIMScheduler', 300, 'scaled_linear')

    What is checked: swap_scheduler (3) the class and every setting.
    You may use: diffusers, the objects you get.
    """
    raise NotImplementedError


# %% [markdown]
# ## 8. The whole way

# %%
@torch.no_grad()
def generate(
    pipe,
    prompts: list[str],
    negative_prompt: str = "",
    guidance_scale: float = 7.5,
    num_inference_steps: int = 25,
    seed: int = 0,
) -> Tensor:
    """Make pictures for prompts (section 6: the worked example with the real library).

    noise -> denoise_latents -> decode_latents, or the pipeline itself with output_type="pt"

    pipe: a StableDiffusionPipeline with its scheduler. prompts: B texts. negative_prompt: one text for all of them.
    guidance_scale: float. num_inference_steps: int. seed: int. Returns (B, 3, H, W) float in [0, 1].

    The noise of picture i is torch's, (4, h, w) with h = w = unet.config.sample_size, drawn on the CPU in float32 from
    a generator of its own at seed + i, and only then moved to the U-Net's device and type. So a picture depends neither
    on its batch nor on the device. Two ways are right: your own functions in a row, or `pipe(...)` with a list of
    generators. They part at a guidance_scale of 1 or less: there the pipeline does not guide at all and follows the
    prompt, while the formula follows it less and less, and at 0 forgets it. No check asks for less than 4.

    >>> both = generate(open_model(), ["a red circle", "a blue star"], num_inference_steps=2)
    >>> alone = generate(open_model(), ["a blue star"], num_inference_steps=2, seed=1)
    >>> len(both), bool(abs(both[1] - alone[0]).max() < 0.001)
    (2, True)

    What is checked: generate.values (2) against diffusers' own pipeline; generate.prompts (2) your pictures show what
    their prompts say about as often as the pipeline's; where there is a GPU also cuda.half (2), in float16 on it.
    You may use: torch, diffusers, the objects you get.
    """
    raise NotImplementedError


# %%
def generate_low_memory(
    pipe,
    prompts: list[str],
    negative_prompt: str = "",
    guidance_scale: float = 7.5,
    num_inference_steps: int = 25,
    seed: int = 0,
) -> Tensor:
    """Make the same pictures in less memory (common errors: CUDA out of memory).

    one picture at a time, each moved to the CPU when done

    Attention: leave it as the pipeline has it, or in slices (`pipe.enable_attention_slicing()`). Slices help where
    attention builds its table (diffusers' AttnProcessor). The usual AttnProcessor2_0 never holds it; there they cost.

    Arguments and result as in `generate`; the result is on the CPU.

    Picture i is the one that `generate` makes: mind its seed. The U-Net never gets more than 2 rows, the decoder never
    more than 1.

    >>> little = generate_low_memory(open_model(), ["a red circle", "a blue star"], num_inference_steps=2)
    >>> bool(abs(little - generate(open_model(), ["a red circle", "a blue star"], num_inference_steps=2)).max() < 0.001)
    True

    What is checked: generate_low_memory.values (1); generate_low_memory.calls (1) rows, and no whole table; where there
    is a GPU also cuda.memory (2), the peak against that of `generate`.
    You may use: torch, diffusers, the objects you get.
    """
    raise NotImplementedError


# %%
if __name__ == "__main__" and pipe is not None:
    prompts = ["a red circle", "a blue square", "a green star", "a yellow triangle"]
    drawn = attempt(generate, pipe, prompts)
    if drawn is not None:
        show_pictures("guidance 7.5, 25 steps", {", ".join(prompts): drawn})

# %% [markdown]
# Guidance: at 1 the prompt is followed loosely; around 7.5 it is followed; at 30 the picture is distorted and mottled,
# and the latents are larger than any that the autoencoder ever saw.

# %%
if __name__ == "__main__" and pipe is not None and drawn is not None:
    scales = (1.0, 4.0, 7.5, 20.0, 30.0)
    by_scale = {f"guidance {scale:g}": generate(pipe, prompts, guidance_scale=scale) for scale in scales}
    show_pictures("guidance", by_scale)
    counts = (1, 2, 5, 10, 25)
    show_pictures("steps", {f"{count} steps": generate(pipe, prompts, num_inference_steps=count) for count in counts})

# %% [markdown]
# A scheduler made from nothing clips what it thinks is the clean picture to [-1, 1], which latents are not: garbage.

# %%
if __name__ == "__main__" and pipe is not None and drawn is not None:
    from diffusers import DDIMScheduler

    kept, pipe.scheduler = pipe.scheduler, DDIMScheduler()
    show_pictures("the schedule", {"from_config": drawn, "DDIMScheduler()": generate(pipe, prompts)})
    pipe.scheduler = kept

# %% [markdown]
# The film: what the latents look like on the way, decoded. Colour and place are decided in the first few steps.

# %%
if __name__ == "__main__" and pipe is not None and drawn is not None:
    frames = []

    def keep(unet, arguments, named):
        """Decode what the U-Net is asked about in this step."""
        frame = attempt(decode_latents, pipe.vae, (arguments[0] if arguments else named["sample"])[:1])
        frames.extend([] if frame is None else frame)

    watching = pipe.unet.register_forward_pre_hook(keep, with_kwargs=True)
    generate(pipe, prompts[:1], num_inference_steps=12)
    watching.remove()
    show_pictures(prompts[0], {"every second of 12 steps": frames[::2]})
