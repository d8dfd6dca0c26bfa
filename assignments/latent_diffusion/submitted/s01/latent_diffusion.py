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


@torch.no_grad()
def encode_prompt(tokenizer, text_encoder, prompts, negative_prompt=""):
    texts = [negative_prompt] * len(prompts) + prompts
    tokens = tokenizer(
        texts, padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="pt"
    )
    return text_encoder(tokens.input_ids).last_hidden_state


@torch.no_grad()
def encode_image(vae, images, generator=None):
    dist = vae.encode(images * 2 - 1).latent_dist
    return dist.sample(generator) * vae.config.scaling_factor


@torch.no_grad()
def decode_latents(vae, latents):
    image = vae.decode(latents / vae.config.scaling_factor).sample
    return (image / 2 + 0.5).clamp(0, 1)


@torch.no_grad()
def denoise_latents(unet, scheduler, latents, text_embeddings, guidance_scale=7.5, num_inference_steps=25):
    scheduler.set_timesteps(num_inference_steps)
    latents = latents * scheduler.init_noise_sigma
    for t in scheduler.timesteps:
        model_input = scheduler.scale_model_input(torch.cat([latents] * 2), t)
        noise = unet(model_input, t, encoder_hidden_states=text_embeddings).sample
        uncond, cond = noise.chunk(2)
        noise = uncond + guidance_scale * (cond - uncond)
        latents = scheduler.step(noise, t, latents).prev_sample
    return latents


def swap_scheduler(pipe, kind):
    pipe.scheduler = kind.from_config(pipe.scheduler.config)
    return pipe


@torch.no_grad()
def generate(pipe, prompts, negative_prompt="", guidance_scale=7.5, num_inference_steps=25, seed=0):
    generators = [torch.Generator().manual_seed(seed + i) for i in range(len(prompts))]
    result = pipe(
        prompts,
        negative_prompt=[negative_prompt] * len(prompts),
        guidance_scale=guidance_scale,
        num_inference_steps=num_inference_steps,
        generator=generators,
        output_type="pt",
    )
    return result.images


def generate_low_memory(pipe, prompts, negative_prompt="", guidance_scale=7.5, num_inference_steps=25, seed=0):
    pipe.enable_attention_slicing()
    images = []
    for i, prompt in enumerate(prompts):
        image = generate(pipe, [prompt], negative_prompt, guidance_scale, num_inference_steps, seed + i)
        images.append(image.cpu())
    return torch.cat(images)
