"""The hidden suite of `latent_diffusion`. 100 points, of which 4 count only where there is a GPU.

66 points by value; 34 over diffusers' own objects, which are made in the student's process (`lent`) and handed over.
Their oracle is StableDiffusionPipeline with the same model, noise and settings, run here (`ours`).
"""

import json
import math

import numpy as np
import pytest
import torch

from autograder.errors import ModelMisuse
from autograder.suite import CallLog, as_array, assert_matches, assert_pure, check, require
from reference.capstone import pictures

TRAINED = {"clip_sample": False, "set_alpha_to_one": False, "skip_prk_steps": True, "steps_offset": 1}
FUSED = ("AttnProcessor2_0", "FusedAttnProcessor2_0", "XFormersAttnProcessor")  # never hold the table of attention
LATENT, PICTURE = 1e-3, 5e-4  # absolute tolerances: a batch against single pictures differs by 1e-5


def draw(rng, *shape):
    """Normal values, float32 as in a network."""
    return torch.tensor(rng.normal(size=shape), dtype=torch.float32)


def draw_sizes(rng):
    """batch, height, width, all different; never the lesson's 512 x 512."""
    height = int(rng.integers(5, 12)) * 64
    return int(rng.integers(5, 9)), height, height + int(rng.integers(1, 5)) * 64


def draw_levels(rng):
    """Decoder outputs and the bytes they stand for: half a level off at most, some out of range."""
    levels = rng.integers(-40, 296, (2, 3, 6, 5))
    levels[0, :, 0, 0], levels[1, :, 1, 1] = (-40, 290, 7), (200, 3, 100)
    x = (levels + rng.uniform(-0.4, 0.4, levels.shape)) / 127.5 - 1
    return torch.tensor(x, dtype=torch.float32), np.moveaxis(levels.clip(0, 255), 1, -1)


def draw_posterior(rng):
    """mean, std, noise, scaling."""
    std = torch.tensor(rng.uniform(0.1, 1, (2, 4, 3, 5)), dtype=torch.float32)
    return draw(rng, 2, 4, 3, 5), std, draw(rng, 2, 4, 3, 5), float(rng.uniform(0.1, 0.16))


def draw_settings(rng):
    """The settings of a scheduler, as its config.json has them, and a number of steps."""
    settings = TRAINED | {
        "_class_name": "PNDMScheduler",
        "num_train_timesteps": int(rng.choice([400, 600, 800])),
        "beta_start": round(float(rng.uniform(5e-4, 2e-3)), 5),
        "beta_end": round(float(rng.uniform(0.01, 0.03)), 4),
        "beta_schedule": "scaled_linear",
    }
    return json.dumps(settings), int(rng.choice([16, 20, 25, 40]))


def draw_prompts(rng, count):
    """Different prompts of the course's little world."""
    shapes, colours = rng.permutation(pictures.SHAPES), rng.permutation(list(pictures.PALETTE))
    return [f"a {colours[i]} {shapes[i % 4]}" for i in range(count)]


def size_of(pipe):
    """channels, side: of a picture's latents."""
    return pipe.unet.config.in_channels, pipe.unet.config.sample_size


def pipeline_says(pipe, prompts, latents, **options):
    """What diffusers' own pipeline makes of this noise."""
    return pipe(prompts, latents=latents, output_type="pt", **options).images


def denoised(pipe, latents, embeddings, scale, steps):
    """What diffusers' own loop makes of this noise, still as latents. embeddings: the unconditional half first."""
    without, prompted = embeddings.chunk(2)
    options = {"guidance_scale": scale, "num_inference_steps": steps, "output_type": "latent"}
    return pipe(latents=latents, prompt_embeds=prompted, negative_prompt_embeds=without, **options).images


def embedded(pipe, prompts, negative_prompt=""):
    """The embeddings that diffusers' own pipeline would use, the unconditional half first."""
    prompted, without = pipe.encode_prompt(prompts, "cpu", 1, True, negative_prompt=[negative_prompt] * len(prompts))
    return torch.cat([without, prompted])


