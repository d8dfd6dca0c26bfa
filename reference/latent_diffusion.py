"""Latent diffusion: the arithmetic around Stable Diffusion, and the whole of it over diffusers' own objects.

Papers: Rombach et al. 2022 (arXiv:2112.10752), latent diffusion; DDIM arXiv:2010.02502; classifier-free guidance
arXiv:2207.12598. Objects and words are those of diffusers: tokenizer, text_encoder, vae, unet, scheduler, latents.
The same code runs on the course's tiny model on a CPU and on Stable Diffusion v1-5 on a GPU.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


def latent_shape(batch: int, height: int, width: int, factor: int = 8, channels: int = 4) -> list[int]:
    """The shape of the latents of `batch` pictures: each side divided by `factor` (section 3.1: f = H / h)."""
    return [batch, channels, height // factor, width // factor]


def compression(height: int, width: int, factor: int = 8, channels: int = 4) -> float:
    """How many times fewer numbers latents have than an RGB picture; 48 for 512 x 512 and the defaults."""
    return (3 * height * width) / (channels * (height // factor) * (width // factor))


def to_image(x: Tensor) -> Tensor:
    """What a decoder says, (B, 3, H, W) in [-1, 1], as bytes (B, H, W, 3): rounded, clipped, colours last."""
    return ((x / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)


def encode_scale(mean: Tensor, std: Tensor, noise: Tensor, scaling: float) -> Tensor:
    """The latents that the U-Net is trained on: a sample of the encoder's posterior, rescaled (appendix G)."""
    return (mean + std * noise) * scaling


def decode_input(latents: Tensor, scaling: float) -> Tensor:
    """What the decoder takes: the rescaling undone."""
    return latents / scaling


def sliced_attention(q: Tensor, k: Tensor, v: Tensor, slice_size: int, attend: Callable) -> Tensor:
    """attend(q, k, v) a slice of the first axis (batch times heads) at a time, so that fewer scores are alive at once.

    q: (N, P, d). k: (N, M, d). v: (N, M, dv). attend is called on at most slice_size rows. Returns (N, P, dv).
    """
    slices = zip(q.split(slice_size), k.split(slice_size), v.split(slice_size), strict=True)
    return torch.cat([attend(*rows) for rows in slices])


def weight_mib(params: int, dtype: str) -> float:
    """The weights' share of the memory in MiB (2**20 bytes). dtype: float32, float16 or bfloat16."""
    return params * BYTES[dtype] / 2**20


def swap_to_ddim(config_json: str, steps: int) -> list[list]:
    """Build DDIM with another scheduler's settings. Returns [the `steps` timesteps, alpha_bar at each of them]."""
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler.from_config(json.loads(config_json))
    scheduler.set_timesteps(steps)
    return [scheduler.timesteps.tolist(), scheduler.alphas_cumprod[scheduler.timesteps].tolist()]


def seeds_for(batch: int, shape: list[int], seed: int) -> Tensor:
    """Start noise (batch, *shape): picture i has a generator of its own at seed + i, whatever batch it is in."""
    return torch.stack([torch.randn(*shape, generator=Generator().manual_seed(seed + i)) for i in range(batch)])


@torch.no_grad()
def encode_prompt(tokenizer: Any, text_encoder: Any, prompts: list[str], negative_prompt: str = "") -> Tensor:
    """B prompts to embeddings (2B, L, D): B unconditional rows (the negative prompt) first, then the prompts' rows.

    Every row is padded, or cut, to the tokenizer's own length L (77), since padding is what the model was trained with.
    """
    texts = [negative_prompt] * len(prompts) + list(prompts)
    length = tokenizer.model_max_length
    tokens = tokenizer(texts, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    return text_encoder(tokens.input_ids.to(text_encoder.device))[0]


@torch.no_grad()
def encode_image(vae: Any, images: Tensor, generator: Generator | None = None) -> Tensor:
    """Pictures (B, 3, H, W) in [0, 1] to latents (B, 4, H/8, W/8) as the U-Net knows them."""
    posterior = vae.encode(2 * images.to(vae.device, vae.dtype) - 1).latent_dist
    return posterior.sample(generator) * vae.config.scaling_factor


@torch.no_grad()
def decode_latents(vae: Any, latents: Tensor) -> Tensor:
    """Latents as the U-Net knows them to pictures (B, 3, H, W) in [0, 1], float32."""
    picture = vae.decode(latents.to(vae.dtype) / vae.config.scaling_factor).sample
    return (picture / 2 + 0.5).clamp(0, 1).float()


@torch.no_grad()
def denoise_latents(
    unet: Any,
    scheduler: Any,
    latents: Tensor,
    text_embeddings: Tensor,
    guidance_scale: float = 7.5,
    num_inference_steps: int = 25,
) -> Tensor:
    """The sampling loop with guidance: N(0, 1) noise (B, 4, h, w) to clean latents. text_embeddings: (2B, L, D)."""
    scheduler.set_timesteps(num_inference_steps)
    latents = latents * scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        both = scheduler.scale_model_input(torch.cat([latents, latents]), t)
        eps_uncond, eps_cond = unet(both, t, encoder_hidden_states=text_embeddings).sample.chunk(2)
        eps = eps_uncond + guidance_scale * (eps_cond - eps_uncond)
        latents = scheduler.step(eps, t, latents).prev_sample
    return latents


def swap_scheduler(pipe: Any, kind: type) -> Any:
    """Give a pipeline a scheduler of another kind that keeps the schedule the model was trained with."""
    pipe.scheduler = kind.from_config(pipe.scheduler.config)
    return pipe


@torch.no_grad()
def generate(
    pipe: Any,
    prompts: list[str],
    negative_prompt: str = "",
    guidance_scale: float = 7.5,
    num_inference_steps: int = 25,
    seed: int = 0,
) -> Tensor:
    """Pictures (B, 3, H, W) in [0, 1] for B prompts. The noise of picture i is drawn on the CPU from seed + i."""
    side = pipe.unet.config.sample_size
    noise = seeds_for(len(prompts), [pipe.unet.config.in_channels, side, side], seed)
    embeddings = encode_prompt(pipe.tokenizer, pipe.text_encoder, prompts, negative_prompt)
    noise = noise.to(pipe.unet.device, pipe.unet.dtype)
    latents = denoise_latents(pipe.unet, pipe.scheduler, noise, embeddings, guidance_scale, num_inference_steps)
    return decode_latents(pipe.vae, latents)


def generate_low_memory(
    pipe: Any,
    prompts: list[str],
    negative_prompt: str = "",
    guidance_scale: float = 7.5,
    num_inference_steps: int = 25,
    seed: int = 0,
) -> Tensor:
    """The pictures of `generate` in less memory: one picture at a time, each off the device.

    Attention is left alone: diffusers' usual way, torch's fused kernel, never holds the table that slices would cut.
    """
    pictures = [
        generate(pipe, [prompt], negative_prompt, guidance_scale, num_inference_steps, seed + i).cpu()
        for i, prompt in enumerate(prompts)
    ]
    return torch.cat(pictures)
