# by hand wherever that is possible
from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import torch
from tqdm.auto import tqdm


@dataclass
class Size:
    batch: int
    height: int
    width: int

    def latents(self, f: int, c: int) -> list[int]:
        return [self.batch, c, self.height // f, self.width // f]


def latent_shape(batch, height, width, factor=8, channels=4):
    return Size(batch, height, width).latents(factor, channels)


def compression(height, width, factor=8, channels=4):
    return 3.0 * factor * factor / channels


def to_image(x):
    def byte(value):
        return max(0, min(255, round((value + 1) * 127.5)))

    return [
        [[[byte(plane[row][col]) for plane in picture] for col in range(len(picture[0][0]))] for row in range(len(picture[0]))]
        for picture in x.tolist()
    ]


def encode_scale(mean, std, noise, scaling):
    return torch.addcmul(mean.double(), std.double(), noise.double()) * scaling


def decode_input(latents, scaling):
    return [(z / scaling).tolist() for z in latents]


def sliced_attention(q, k, v, slice_size, attend):
    out = torch.empty(q.shape[0], q.shape[1], v.shape[2])
    for i in range(len(q)):  # one row at a time is within any limit
        out[i] = attend(q[i : i + 1], k[i : i + 1], v[i : i + 1])[0]
    return out


def weight_mib(params, dtype):
    return params * torch.empty(0, dtype=getattr(torch, dtype)).element_size() / 1048576


def swap_to_ddim(config_json, steps):
    c = json.loads(config_json)
    n = c["num_train_timesteps"]
    low, high = math.sqrt(c["beta_start"]), math.sqrt(c["beta_end"])
    level, levels = 1.0, []
    for i in range(n):
        level *= 1 - (low + (high - low) * i / (n - 1)) ** 2
        levels.append(level)
    times = [i * (n // steps) + c["steps_offset"] for i in range(steps)][::-1]
    return [times, [levels[t] for t in times]]


def seeds_for(batch, shape, seed):
    import random

    size = math.prod(shape)
    draws = [random.Random(seed + i) for i in range(batch)]
    return [np.reshape([d.gauss(0, 1) for _ in range(size)], shape).tolist() for d in draws]


def encode_prompt(tokenizer, text_encoder, prompts, negative_prompt=""):
    rows = []
    for text in [negative_prompt] * len(prompts) + list(prompts):
        ids = tokenizer(text, padding="max_length", truncation=True, max_length=77).input_ids
        with torch.no_grad():
            rows.append(text_encoder(torch.tensor([ids]))[0][0])
    return torch.stack(rows)


def encode_image(vae, images, generator=None):
    with torch.no_grad():
        d = vae.encode(images.sub(0.5).div(0.5)).latent_dist
    noise = torch.randn(d.mean.shape, generator=generator)
    return (d.mean + d.std * noise) * vae.config["scaling_factor"]


def decode_latents(vae, latents):
    with torch.no_grad():
        y = [vae.decode(z[None] / vae.config.scaling_factor).sample[0] for z in latents]
    return np.clip((torch.stack(y).numpy() + 1) / 2, 0, 1)


def denoise_latents(unet, scheduler, latents, text_embeddings, guidance_scale=7.5, num_inference_steps=25):
    scheduler.set_timesteps(num_inference_steps, device=latents.device)
    z = latents.mul(float(scheduler.init_noise_sigma))
    for t in tqdm(scheduler.timesteps):
        both = scheduler.scale_model_input(torch.stack([z, z]).flatten(0, 1), t)
        with torch.no_grad():
            eps = unet(sample=both, timestep=t, encoder_hidden_states=text_embeddings).sample
        u, c = eps[: len(z)], eps[len(z) :]
        z = scheduler.step((1 - guidance_scale) * u + guidance_scale * c, t, z)["prev_sample"]
    return z


def swap_scheduler(pipe, kind):
    old = dict(pipe.scheduler.config)
    setattr(pipe, "scheduler", kind.from_config(old))
    return pipe


def generate(pipe, prompts, negative_prompt="", guidance_scale=7.5, num_inference_steps=25, seed=0):
    pictures = []
    side = pipe.unet.config.sample_size
    for i, prompt in enumerate(prompts):
        own = torch.Generator()
        own.manual_seed(seed + i)
        z = torch.randn(1, pipe.unet.config.in_channels, side, side, generator=own)
        words = encode_prompt(pipe.tokenizer, pipe.text_encoder, [prompt], negative_prompt)
        z = denoise_latents(pipe.unet, pipe.scheduler, z, words, guidance_scale, num_inference_steps)
        pictures.append(decode_latents(pipe.vae, z)[0])
    return np.array(pictures)


def generate_low_memory(pipe, prompts, negative_prompt="", guidance_scale=7.5, num_inference_steps=25, seed=0):
    pipe.unet.set_attention_slice("auto")
    return generate(pipe, prompts, negative_prompt, guidance_scale, num_inference_steps, seed)