class Linear:
    """A U-Net whose answer can be followed by hand: part of x, and what the embedding of each row adds."""

    def __init__(self, share):
        self.share = share
        self.log = CallLog(self.answer, timesteps=1000)

    def answer(self, x, t, embeddings):
        rows = embeddings.mean(dim=(1, 2)).reshape(-1, 1, 1, 1)
        return self.share * x + rows * (1 + t.reshape(-1, 1, 1, 1) / 1000)

    def __call__(self, x, t, embeddings):
        """Asked from inside a student's loop."""
        if not isinstance(embeddings, torch.Tensor) or embeddings.ndim != 3 or len(embeddings) != len(x):
            raise ModelMisuse("the U-Net needs encoder_hidden_states of shape (rows of x, L, D)")
        return self.log(x, t, embeddings)


def draw_loop(rng, ours, steps, kind="DDIMScheduler"):
    """A stand-in, and noise, embeddings, scale for it; and what the U-Net is asked and gives in diffusers' own loop."""
    share, noise, embeddings = float(rng.uniform(0.3, 0.6)), draw(rng, 3, 4, 8, 8), draw(rng, 6, 5, 16)
    scale = round(float(rng.uniform(2.5, 9)), 2)
    right, pipe = Linear(share), ours.pipeline(kind)
    pipe.unet = ours.stand_in(right)
    expected = denoised(pipe, noise, embeddings, scale, steps)
    return Linear(share), (noise, embeddings, scale, steps), right.log, expected


def told(images, prompts):
    """What the trusted grader of pictures sees, in words."""
    seen = [pictures.look(image) for image in images]
    words = [f"{s.scene.colour} {s.scene.shape}" if s.clean else "nothing clean" for s in seen]
    return ", ".join(f"{word} for {prompt!r}" for word, prompt in zip(words, prompts, strict=True))


# By value


@check("latent_shape", points=6)
def test_latent_shape(student, reference, rng):
    """latent_shape divides each side by the factor and gives latents their own number of channels"""
    batch, height, width = draw_sizes(rng)
    for case in [(batch, height, width), (batch, height, width, 4, 16), (batch, height, width, 16, 3)]:
        assert_matches(student.latent_shape(*case), reference.latent_shape(*case), name=f"latent_shape{case}")


@check("compression", points=6)
def test_compression(student, reference, rng):
    """compression counts all numbers of the picture against all numbers of the latents"""
    _, height, width = draw_sizes(rng)
    for case in [(height, width, 4, 16), (height, width, 16, 6), (height, width)]:
        assert_matches(student.compression(*case), reference.compression(*case), name=f"compression{case}")


@check("to_image", points=8)
def test_to_image(student, rng):
    """to_image turns what a decoder says into bytes: shifted, clipped, rounded, colours last"""
    x, levels = draw_levels(rng)
    image = as_array(student.to_image(x), name="image", shape=levels.shape)
    one_off = np.abs(image - levels).max() <= 1  # cut off instead of rounded
    assert_matches(image, levels, name="image", credit=0.5 if one_off else 0.0)


@check("encode_scale", points=5)
def test_encode_scale(student, reference, rng):
    """encode_scale draws from the encoder's posterior and brings the draw to the spread the U-Net knows"""
    case = draw_posterior(rng)
    assert_matches(student.encode_scale(*case), reference.encode_scale(*case), name="latents")


@check("decode_input", points=4)
def test_decode_input(student, reference, rng):
    """decode_input undoes the scaling before the decoder"""
    case = draw(rng, 2, 4, 3, 5), float(rng.uniform(0.1, 0.16))
    assert_matches(student.decode_input(*case), reference.decode_input(*case), name="decoder input")


@check("pure", points=2)
def test_pure(student, rng):
    """encode_scale, decode_input and to_image leave their inputs as they were"""
    cases = {
        "encode_scale": draw_posterior(rng),
        "decode_input": (draw(rng, 2, 4, 3, 5), 0.2),
        "to_image": (draw_levels(rng)[0],),
    }
    for function, case in cases.items():
        answer = student.call(function, *case)
        as_array(answer.value, name=f"the answer of {function}")
        assert_pure(answer)


