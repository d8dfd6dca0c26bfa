"""Generates pictures with the pipeline in many ways and measures each: what `evaluate` puts into tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from diffusers import (
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionPipeline,
)
from torch import Tensor

from reference.capstone.pictures import (
    BACKGROUNDS,
    PALETTE,
    RADII,
    SHAPES,
    Scene,
    Scores,
    draw_scenes,
    render,
    score,
    write_caption,
)

BATCH = 32
FIRST_SEED, FRESH_SEED = 1000, 5000  # of the noise: picture i starts from seed FIRST_SEED + i


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One way to make pictures. scheduler(config of the shipped one) makes the scheduler; detail: captions say all."""

    name: str
    guidance: float = 7.5
    steps: int = 25
    scheduler: Callable[[dict[str, object]], object] = DDIMScheduler.from_config
    first_seed: int = FIRST_SEED
    detail: bool = False
    mute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a recipe gave. latent_rms: root mean square of the final scaled latents; 1 for real pictures."""

    recipe: Recipe
    pictures: Tensor
    scores: Scores
    latent_rms: float


def _mismatched(**changes: object) -> Callable[[dict[str, object]], object]:
    return lambda config: DDIMScheduler.from_config({**config, **changes})


REFERENCE = Recipe(name="guidance 7.5, 25 steps")
GUIDANCE_1 = Recipe(name="guidance 1", guidance=1.0)
GUIDANCE_30 = Recipe(name="guidance 30", guidance=30.0)
STEPS_2, STEPS_5, STEPS_30 = (Recipe(name=f"{steps} steps", steps=steps) for steps in (2, 5, 30))
DEFAULT_SCHEDULER = Recipe(name="DDIMScheduler() in place of from_config", scheduler=lambda config: DDIMScheduler())

GUIDANCE = (
    Recipe(name="guidance 0: the caption plays no part", guidance=1.0, mute=True),
    GUIDANCE_1,
    *(Recipe(name=f"guidance {scale}", guidance=float(scale)) for scale in (2, 4)),
    REFERENCE,
    *(Recipe(name=f"guidance {scale}", guidance=float(scale)) for scale in (10, 15, 20)),
    GUIDANCE_30,
)
STEPS = (
    Recipe(name="1 step", steps=1),
    STEPS_2,
    STEPS_5,
    Recipe(name="10 steps", steps=10),
    REFERENCE,
    STEPS_30,
    Recipe(name="50 steps", steps=50),
)
SCHEDULERS = (
    REFERENCE,
    Recipe(name="PNDM, as shipped, 25 steps", scheduler=PNDMScheduler.from_config),
    Recipe(name="PNDM, 50 steps", scheduler=PNDMScheduler.from_config, steps=50),
    Recipe(name="DDPM, 25 steps", scheduler=DDPMScheduler.from_config),
    Recipe(name="Euler, 25 steps", scheduler=EulerDiscreteScheduler.from_config),
    Recipe(name="DPM-Solver++, 10 steps", scheduler=DPMSolverMultistepScheduler.from_config, steps=10),
)
MISMATCHES = (
    REFERENCE,
    DEFAULT_SCHEDULER,
    Recipe(name="clip_sample=True", scheduler=_mismatched(clip_sample=True)),
    Recipe(name="prediction_type='v_prediction'", scheduler=_mismatched(prediction_type="v_prediction")),
    Recipe(name="betas linear, same ends", scheduler=_mismatched(beta_schedule="linear")),
    Recipe(
        name="betas of DDPM, 1e-4 to 0.02",
        scheduler=_mismatched(beta_schedule="linear", beta_start=1e-4, beta_end=0.02),
    ),
)
SAMPLES = (
    REFERENCE,
    Recipe(name="other noise", first_seed=FRESH_SEED),
    Recipe(name="other noise, guidance 1", first_seed=FRESH_SEED, guidance=1.0),
    Recipe(name="captions that say all", detail=True),
    Recipe(name="captions that say all, guidance 1", detail=True, guidance=1.0),
)


def captions(count: int, *, detail: bool = False) -> list[str]:
    """The first `count` of an endless round of "a red circle", ... that any few spread over all colours and shapes.

    detail: say size and background too.
    """
    colours, sizes, backgrounds = [*PALETTE], [*RADII], [*BACKGROUNDS]
    scenes = (
        Scene(
            colour=colours[i % 8],
            shape=SHAPES[(i + i // 8) % 4],
            size=sizes[i // 5 % 2],
            background=backgrounds[i // 3 % 2],
        )
        for i in range(count)
    )
    return [write_caption(scene if detail else replace(scene, size=None, background=None)) for scene in scenes]


def start_noise(count: int, first_seed: int) -> Tensor:
    """(B, 4, 8, 8) standard normal; picture i has a seed of its own, so a batch equals its single pictures."""
    generators = (torch.Generator().manual_seed(first_seed + i) for i in range(count))
    return torch.cat([torch.randn(1, 4, 8, 8, generator=generator) for generator in generators])


def run(pipeline: StableDiffusionPipeline, recipe: Recipe, count: int) -> Run:
    """Make `count` pictures by a recipe and measure them."""
    asked = captions(count, detail=recipe.detail)
    latents = generate(pipeline, asked, recipe)
    pictures = decode(pipeline, latents)
    rms = latents.square().mean().sqrt().item()
    return Run(recipe=recipe, pictures=pictures, scores=score(pictures, asked), latent_rms=rms)


def generate(
    pipeline: StableDiffusionPipeline,
    asked: Sequence[str],
    recipe: Recipe,
    watch: Callable[[Tensor], object] | None = None,
) -> Tensor:
    """Final scaled latents (B, 4, 8, 8), by the pipeline itself; its own scheduler is left in place.

    watch: told of the latents after each step.
    """
    shipped = pipeline.scheduler
    noise = start_noise(len(asked), recipe.first_seed).to(pipeline.unet.dtype)
    told = [""] * len(asked) if recipe.mute else list(asked)
    done = []

    def step_end(_pipe: object, _step: int, _t: int, given: dict[str, Tensor]) -> dict[str, Tensor]:
        if watch:
            watch(given["latents"])
        return given

    try:
        for start in range(0, len(asked), BATCH):
            pipeline.scheduler = recipe.scheduler(dict(shipped.config))
            answer = pipeline(
                told[start : start + BATCH],
                latents=noise[start : start + BATCH],
                guidance_scale=recipe.guidance,
                num_inference_steps=recipe.steps,
                generator=torch.Generator().manual_seed(start),  # for DDPM's noise on the way
                output_type="latent",
                callback_on_step_end=step_end,
            )
            done.append(answer.images)
    finally:
        pipeline.scheduler = shipped
    return torch.cat(done)


def films(pipeline: StableDiffusionPipeline, asked: Sequence[str], frames: int) -> dict[str, Tensor]:
    """Each caption's picture on its way, (frames, 3, 64, 64), by the reference recipe. At most BATCH captions."""
    seen = [start_noise(len(asked), REFERENCE.first_seed)]
    generate(pipeline, asked, REFERENCE, watch=seen.append)
    chosen = [seen[round(k * REFERENCE.steps / (frames - 1))] for k in range(frames)]
    return {asked[i]: decode(pipeline, torch.stack([latents[i] for latents in chosen])) for i in range(len(asked))}


@torch.no_grad()
def decode(pipeline: StableDiffusionPipeline, latents: Tensor) -> Tensor:
    """Pictures (B, 3, 64, 64) in [0, 1] of scaled latents."""
    parts = (part / pipeline.vae.config.scaling_factor for part in latents.split(BATCH))
    return torch.cat([(pipeline.vae.decode(part).sample / 2 + 0.5).clamp(0, 1) for part in parts])


@torch.no_grad()
def round_trip(pipeline: StableDiffusionPipeline, count: int) -> Run:
    """Real pictures encoded and decoded: the best that any U-Net could do with this autoencoder."""
    generator = torch.Generator().manual_seed(FRESH_SEED)
    scenes = draw_scenes(count, generator)
    pictures = 2 * render(scenes, generator) - 1
    latents = pipeline.vae.encode(pictures).latent_dist.sample(generator) * pipeline.vae.config.scaling_factor
    seen = decode(pipeline, latents)
    recipe = Recipe(name="real pictures, encoded and decoded")
    scores = score(seen, [write_caption(scene) for scene in scenes])
    return Run(recipe=recipe, pictures=seen, scores=scores, latent_rms=latents.square().mean().sqrt().item())
