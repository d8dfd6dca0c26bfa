"""The course's small trained model, opened for the lesson's notebooks, and a simple look at what it draws."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from diffusers import StableDiffusionPipeline

PROMPTS = (
    "a red circle",
    "a green square",
    "a blue triangle",
    "a yellow star",
    "an orange circle",
    "a purple square",
    "a cyan triangle",
    "a pink star",
)
PALETTE = {
    "red": (205, 50, 50),
    "green": (50, 155, 70),
    "blue": (50, 80, 205),
    "yellow": (225, 205, 60),
    "orange": (230, 130, 40),
    "purple": (125, 50, 155),
    "cyan": (70, 190, 205),
    "pink": (235, 130, 180),
}


def open_model() -> StableDiffusionPipeline:
    """The pipeline, with the DDIM sampler and the noise schedule that the model was trained with."""
    import transformers

    transformers.logging.set_verbosity_error()  # before diffusers asks it for parts that nobody needs here
    transformers.logging.disable_progress_bar()
    from diffusers import DDIMScheduler, StableDiffusionPipeline
    from diffusers.utils import logging

    logging.disable_progress_bar()
    torch.set_num_threads(1)  # the same picture, bit for bit, on each run
    pipe = StableDiffusionPipeline.from_pretrained(
        model_folder(), low_cpu_mem_usage=False, local_files_only=True, safety_checker=None
    )
    pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def model_folder() -> Path:
    """The folder of the trained model: MODEL in the environment, or where the course keeps it. FileNotFoundError."""
    here = Path.cwd().resolve()
    ways = ("latent_diffusion/model", "reference/capstone/model")
    places = [above / way for above in (here, *here.parents) for way in ways]
    for place in [Path(os.environ["MODEL"])] if "MODEL" in os.environ else places:
        if (place / "model_index.json").is_file():
            return place
    raise FileNotFoundError("the folder of the trained model is not found; set MODEL to it (latent_diffusion/model)")


def start_noise(count: int) -> torch.Tensor:
    """Pure noise for `count` pictures, (count, 4, 8, 8). Picture i has the seed i, in whatever batch it is."""
    return torch.cat([torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(i)) for i in range(count)])


def pictures(pipe: StableDiffusionPipeline, prompts: Sequence[str] = PROMPTS, **settings: object) -> np.ndarray:
    """One picture for each prompt, (B, 64, 64, 3) from 0 to 1. settings: as the pipeline takes them; 25 steps."""
    given = {"num_inference_steps": 25, "latents": start_noise(len(prompts)), "output_type": "np"} | settings
    return pipe(list(prompts), **given).images


@torch.no_grad()
def decoded(pipe: StableDiffusionPipeline, latents: torch.Tensor) -> np.ndarray:
    """The pictures of latents as the U-Net knows them, (B, 64, 64, 3) from 0 to 1."""
    with warnings.catch_warnings(action="ignore"):  # diffusers has a newer way, of two calls
        return pipe.decode_latents(latents)


def right_colours(drawn: np.ndarray, prompts: Sequence[str] = PROMPTS) -> int:
    """How many pictures have the colour in the middle that their prompt names, of the eight colours the nearest."""
    middles = 255 * drawn[:, 28:36, 28:36].mean(axis=(1, 2))
    distances = np.linalg.norm(middles[:, None] - np.array(list(PALETTE.values())), axis=2)
    nearest = [list(PALETTE)[k] for k in distances.argmin(axis=1)]
    return sum(colour in prompt for colour, prompt in zip(nearest, prompts, strict=True))