@check("sliced_attention", points=10)
def test_sliced_attention(student, reference, rng):
    """sliced_attention gives the whole attention, asking for slice_size rows at most at a time"""
    q, k, v = draw(rng, 7, 4, 3), draw(rng, 7, 5, 3), draw(rng, 7, 5, 2)
    for size in (int(rng.choice([2, 3, 4])), 1, 9):  # the first is less than the 5 keys: another idea slices those
        rows = []

        def attend(q, k, v, rows=rows):
            if len(q) != len(k) or len(k) != len(v):
                raise ModelMisuse(f"attend got {len(q)} rows of q, {len(k)} of k and {len(v)} of v; it needs as many")
            rows.append(len(q))
            return torch.softmax(q @ k.mT / math.sqrt(q.shape[-1]), -1) @ v

        expected = reference.sliced_attention(q, k, v, size, attend)
        rows.clear()
        answer = student.sliced_attention(q, k, v, size, attend)
        assert_matches(answer, expected, name=f"attention in slices of {size}")
        unasked = "The right answer came without a call of attend; in the graded task attend does the work."
        require(rows, unasked, about="behaviour")
        at_once = f"attend was asked for {max(rows)} rows at once; slice_size is {size}."
        require(max(rows) <= size, at_once, about="behaviour")


@check("weight_mib", points=5)
def test_weight_mib(student, reference, rng):
    """weight_mib counts four bytes a float32, two a float16 or bfloat16, and MiB in powers of two"""
    params = int(rng.integers(10**6, 10**9))
    for dtype in ("float32", "float16", "bfloat16"):
        assert_matches(student.weight_mib(params, dtype), reference.weight_mib(params, dtype), name=f"MiB in {dtype}")


@check("swap.timesteps", points=7)
def test_swap_timesteps(student, reference, rng):
    """swap_to_ddim visits the timesteps that the other scheduler's settings ask for, from noise to clean"""
    case = draw_settings(rng)
    answer = student.swap_to_ddim(*case)
    require(isinstance(answer, list | tuple) and len(answer) == 2, "swap_to_ddim returns [timesteps, alpha_bar].")
    assert_matches(answer[0], reference.swap_to_ddim(*case)[0], name="timesteps")


@check("swap.alpha_bar", points=6)
def test_swap_alpha_bar(student, reference, rng):
    """swap_to_ddim keeps the noise schedule that the model was trained with"""
    case = draw_settings(rng)
    answer = student.swap_to_ddim(*case)
    require(isinstance(answer, list | tuple) and len(answer) == 2, "swap_to_ddim returns [timesteps, alpha_bar].")
    assert_matches(answer[1], reference.swap_to_ddim(*case)[1], name="alpha_bar")


@check("seeds_for", points=7)
def test_seeds_for(student, rng):
    """seeds_for draws each picture's noise from its own seed, so that a picture does not depend on its batch"""
    batch, shape, seed = int(rng.integers(3, 6)), [4, 16, 16], int(rng.integers(1, 10**6))
    answer = student.call("seeds_for", batch, shape, seed)
    noise = as_array(answer.value, name="noise", shape=(batch, *shape))
    require(not np.array_equal(noise[0], noise[1]), "All pictures of the batch start from the same noise.")
    again = as_array(student.seeds_for(batch, shape, seed), name="noise", shape=(batch, *shape))
    require(np.array_equal(noise, again), f"Two calls with seed {seed} drew different noise.")
    alone = as_array(student.seeds_for(1, shape, seed + 2), name="noise", shape=(1, *shape))
    message = f"Picture 2 of seed {seed} is another than picture 0 of seed {seed + 2}: it depends on its batch."
    require(np.array_equal(noise[2], alone[0]), message)
    spread, low = float(noise.std()), float(noise.min())
    require(abs(spread - 1) < 0.15 and low < -1.5, f"The noise has the spread {spread:.2f}; N(0, 1) is asked for.")
    assert_pure(answer, seeded=True)


# Over diffusers' own objects


@check("encode_prompt", points=4)
def test_encode_prompt(student, lent, ours, rng):
    """encode_prompt gives the unconditional rows first and pads or cuts every prompt to the tokenizer's length"""
    pipe, parts = ours.pipeline(), (lent.part("tokenizer"), lent.part("text_encoder"))
    one, other, third = draw_prompts(rng, 3)
    long = " and ".join([one, other] * 14)
    for prompts, negative in (([one, other, third], ()), ([other, long], (one,))):
        rows = student.encode_prompt(*parts, prompts, *negative)
        assert_matches(
            rows, embedded(pipe, prompts, *negative), name=f"embeddings of {len(prompts)} prompts", atol=1e-4
        )


