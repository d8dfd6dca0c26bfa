"""Everything that diffusers can do itself, it does itself."""

import numpy as np
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline
from diffusers.image_processor import VaeImageProcessor


def latent_shape(batch, height, width, factor=8, channels=4):
    return (batch, channels, *np.array([height, width]) // factor)


def compression(height, width, factor=8, channels=4):
    return np.prod([3, height, width]) / np.prod(latent_shape(1, height, width, factor, channels))


def to_image(x):
    return np.rint(np.clip(np.moveaxis(x.numpy(), 1, -1) * 127.5 + 127.5, 0, 255)).astype(np.uint8)


def encode_scale(mean, std, noise, scaling):
    return np.multiply(mean.numpy() + std.numpy() * noise.numpy(), scaling)


def decode_input(latents, scaling):
    return latents.numpy() * (1 / scaling)


def sliced_attention(q, k, v, slice_size, attend):
    return np.concatenate([attend(*rows).numpy() for rows in zip(q.split(slice_size), k.split(slice_size), v.split(slice_size))])


def weight_mib(params, dtype):
    return params * torch.finfo(getattr(torch, dtype)).bits / 8 / 2**20


def swap_to_ddim(config_json, steps):
    import json

    scheduler = DDIMScheduler.from_config(json.loads(config_json))
    scheduler.set_timesteps(steps)
    timesteps = scheduler.timesteps.numpy()
    return timesteps, scheduler.alphas_cumprod.numpy()[timesteps]


def seeds_for(batch, shape, seed):
    return np.stack([np.random.default_rng(seed + i).normal(size=shape) for i in range(batch)])


def encode_prompt(tokenizer, text_encoder, prompts, negative_prompt=""):
    pipe = StableDiffusionPipeline(
        vae=None, text_encoder=text_encoder, tokenizer=tokenizer, unet=None, scheduler=None,
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )
    with torch.inference_mode():
        negatives = [negative_prompt for _ in prompts]
        prompted, plain = pipe.encode_prompt(prompts, "cpu", 1, True, negative_prompt=negatives)
        return torch.vstack((plain, prompted))


def encode_image(vae, images, generator=None):
    processor = VaeImageProcessor(vae_scale_factor=8, do_resize=False)
    with torch.no_grad():
        return vae.config.scaling_factor * vae.encode(processor.preprocess(images))[0].sample(generator=generator)


def decode_latents(vae, latents):
    with torch.no_grad():
        (decoded,) = vae.decode(latents / vae.config.scaling_factor, return_dict=False)
        return VaeImageProcessor().postprocess(decoded, output_type="pt")


def denoise_latents(unet, scheduler, latents, text_embeddings, guidance_scale=7.5, num_inference_steps=25):
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion import retrieve_timesteps

    timesteps, _ = retrieve_timesteps(scheduler, num_inference_steps)
    x = latents.clone() * scheduler.init_noise_sigma
    with torch.no_grad():
        for t in timesteps:
            (eps,) = unet(scheduler.scale_model_input(x.repeat(2, 1, 1, 1), t), t, text_embeddings, return_dict=False)
            plain, prompted = eps.split(len(x))
            (x,) = scheduler.step(torch.lerp(plain, prompted, guidance_scale), t, x, return_dict=False)[:1]
    return x


def swap_scheduler(pipe, kind):
    pipe.register_modules(scheduler=kind.from_config(pipe.scheduler.config))
    return pipe


def generate(pipe, prompts, negative_prompt="", guidance_scale=7.5, num_inference_steps=25, seed=0):
    return pipe(
        prompts,
        negative_prompt=[negative_prompt] * len(prompts),
        guidance_scale=guidance_scale,
        num_inference_steps=num_inference_steps,
        generator=[torch.Generator("cpu").manual_seed(seed + i) for i in range(len(prompts))],
        output_type="pt",
    ).images


def generate_low_memory(pipe, prompts, negative_prompt="", guidance_scale=7.5, num_inference_steps=25, seed=0):
    pipe.enable_attention_slicing(1)
    images = [generate(pipe, [p], negative_prompt, guidance_scale, num_inference_steps, seed + i)[0].cpu() for i, p in enumerate(prompts)]
    pipe.disable_attention_slicing()
    return torch.stack(images)
