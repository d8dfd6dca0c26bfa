"""Wrong ideas about latent diffusion: what the scaling is for, who keeps the schedule, which half is which."""

import json

import numpy as np
import torch

from reference import latent_diffusion as right
from reference.misconceptions import Misconception

# latent_shape, compression ----------------------------------------------------------------------------------------


def not_smaller(batch, height, width, factor=8, channels=4):
    return [batch, channels, height, width]


def three_channels(batch, height, width, factor=8, channels=4):
    return [batch, 3, height // factor, width // factor]


def channels_last(batch, height, width, factor=8, channels=4):
    return [batch, height // factor, width // factor, channels]


def always_eight(batch, height, width, factor=8, channels=4):
    return [batch, channels, height // 8, width // 8]


def always_four(batch, height, width, factor=8, channels=4):
    return [batch, 4, height // factor, width // factor]


def no_batch(batch, height, width, factor=8, channels=4):
    return [channels, height // factor, width // factor]


def sides_only(height, width, factor=8, channels=4):
    return float(factor**2)


def upside_down(height, width, factor=8, channels=4):
    return 1 / right.compression(height, width, factor, channels)


def always_48(height, width, factor=8, channels=4):
    return 48.0


def one_colour(height, width, factor=8, channels=4):
    return right.compression(height, width, factor, channels) / 3


# to_image ---------------------------------------------------------------------------------------------------------


def not_shifted(x):
    return (x.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)


def stretched(x):
    return ((x - x.min()) / (x.max() - x.min()) * 255).round().permute(0, 2, 3, 1)


def colours_first(x):
    return right.to_image(x).permute(0, 3, 1, 2)


def cut_off(x):
    return ((x / 2 + 0.5).clamp(0, 1) * 255).to(torch.uint8).permute(0, 2, 3, 1)


def times_256(x):
    return ((x / 2 + 0.5).clamp(0, 1) * 256).round().clamp(0, 255).permute(0, 2, 3, 1)


def unit_range(x):
    return (x / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1)


def wraps_around(x):
    return ((x / 2 + 0.5) * 255).round().long().remainder(256).permute(0, 2, 3, 1)


# encode_scale, decode_input ---------------------------------------------------------------------------------------


def sample_unscaled(mean, std, noise, scaling):
    return mean + std * noise


def sample_divided(mean, std, noise, scaling):
    return (mean + std * noise) / scaling


def middle_only(mean, std, noise, scaling):
    return mean * scaling


def mean_scaled_only(mean, std, noise, scaling):
    return mean * scaling + std * noise


def scale_of_sd(mean, std, noise, scaling):
    return (mean + std * noise) * 0.18215


def latents_multiplied(latents, scaling):
    return latents * scaling


def latents_as_they_are(latents, scaling):
    return latents


def divided_by_sd(latents, scaling):
    return latents / 0.18215


# sliced_attention -------------------------------------------------------------------------------------------------


def all_at_once(q, k, v, slice_size, attend):
    return attend(q, k, v)


def rest_dropped(q, k, v, slice_size, attend):
    whole = range(0, len(q) - len(q) % slice_size, slice_size)
    parts = [attend(*(rows[i : i + slice_size] for rows in (q, k, v))) for i in whole]
    return torch.cat(parts) if parts else torch.zeros(0, q.shape[1], v.shape[2])


def first_keys(q, k, v, slice_size, attend):
    parts = q.split(slice_size)
    return torch.cat([attend(part, k[: len(part)], v[: len(part)]) for part in parts])


def positions_sliced(q, k, v, slice_size, attend):
    parts = zip(k.split(slice_size, 1), v.split(slice_size, 1), strict=True)
    return sum(attend(q, keys, values) for keys, values in parts)


def slices_averaged(q, k, v, slice_size, attend):
    parts = zip(*(rows.split(slice_size) for rows in (q, k, v)), strict=True)
    return torch.stack([attend(*part).mean(0) for part in parts])


# weight_mib -------------------------------------------------------------------------------------------------------


def bits(params, dtype):
    return params * {"float32": 32, "float16": 16, "bfloat16": 16}[dtype] / 2**20


def megabytes(params, dtype):
    return right.weight_mib(params, dtype) * 2**20 / 1e6


def gibibytes(params, dtype):
    return right.weight_mib(params, dtype) / 1024


def bfloat_is_wide(params, dtype):
    return params * {"float32": 4, "float16": 2, "bfloat16": 4}[dtype] / 2**20


def half_is_a_byte(params, dtype):
    return params * {"float32": 4, "float16": 1, "bfloat16": 1}[dtype] / 2**20


# swap_to_ddim -----------------------------------------------------------------------------------------------------


def swap_with(changes=None, fresh=False, steps=None, order=1, table="alphas_cumprod", early=0):
    """`swap_to_ddim` with other settings, none at all, another number of steps, order, table or row of the table."""

    def swap_to_ddim(config_json, number):
        from diffusers import DDIMScheduler

        settings = {**json.loads(config_json), **(changes or {})}
        scheduler = DDIMScheduler() if fresh else DDIMScheduler.from_config(settings)
        scheduler.set_timesteps(number if steps is None else steps)
        timesteps = scheduler.timesteps
        return [timesteps.tolist()[::order], getattr(scheduler, table)[timesteps - early].tolist()[::order]]

    return swap_to_ddim


# seeds_for --------------------------------------------------------------------------------------------------------


def same_for_all(batch, shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).expand(batch, *shape)


def one_for_the_batch(batch, shape, seed):
    return torch.randn(batch, *shape, generator=torch.Generator().manual_seed(seed))


def unseeded(batch, shape, seed):
    return torch.from_numpy(np.random.default_rng().normal(size=(batch, *shape)))


def uniform(batch, shape, seed):
    generators = [torch.Generator().manual_seed(seed + i) for i in range(batch)]
    return torch.stack([torch.rand(*shape, generator=generator) for generator in generators])


def global_generator(batch, shape, seed):
    rows = []
    for i in range(batch):
        torch.manual_seed(seed + i)
        rows.append(torch.randn(*shape))
    return torch.stack(rows)


# encode_prompt ----------------------------------------------------------------------------------------------------


def tokens_of(tokenizer, texts, **options):
    usual = {"padding": "max_length", "max_length": tokenizer.model_max_length, "truncation": True}
    return tokenizer(texts, **{**usual, **options}, return_tensors="pt").input_ids


@torch.no_grad()
def prompts_first(tokenizer, text_encoder, prompts, negative_prompt=""):
    return torch.cat(right.encode_prompt(tokenizer, text_encoder, prompts, negative_prompt).chunk(2)[::-1])


@torch.no_grad()
def silence_is_zero(tokenizer, text_encoder, prompts, negative_prompt=""):
    rows = right.encode_prompt(tokenizer, text_encoder, prompts, negative_prompt)
    rows[: len(prompts)] = 0
    return rows


@torch.no_grad()
def negative_ignored(tokenizer, text_encoder, prompts, negative_prompt=""):
    return right.encode_prompt(tokenizer, text_encoder, prompts)


@torch.no_grad()
def padded_to_longest(tokenizer, text_encoder, prompts, negative_prompt=""):
    ids = tokens_of(tokenizer, [negative_prompt] * len(prompts) + list(prompts), padding=True)
    return text_encoder(ids)[0]


@torch.no_grad()
def one_vector(tokenizer, text_encoder, prompts, negative_prompt=""):
    ids = tokens_of(tokenizer, [negative_prompt] * len(prompts) + list(prompts))
    return text_encoder(ids).pooler_output


@torch.no_grad()
def prompts_only(tokenizer, text_encoder, prompts, negative_prompt=""):
    return right.encode_prompt(tokenizer, text_encoder, prompts, negative_prompt)[len(prompts) :]


@torch.no_grad()
def one_silence(tokenizer, text_encoder, prompts, negative_prompt=""):
    return text_encoder(tokens_of(tokenizer, [negative_prompt, *prompts]))[0]


# encode_image, decode_latents -------------------------------------------------------------------------------------


def encode_with(shift=True, scaling="times", sample=True):
    """`encode_image` without the shift to [-1, 1], with another use of the scaling, or with the posterior's middle."""

    @torch.no_grad()
    def encode_image(vae, images, generator=None):
        posterior = vae.encode(2 * images - 1 if shift else images).latent_dist
        latents = posterior.sample(generator) if sample else posterior.mode()
        factor = vae.config.scaling_factor
        return {"times": latents * factor, "none": latents, "over": latents / factor}[scaling]

    return encode_image


def decode_with(scaling="over", shift=True, clamp=True):
    """`decode_latents` with another use of the scaling, without the way back to [0, 1], or unclamped."""

    @torch.no_grad()
    def decode_latents(vae, latents):
        factor = vae.config.scaling_factor
        picture = vae.decode({"over": latents / factor, "none": latents, "times": latents * factor}[scaling]).sample
        picture = picture / 2 + 0.5 if shift else picture
        return picture.clamp(0, 1) if clamp else picture

    return decode_latents


# denoise_latents --------------------------------------------------------------------------------------------------


def combined(eps_uncond, eps_cond, scale):
    return eps_uncond + scale * (eps_cond - eps_uncond)


def loop_with(guide=combined, set_timesteps=True, first=True, inputs=True, clock=None, order=1, twice=False):
    """`denoise_latents` with another way to guide, an unset scheduler, unsized noise or inputs, or another clock."""

    @torch.no_grad()
    def denoise_latents(unet, scheduler, latents, text_embeddings, guidance_scale=7.5, num_inference_steps=25):
        if set_timesteps:
            scheduler.set_timesteps(num_inference_steps)
        latents = latents * scheduler.init_noise_sigma if first else latents
        for step, t in enumerate(scheduler.timesteps.tolist()[::order]):
            both = torch.cat([latents, latents])
            both = scheduler.scale_model_input(both, t) if inputs else both
            asked = t if clock is None else clock(step, scheduler)
            halves = unet(both, asked, encoder_hidden_states=text_embeddings).sample.chunk(2)
            eps = guide(*halves, guidance_scale)
            latents = scheduler.step(eps, t, latents).prev_sample
            if twice:
                latents = scheduler.step(eps, t, latents).prev_sample
        return latents

    return denoise_latents


# generate, generate_low_memory ------------------------------------------------------------------------------------


def generate_with(noise=right.seeds_for, negative=True, scale=True):
    """`generate` from other noise, or deaf to one of its arguments."""

    @torch.no_grad()
    def generate(pipe, prompts, negative_prompt="", guidance_scale=7.5, num_inference_steps=25, seed=0):
        side = pipe.unet.config.sample_size
        embeddings = right.encode_prompt(
            pipe.tokenizer, pipe.text_encoder, prompts, negative_prompt if negative else ""
        )
        latents = noise(len(prompts), [pipe.unet.config.in_channels, side, side], seed)
        chosen = guidance_scale if scale else 7.5
        latents = right.denoise_latents(pipe.unet, pipe.scheduler, latents, embeddings, chosen, num_inference_steps)
        return right.decode_latents(pipe.vae, latents)

    return generate


def seed_repeated(pipe, prompts, negative_prompt="", guidance_scale=7.5, num_inference_steps=25, seed=0):
    options = (negative_prompt, guidance_scale, num_inference_steps, seed)
    return torch.cat([right.generate(pipe, [prompt], *options) for prompt in prompts])


MISCONCEPTIONS = (
    Misconception(
        id="lat-no-division",
        function="latent_shape",
        hint="Your latents are as large as the picture; what would then be gained?",
        wrong=not_smaller,
    ),
    Misconception(
        id="lat-rgb-channels",
        function="latent_shape",
        hint="Latents are no colours: the autoencoder chooses how many channels they have.",
        wrong=three_channels,
    ),
    Misconception(
        id="lat-channels-last",
        function="latent_shape",
        hint="Networks in torch keep the channels in front of the sides.",
        wrong=channels_last,
    ),
    Misconception(
        id="lat-factor-fixed",
        function="latent_shape",
        hint="Eight is one autoencoder's factor. The factor is handed to you.",
        wrong=always_eight,
    ),
    Misconception(
        id="lat-channels-fixed",
        function="latent_shape",
        hint="Four is one autoencoder's number of channels. It is handed to you.",
        wrong=always_four,
    ),
    Misconception(
        id="lat-batch-missing",
        function="latent_shape",
        hint="Count the axes of a batch of pictures.",
        wrong=no_batch,
    ),
    Misconception(
        id="comp-area-only",
        function="compression",
        hint="You compare areas. How many numbers stand behind a pixel, and how many behind a place in the latents?",
        wrong=sides_only,
    ),
    Misconception(
        id="comp-inverse",
        function="compression",
        hint="A compression of more than one should mean: smaller than before.",
        wrong=upside_down,
    ),
    Misconception(
        id="comp-48-constant",
        function="compression",
        hint="The lesson's number belongs to one factor and one number of channels.",
        wrong=always_48,
    ),
    Misconception(
        id="comp-one-channel",
        function="compression",
        hint="A colour picture has more than one number for each pixel.",
        wrong=one_colour,
    ),
    Misconception(
        id="img-no-shift",
        function="to_image",
        hint="Half of what the decoder says is below zero, and yours turns all of that black.",
        wrong=not_shifted,
    ),
    Misconception(
        id="img-minmax",
        function="to_image",
        hint="Stretching each picture to the full range makes pale pictures bright and hides what guidance did.",
        wrong=stretched,
    ),
    Misconception(
        id="img-channels-first",
        function="to_image",
        hint="Networks and picture files do not agree on where the colours stand.",
        wrong=colours_first,
    ),
    Misconception(
        id="img-truncates",
        function="to_image",
        hint="The step to bytes throws the fraction away; what should happen before it?",
        wrong=cut_off,
    ),
    Misconception(
        id="img-256",
        function="to_image",
        hint="How large is the largest byte?",
        wrong=times_256,
    ),
    Misconception(
        id="img-unit-range",
        function="to_image",
        hint="Yours is between 0 and 1. A picture file wants bytes.",
        wrong=unit_range,
    ),
    Misconception(
        id="img-wraps",
        function="to_image",
        hint="Bytes turn over: what is a little too bright comes out black in yours.",
        wrong=wraps_around,
    ),
    Misconception(
        id="enc-no-scaling",
        function="encode_scale",
        hint="The U-Net was trained on latents of unit spread. Are yours?",
        wrong=sample_unscaled,
    ),
    Misconception(
        id="enc-divides",
        function="encode_scale",
        hint="On the way into the U-Net, does the spread have to shrink or to grow?",
        wrong=sample_divided,
    ),
    Misconception(
        id="enc-mean-only",
        function="encode_scale",
        hint="The encoder answers with a distribution; yours always takes its middle.",
        wrong=middle_only,
    ),
    Misconception(
        id="enc-scales-mean-only",
        function="encode_scale",
        hint="First draw, then rescale the whole draw.",
        wrong=mean_scaled_only,
    ),
    Misconception(
        id="enc-constant",
        function="encode_scale",
        hint="That number is one model's. Each model's config has its own, and it is handed to you.",
        wrong=scale_of_sd,
    ),
    Misconception(
        id="dec-multiplies",
        function="decode_input",
        hint="What was done on the way in is to be undone on the way out.",
        wrong=latents_multiplied,
    ),
    Misconception(
        id="dec-forgets",
        function="decode_input",
        hint="The decoder never saw rescaled latents. Give it its own units.",
        wrong=latents_as_they_are,
    ),
    Misconception(
        id="dec-constant",
        function="decode_input",
        hint="That number is one model's. Each model's config has its own, and it is handed to you.",
        wrong=divided_by_sd,
    ),
    Misconception(
        id="slice-whole",
        function="sliced_attention",
        hint="The answer is right, but all rows were in memory at once. That is what slicing is to avoid.",
        wrong=all_at_once,
    ),
    Misconception(
        id="slice-last-missing",
        function="sliced_attention",
        hint="The rows need not divide evenly. What becomes of the rest?",
        wrong=rest_dropped,
    ),
    Misconception(
        id="slice-keys-fixed",
        function="sliced_attention",
        hint="Each row of queries has keys and values of its own.",
        wrong=first_keys,
    ),
    Misconception(
        id="slice-cuts-keys",
        function="sliced_attention",
        hint="Cut the keys, and each part's weights add up to one by themselves. Along which axis is it safe to cut?",
        wrong=positions_sliced,
    ),
    Misconception(
        id="slice-averaged",
        function="sliced_attention",
        hint="Every row of queries has an answer of its own; the slices are only put behind one another.",
        wrong=slices_averaged,
    ),
    Misconception(
        id="mib-bits",
        function="weight_mib",
        hint="The number in a type's name counts bits.",
        wrong=bits,
    ),
    Misconception(
        id="mib-mb",
        function="weight_mib",
        hint="A MiB is a power of two, not of ten.",
        wrong=megabytes,
    ),
    Misconception(
        id="mib-gib",
        function="weight_mib",
        hint="Your unit is one too large.",
        wrong=gibibytes,
    ),
    Misconception(
        id="mib-bf16-is-fp32",
        function="weight_mib",
        hint="bfloat16 has the range of float32. Does it have its size?",
        wrong=bfloat_is_wide,
    ),
    Misconception(
        id="mib-half-is-a-byte",
        function="weight_mib",
        hint="Half precision is half of what, and how many bytes is that?",
        wrong=half_is_a_byte,
    ),
    Misconception(
        id="swap-fresh",
        function="swap_to_ddim",
        hint="A scheduler made from nothing has its class's own schedule, not the one that the model was trained with.",
        wrong=swap_with(fresh=True),
    ),
    Misconception(
        id="swap-linear-betas",
        function="swap_to_ddim",
        hint="The shape of the beta curve is part of the training schedule too.",
        wrong=swap_with({"beta_schedule": "linear"}),
    ),
    Misconception(
        id="swap-train-steps-changed",
        function="swap_to_ddim",
        hint="The training schedule's length is fixed when sampling begins, and it is not always the usual one.",
        wrong=swap_with({"num_train_timesteps": 1000}),
    ),
    Misconception(
        id="swap-offset-lost",
        function="swap_to_ddim",
        hint="All your timesteps are off by the same small number: one setting got lost.",
        wrong=swap_with({"steps_offset": 0}),
    ),
    Misconception(
        id="swap-trailing",
        function="swap_to_ddim",
        hint="Timesteps can be spread in several ways, and the settings say in which.",
        wrong=swap_with({"timestep_spacing": "trailing"}),
    ),
    Misconception(
        id="swap-steps-ignored",
        function="swap_to_ddim",
        hint="How many steps there are is up to the caller.",
        wrong=swap_with(steps=50),
    ),
    Misconception(
        id="swap-ascending",
        function="swap_to_ddim",
        hint="Sampling goes from noise to clean.",
        wrong=swap_with(order=-1),
    ),
    Misconception(
        id="swap-betas-returned",
        function="swap_to_ddim",
        hint="You return how much noise one step adds. Asked for is how much signal is left after all of them.",
        wrong=swap_with(table="betas"),
    ),
    Misconception(
        id="swap-alphas-returned",
        function="swap_to_ddim",
        hint="The bar stands for: all steps so far.",
        wrong=swap_with(table="alphas"),
    ),
    Misconception(
        id="swap-one-row-early",
        function="swap_to_ddim",
        hint="The table is read at the visited timesteps themselves.",
        wrong=swap_with(early=1),
    ),
    Misconception(
        id="seeds-all-equal",
        function="seeds_for",
        hint="All pictures of your batch will look alike.",
        wrong=same_for_all,
    ),
    Misconception(
        id="seeds-one-generator",
        function="seeds_for",
        hint="A picture should not change when another one joins its batch.",
        wrong=one_for_the_batch,
    ),
    Misconception(
        id="seeds-unseeded",
        function="seeds_for",
        hint="Two runs with one seed should agree.",
        wrong=unseeded,
    ),
    Misconception(
        id="seeds-uniform",
        function="seeds_for",
        hint="The noise that a model knows is bell-shaped and as often below zero as above.",
        wrong=uniform,
    ),
    Misconception(
        id="seeds-global",
        function="seeds_for",
        hint="Seeding the generator that everybody shares changes everybody's random numbers.",
        wrong=global_generator,
    ),
    Misconception(
        id="prompt-first",
        function="encode_prompt",
        hint="Whoever takes the two halves apart later expects the one without the prompt first.",
        wrong=prompts_first,
    ),
    Misconception(
        id="prompt-zeros",
        function="encode_prompt",
        hint="Without a prompt is a text as well: the text encoder's word for nothing is not zero.",
        wrong=silence_is_zero,
    ),
    Misconception(
        id="prompt-negative-ignored",
        function="encode_prompt",
        hint="Guidance pushes away from the unconditional half. What should stand there if something is to be avoided?",
        wrong=negative_ignored,
    ),
    Misconception(
        id="prompt-longest",
        function="encode_prompt",
        hint="The model was trained with padding up to the full length and looks at the padding too.",
        wrong=padded_to_longest,
    ),
    Misconception(
        id="prompt-pooled",
        function="encode_prompt",
        hint="Cross-attention looks at every word. One vector for the whole prompt is too little.",
        wrong=one_vector,
    ),
    Misconception(
        id="prompt-no-uncond",
        function="encode_prompt",
        hint="Guidance asks the model twice. What stands for the other question?",
        wrong=prompts_only,
    ),
    Misconception(
        id="prompt-one-uncond",
        function="encode_prompt",
        hint="Each picture has a row of its own in either half.",
        wrong=one_silence,
    ),
    Misconception(
        id="encode-range",
        function="encode_image",
        hint="The encoder was trained on pictures around zero. Where are yours?",
        wrong=encode_with(shift=False),
    ),
    Misconception(
        id="encode-no-scaling",
        function="encode_image",
        hint="The spread of your latents is several times what the U-Net was trained on.",
        wrong=encode_with(scaling="none"),
    ),
    Misconception(
        id="encode-divides",
        function="encode_image",
        hint="On the way into the U-Net, does the spread have to shrink or to grow?",
        wrong=encode_with(scaling="over"),
    ),
    Misconception(
        id="encode-mode",
        function="encode_image",
        hint="The encoder answers with a distribution; yours always takes its middle.",
        wrong=encode_with(sample=False),
    ),
    Misconception(
        id="decode-no-scaling",
        function="decode_latents",
        hint="The decoder never saw rescaled latents. Give it its own units.",
        wrong=decode_with(scaling="none"),
    ),
    Misconception(
        id="decode-multiplies",
        function="decode_latents",
        hint="What was done on the way in is to be undone on the way out.",
        wrong=decode_with(scaling="times"),
    ),
    Misconception(
        id="decode-no-shift",
        function="decode_latents",
        hint="Half of what the decoder says is below zero, and yours turns all of that black.",
        wrong=decode_with(shift=False),
    ),
    Misconception(
        id="decode-no-clamp",
        function="decode_latents",
        hint="A decoder may overshoot; a picture has a darkest and a brightest value.",
        wrong=decode_with(clamp=False),
    ),
    Misconception(
        id="loop-halves",
        function="denoise_latents",
        hint="At scale 1 the prompted guess itself should come out. Which half of the U-Net's answer is it?",
        wrong=loop_with(lambda uncond, cond, scale: combined(cond, uncond, scale)),
    ),
    Misconception(
        id="loop-from-cond",
        function="denoise_latents",
        hint="Where does the push start? At scale 1 nothing goes beyond the prompted guess.",
        wrong=loop_with(lambda uncond, cond, scale: cond + scale * (cond - uncond)),
    ),
    Misconception(
        id="loop-away",
        function="denoise_latents",
        hint="You push away from the prompt.",
        wrong=loop_with(lambda uncond, cond, scale: combined(uncond, cond, -scale)),
    ),
    Misconception(
        id="loop-no-guidance",
        function="denoise_latents",
        hint="The guidance scale makes no difference in yours: only the prompted guess is used.",
        wrong=loop_with(lambda uncond, cond, scale: cond),
    ),
    Misconception(
        id="loop-no-prompt",
        function="denoise_latents",
        hint="The prompt makes no difference in yours: only the unconditional guess is used.",
        wrong=loop_with(lambda uncond, cond, scale: uncond),
    ),
    Misconception(
        id="loop-unset",
        function="denoise_latents",
        hint="A scheduler may still be set to somebody else's number of steps. Who tells it yours?",
        wrong=loop_with(set_timesteps=False),
    ),
    Misconception(
        id="loop-first-noise",
        function="denoise_latents",
        hint="Schedulers do not all start at unit spread. The scheduler knows how large the first noise should be.",
        wrong=loop_with(first=False),
    ),
    Misconception(
        id="loop-inputs",
        function="denoise_latents",
        hint="The U-Net knows inputs of unit spread. Some schedulers keep larger ones and can resize them for it.",
        wrong=loop_with(inputs=False),
    ),
    Misconception(
        id="loop-index",
        function="denoise_latents",
        hint="Number 0 of the loop is not timestep 0: the first step is the noisiest.",
        wrong=loop_with(clock=lambda step, scheduler: step),
    ),
    Misconception(
        id="loop-still",
        function="denoise_latents",
        hint="The U-Net is told the same time in every step; latents get cleaner meanwhile.",
        wrong=loop_with(clock=lambda step, scheduler: scheduler.timesteps[0]),
    ),
    Misconception(
        id="loop-backwards",
        function="denoise_latents",
        hint="Sampling goes from noise to clean.",
        wrong=loop_with(order=-1),
    ),
    Misconception(
        id="loop-twice",
        function="denoise_latents",
        hint="Each guess of the noise is good for one step. Yours takes two with it.",
        wrong=loop_with(twice=True),
    ),
    Misconception(
        id="gen-one-generator",
        function="generate",
        hint="A picture should not change when another one joins its batch.",
        wrong=generate_with(noise=one_for_the_batch),
    ),
    Misconception(
        id="gen-same-seed",
        function="generate",
        hint="All pictures of your batch start from the same noise.",
        wrong=generate_with(noise=same_for_all),
    ),
    Misconception(
        id="gen-uniform",
        function="generate",
        hint="The noise that a model knows is bell-shaped and as often below zero as above.",
        wrong=generate_with(noise=uniform),
    ),
    Misconception(
        id="gen-negative-ignored",
        function="generate",
        hint="What is to be avoided never reaches the model.",
        wrong=generate_with(negative=False),
    ),
    Misconception(
        id="gen-scale-ignored",
        function="generate",
        hint="The guidance scale that the caller chose makes no difference.",
        wrong=generate_with(scale=False),
    ),
    Misconception(
        id="memory-same-seed",
        function="generate_low_memory",
        hint="One at a time must not mean: each from the same noise. Picture i has its own seed.",
        wrong=seed_repeated,
    ),
)