@check("encode_image", points=3)
def test_encode_image(student, lent, ours, rng):
    """encode_image takes pictures in [0, 1] to latents of the spread the U-Net was trained on"""
    vae, seed = ours.part("vae"), int(rng.integers(1, 10**6))
    images = torch.tensor(rng.uniform(0, 1, (2, 3, 1, 1)), dtype=torch.float32) * torch.ones(1, 1, 32, 32)
    images[:, :, 8:20, 10:26] = torch.tensor(rng.uniform(0, 1, (2, 3, 1, 1)), dtype=torch.float32)
    latents = student.encode_image(lent.part("vae"), images, lent.generator(seed))
    with torch.no_grad():
        expected = vae.encode(2 * images - 1).latent_dist.sample(ours.generator(seed)) * vae.config.scaling_factor
    assert_matches(latents, expected, name="latents", atol=LATENT)


@check("decode_latents", points=3)
def test_decode_latents(student, lent, ours, rng):
    """decode_latents undoes the scaling, decodes, and brings the picture into [0, 1]"""
    pipe = ours.pipeline()
    noise = draw(rng, 2, size_of(pipe)[0], 4, 6)
    sizes = [noise * 2**k for k in range(7)]
    with torch.no_grad():
        raw = [pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample for latents in sizes]
    bright = max(range(7), key=lambda k: float(raw[k].abs().max()))  # where the decoder overshoots most
    for k in dict.fromkeys([0, bright]):
        expected = pipe.image_processor.postprocess(raw[k], output_type="pt")
        image = student.decode_latents(lent.part("vae"), sizes[k])
        assert_matches(image, expected, name="pictures", atol=PICTURE)


@check("denoise_latents.calls", points=3)
def test_denoise_latents_calls(student, lent, ours, rng):
    """denoise_latents asks the U-Net once a step, about both halves together, at the scheduler's timesteps"""
    steps = int(rng.integers(6, 10))
    linear, case, right, expected = draw_loop(rng, ours, steps)
    answer = student.call("denoise_latents", lent.stand_in(linear), lent.scheduler("DDIMScheduler"), *case)
    log = linear.log
    asked = f"The U-Net was asked {len(log)} times for {steps} steps; once a step is asked for."
    require(len(log) == steps, asked, about="behaviour")
    rows = [len(asked.args[0]) for asked in log.calls]
    halves = f"The U-Net got {rows[0]} rows for 3 pictures; one call holds both halves, 6 rows."
    require(set(rows) == {6}, halves, about="behaviour")
    times, wanted = ([given[0] for given in each.times] for each in (log, right))
    seen = {"expected": wanted, "observed": times, "about": "behaviour"}
    require(times == wanted, "The U-Net was not asked at the scheduler's timesteps.", **seen)
    assert_matches(log.calls[0].args[2], case[1], name="embeddings as the U-Net got them")
    for step in (0, 1, steps - 1):
        x, wanted = log.calls[step].args[0], right.calls[step].args[0]
        assert_matches(x, wanted, name=f"x as the U-Net got it in step {step + 1}", atol=LATENT)
    assert_matches(answer, expected, name="latents at the end", atol=LATENT)
    assert_pure(answer, generators=False)


@check("denoise_latents.guidance", points=3)
def test_denoise_latents_guidance(student, lent, ours, rng):
    """denoise_latents pushes from the unconditional guess towards the prompted one; 7.5 and 25 steps if left out"""
    linear, (noise, embeddings, scale, steps), _, expected = draw_loop(rng, ours, 5)
    scheduler = lent.scheduler("DDIMScheduler")
    unet = lent.stand_in(linear)
    options = {"guidance_scale": scale, "num_inference_steps": steps}
    guided = student.denoise_latents(unet, scheduler, noise, embeddings, **options)
    assert_matches(guided, expected, name=f"latents at scale {scale:g}", atol=LATENT)
    pipe = ours.pipeline()
    pipe.unet = ours.stand_in(linear)
    usual = student.denoise_latents(unet, scheduler, noise, embeddings)
    name = "latents with scale and steps left out"
    assert_matches(usual, denoised(pipe, noise, embeddings, 7.5, 25), name=name, atol=LATENT)


