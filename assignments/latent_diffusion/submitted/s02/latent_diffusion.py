# I wanted to see every number, so nothing here uses the pipeline.
import json
from functools import reduce
from operator import mul

import numpy as np
import torch
from einops import rearrange, repeat

NO_GRAD = torch.no_grad()
BYTES_OF = {"float32": np.float32().nbytes, "float16": np.float16().nbytes, "bfloat16": 2}


def numbers_in(shape):
    return reduce(mul, shape)


def latent_shape(batch, height, width, factor=8, channels=4):
    small = (side // factor for side in (height, width))
    return [batch, channels, *small]


def compression(height, width, factor=8, channels=4):
    return numbers_in([3, height, width]) / numbers_in(latent_shape(1, height, width, factor, channels))


def to_image(x):
    unit = torch.clip(0.5 * (x.double() + 1), 0.0, 1.0)
    return rearrange(torch.floor(unit * 255 + 0.5), "b c h w -> b h w c").to(torch.uint8)


def encode_scale(mean, std, noise, scaling):
    sample = torch.distributions.Normal(mean, std).loc + std * noise
    return sample.mul(scaling)


def decode_input(latents, scaling):
    return torch.div(latents, scaling)


def sliced_attention(q, k, v, slice_size, attend):
    pieces = torch.arange(len(q)).split(slice_size)
    return torch.vstack([attend(q[rows], k[rows], v[rows]) for rows in pieces])


def weight_mib(params, dtype):
    return params * BYTES_OF[dtype] / (1 << 20)


def swap_to_ddim(config_json, steps):
    import diffusers

    ddim = diffusers.DDIMScheduler.from_config(json.loads(config_json))
    ddim.set_timesteps(steps)
    visited = [int(t) for t in ddim.timesteps]
    table = np.cumprod(1 - ddim.betas.double().numpy())
    return [visited, table[visited]]


def seeds_for(batch, shape, seed):
    return torch.stack([torch.randn(tuple(shape), generator=torch.Generator().manual_seed(s)) for s in range(seed, seed + batch)])


def encode_prompt(tokenizer, text_encoder, prompts, negative_prompt=""):
    def rows(texts):
        length = tokenizer.model_max_length
        ids = tokenizer(texts, padding="max_length", max_length=length, truncation=True)["input_ids"]
        with NO_GRAD:
            return text_encoder(torch.tensor(ids))[0]

    return torch.cat([repeat(rows([negative_prompt]), "1 l d -> b l d", b=len(prompts)), rows(prompts)])


def encode_image(vae, images, generator=None):
    with NO_GRAD:
        moments = vae.encode(torch.lerp(-torch.ones_like(images), torch.ones_like(images), images)).latent_dist
    return vae.config.scaling_factor * moments.sample(generator=generator)


def decode_latents(vae, latents):
    with NO_GRAD:
        said = vae.decode(latents * (1 / vae.config.scaling_factor))[0]
    return said.add(1).div(2).clip(0, 1)


def denoise_latents(unet, scheduler, latents, text_embeddings, guidance_scale=7.5, num_inference_steps=25):
    scheduler.set_timesteps(num_inference_steps)
    state = latents * scheduler.init_noise_sigma
    for time in scheduler.timesteps:
        twice = scheduler.scale_model_input(repeat(state, "b c h w -> (two b) c h w", two=2), time)
        with NO_GRAD:
            answer = unet(twice, time, encoder_hidden_states=text_embeddings).sample
        plain, prompted = rearrange(answer, "(two b) c h w -> two b c h w", two=2)
        guess = prompted + (guidance_scale - 1) * (prompted - plain)
        state = scheduler.step(guess, time, state).prev_sample
    return state


def swap_scheduler(pipe, kind):
    pipe.scheduler = kind.from_config(pipe.scheduler.config)
    return pipe


def generate(pipe, prompts, negative_prompt="", guidance_scale=7.5, num_inference_steps=25, seed=0):
    side = pipe.unet.config.sample_size
    start = seeds_for(len(prompts), (pipe.unet.config.in_channels, side, side), seed)
    words = encode_prompt(pipe.tokenizer, pipe.text_encoder, prompts, negative_prompt)
    return decode_latents(pipe.vae, denoise_latents(pipe.unet, pipe.scheduler, start, words, guidance_scale, num_inference_steps))


def generate_low_memory(pipe, prompts, negative_prompt="", guidance_scale=7.5, num_inference_steps=25, seed=0):
    pipe.unet.set_attention_slice(1)
    singles = (generate(pipe, [p], negative_prompt, guidance_scale, num_inference_steps, s) for s, p in enumerate(prompts, seed))
    return torch.vstack([one.to("cpu") for one in singles])
