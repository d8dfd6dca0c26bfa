import json

import torch
from diffusers import DDIMScheduler


def latent_shape(batch, height, width, factor=8, channels=4):
    return [batch, channels, height // factor, width // factor]


def compression(height, width, factor=8, channels=4):
    _, c, h, w = latent_shape(1, height, width, factor, channels)
    return 3 * height * width / (c * h * w)


def to_image(x):
    x = (x / 2 + 0.5).clamp(0, 1)
    return (255 * x).round().byte().permute(0, 2, 3, 1)


def encode_scale(mean, std, noise, scaling):
    return scaling * (mean + std * noise)


def decode_input(latents, scaling):
    return latents / scaling


def sliced_attention(q, k, v, slice_size, attend):
    out = []
    for start in range(0, q.shape[0], slice_size):
        part = slice(start, start + slice_size)
        out.append(attend(q[part], k[part], v[part]))
    return torch.cat(out)


def weight_mib(params, dtype):
    size = {"float32": 4, "float16": 2, "bfloat16": 2}[dtype]
    return params * size / 1024**2


def swap_to_ddim(config_json, steps):
    scheduler = DDIMScheduler.from_config(json.loads(config_json))
    scheduler.set_timesteps(steps)
    return [scheduler.timesteps, scheduler.alphas_cumprod[scheduler.timesteps]]


def seeds_for(batch, shape, seed):
    rows = []
    for i in range(batch):
        g = torch.Generator().manual_seed(seed + i)
        rows.append(torch.randn(shape, generator=g))
    return torch.stack(rows)


def encode_prompt(tokenizer, text_encoder, prompts, negative_prompt=""):
    raise NotImplementedError