@check("denoise_latents.euler", points=2)
def test_denoise_latents_euler(student, lent, ours, rng):
    """denoise_latents lets the scheduler size the first noise and each input, which other schedulers than DDIM need"""
    linear, case, _, expected = draw_loop(rng, ours, 6, "EulerDiscreteScheduler")
    there = lent.scheduler("EulerDiscreteScheduler")
    answer = student.denoise_latents(lent.stand_in(linear), there, *case)
    assert_matches(answer, expected, name="latents with EulerDiscreteScheduler", atol=LATENT)


@check("denoise_latents.trained", points=3)
def test_denoise_latents_trained(student, lent, ours, rng):
    """denoise_latents with the trained model makes the latents that diffusers' own pipeline makes of the same noise"""
    pipe, unet = ours.pipeline(), lent.part("unet")
    channels, side = size_of(pipe)
    embeddings, noise = embedded(pipe, draw_prompts(rng, 2)), draw(rng, 2, channels, side, side)
    watch = lent.watch_unet(unet)
    latents = student.denoise_latents(unet, lent.scheduler("DDIMScheduler"), noise, embeddings, 7.5, 4)
    latents = as_array(latents, name="latents", shape=(2, channels, side, side))
    watched = ours.watch(pipe)
    expected = denoised(pipe, noise, embeddings, 7.5, 4)
    mine, right = [*lent.film(watch), torch.tensor(latents)], [*ours.film(watched), expected]
    if np.abs(latents - expected.numpy()).max() > LATENT and len(mine) == len(right):
        film = [decoded(pipe, frames) for frames in (mine, right)]
        assert_matches(*film, name="the film of the first picture, step by step,", atol=PICTURE)
    assert_matches(latents, expected, name="latents", atol=LATENT)


def decoded(pipe, frames):
    """The first picture of each of these batches of latents, decoded; at most six, for a film strip."""
    latents = torch.stack([frame[0].float() for frame in frames[-6:]])
    with torch.no_grad():
        raw = pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample
    return pipe.image_processor.postprocess(raw, output_type="pt")


@check("swap_scheduler", points=3)
def test_swap_scheduler(student, lent, ours, rng):
    """swap_scheduler gives the pipeline a scheduler of the asked kind that keeps the settings of training"""
    before, after = map(str, rng.permutation(sorted(ours.SCHEDULERS))[:2])
    right, there = ours.pipeline(before), lent.pipeline(before)
    right.scheduler = ours.scheduler_class(after).from_config(right.scheduler.config)
    answer = student.swap_scheduler(there, lent.scheduler_class(after))
    settings = lent.scheduler_settings(there)
    require(settings["class"] == after, f"The pipeline's scheduler is a {settings['class']} afterwards, not {after}.")
    require(answer is not None, "swap_scheduler returned nothing; return the pipeline.", credit=0.5)
    assert_matches(settings, ours.scheduler_settings(right), name="settings")


@check("generate.values", points=2)
def test_generate_values(student, lent, ours, rng):
    """generate makes the pictures of diffusers' own pipeline from the same noise; 7.5, 25 steps, seed 0 if left out"""
    pipe, prompts, seed = ours.pipeline(), draw_prompts(rng, 2), int(rng.integers(1, 10**6))
    noise = ours_noise(pipe, 2, seed)
    options = {"negative_prompt": draw_prompts(rng, 1)[0], "guidance_scale": round(float(rng.uniform(4, 9)), 1)}
    images = student.generate(lent.pipeline(), prompts, **options, num_inference_steps=6, seed=seed)
    options["negative_prompt"] = [options["negative_prompt"]] * 2
    expected = pipeline_says(pipe, prompts, noise, **options, num_inference_steps=6)
    as_array(images, name="pictures", shape=tuple(expected.shape))
    assert_matches(images, expected, name="pictures", atol=PICTURE)
    usual = student.generate(lent.pipeline(), prompts[:1])
    expected = pipeline_says(pipe, prompts[:1], ours_noise(pipe, 1, 0), num_inference_steps=25)
    assert_matches(usual, expected, name="the picture with all options left out", atol=PICTURE)


def ours_noise(pipe, batch, seed):
    """The start noise that the task asks for: picture i from a generator of its own at seed + i."""
    channels, side = size_of(pipe)
    generators = [torch.Generator().manual_seed(seed + i) for i in range(batch)]
    return torch.cat([torch.randn(1, channels, side, side, generator=generator) for generator in generators])


@check("generate.prompts", points=2)
def test_generate_prompts(student, lent, ours, rng):
    """generate's pictures show what their prompts ask for about as often as the pipeline's do"""
    pipe, prompts, seed = ours.pipeline(), draw_prompts(rng, 8), int(rng.integers(1, 10**6))
    shape = (8, 3, pictures.SIDE, pictures.SIDE)
    if size_of(pipe)[1] * pipe.vae_scale_factor != pictures.SIDE:
        pytest.skip("the grader of pictures knows the course's own model only")
    images = student.generate(lent.pipeline(), prompts, num_inference_steps=8, seed=seed)
    images = torch.tensor(as_array(images, name="pictures", shape=shape), dtype=torch.float32)
    expected = pipeline_says(pipe, prompts, ours_noise(pipe, 8, seed), num_inference_steps=8)
    right = [round(8 * pictures.score(some, prompts).right) for some in (images, expected)]
    message = f"Of 8 pictures {right[0]} show what their prompt asks for; the pipeline's: {right[1]}."
    require(right[0] >= right[1] - 1, message, expected=told(expected, prompts), observed=told(images, prompts))


@check("generate_low_memory.values", points=1)
def test_generate_low_memory_values(student, lent, ours, rng):
    """generate_low_memory makes the same pictures as the pipeline"""
    pipe, prompts, seed = ours.pipeline(), draw_prompts(rng, 2), int(rng.integers(1, 10**6))
    images = student.generate_low_memory(lent.pipeline(), prompts, num_inference_steps=3, seed=seed)
    expected = pipeline_says(pipe, prompts, ours_noise(pipe, 2, seed), num_inference_steps=3)
    assert_matches(images, expected, name="pictures", atol=PICTURE)


@check("generate_low_memory.calls", points=1)
def test_generate_low_memory_calls(student, lent, rng):
    """generate_low_memory never has more than one picture in work, nor a whole table of attention"""
    there = lent.pipeline()
    watch = lent.watch(there)
    student.generate_low_memory(there, draw_prompts(rng, 3), num_inference_steps=2)
    habits = lent.habits(watch)
    rows, pictures = habits["unet"], habits["vae"]
    require(rows > 0, "The pipeline's U-Net was never asked.", about="behaviour")
    require(rows <= 2, f"The U-Net had {rows} rows at once; one picture needs 2.", about="behaviour")
    many = f"The decoder had {pictures} pictures at once; one at a time is asked for."
    require(pictures <= 1, many, about="behaviour")
    whole = [way for way in habits["attention"] if not way.startswith("Sliced") and way not in FUSED]
    says = f"Attention was done with its whole table ({', '.join(whole)}): take slices, or leave the fused way alone."
    require(not whole, says, about="behaviour")


# With a GPU: skipped, and out of the maximum, where there is none


@check("cuda.half", points=2, needs="cuda", timeout=60)
def test_cuda_half(student, lent, ours, rng):
    """generate on the GPU in half precision makes nearly the pictures that float32 makes"""
    pipe, prompts, seed = ours.pipeline(), draw_prompts(rng, 2), int(rng.integers(1, 10**6))
    images = student.generate(lent.pipeline("DDIMScheduler", "cuda", "float16"), prompts, seed=seed)
    expected = pipeline_says(pipe, prompts, ours_noise(pipe, 2, seed), num_inference_steps=25).numpy()
    distance = np.abs(as_array(images, name="pictures", shape=expected.shape) - expected).mean()
    require(distance < 0.03, f"The pictures in float16 on the GPU are {distance:.3f} away from those in float32.")


@check("cuda.memory", points=2, needs="cuda", timeout=60)
def test_cuda_memory(student, lent, rng):
    """generate_low_memory needs no more memory of the GPU at its peak than generate"""
    peaks = []
    for function in ("generate", "generate_low_memory"):
        pipe, prompts = lent.pipeline("DDIMScheduler", "cuda", "float16"), draw_prompts(rng, 4)
        lent.peak_mib("cuda")
        as_array(student.call(function, pipe, prompts, num_inference_steps=2).value, name="pictures")
        peaks.append(lent.peak_mib("cuda"))
    require(peaks[1] <= peaks[0], f"At its peak generate took {peaks[0]:.0f} MiB, generate_low_memory {peaks[1]:.0f}.")
