"""Wrong ideas about the four common errors; the `*-as-shipped` ones are the programs that the starter holds."""

import numpy as np
import torch

from reference import clinic
from reference.misconceptions import Misconception


def evenly(T, n):
    """The steps that the reference visits."""
    return torch.linspace(T - 1, 0, n, dtype=torch.float64).round().long().tolist()


def sampler(default=30, steps=evenly, hop=None, told=None, exactly=None, twice=False, clean_end=True):
    """A sample_default with one thing changed: its default, steps, hops, the t told to the model, or its last level."""

    def sample_default(model, x_T, alpha_bar, num_inference_steps=default):
        n = exactly or num_inference_steps
        x, timesteps = x_T, steps(len(alpha_bar), n)
        for i, t in enumerate(timesteps):
            t_prev = hop(timesteps, i) if hop else (*timesteps, -1)[i + 1]
            asked = told(t, i, n) if told else t
            eps_hat = model(x, torch.full((len(x),), asked, dtype=torch.long))
            a, one = alpha_bar[t], torch.ones_like(alpha_bar[t])
            a_prev = alpha_bar[t_prev] if t_prev >= 0 or not clean_end else one
            for _ in range(2 if twice else 1):
                x = a_prev.sqrt() * (x - (1 - a).sqrt() * eps_hat) / a.sqrt() + (1 - a_prev).sqrt() * eps_hat
        return x

    return sample_default


def stops_at_row_0(timesteps, i):
    return (*timesteps, 0)[i + 1]


def one_row_down(timesteps, i):
    return timesteps[i] - 1


def upwards(T, n):
    return evenly(T, n)[::-1]


def own_numbers(T, n):
    return list(range(n - 1, -1, -1))


def by_stride(T, n):
    return [i * (T // n) for i in range(n)][::-1]


def counting_down(t, i, n):
    return n - 1 - i


def scale_1(eps_uncond, eps_cond, guidance_scale=1.0):
    return clinic.guided(eps_uncond, eps_cond, guidance_scale)


def scale_20(eps_uncond, eps_cond, guidance_scale=20.0):
    return clinic.guided(eps_uncond, eps_cond, guidance_scale)


def scale_decimal(eps_uncond, eps_cond, guidance_scale=0.75):
    return clinic.guided(eps_uncond, eps_cond, guidance_scale)


def pushed_away(eps_uncond, eps_cond, guidance_scale=7.5):
    return eps_cond + guidance_scale * (eps_uncond - eps_cond)


def from_prompted(eps_uncond, eps_cond, guidance_scale=7.5):
    return eps_cond + guidance_scale * (eps_cond - eps_uncond)


def clamped(eps_uncond, eps_cond, guidance_scale=7.5):
    return clinic.guided(eps_uncond, eps_cond, min(max(guidance_scale, 7), 8))


def never_weak(eps_uncond, eps_cond, guidance_scale=7.5):
    return clinic.guided(eps_uncond, eps_cond, max(guidance_scale, 7.5))


def deaf(eps_uncond, eps_cond, guidance_scale=7.5):
    return clinic.guided(eps_uncond, eps_cond, 7.5)


def table(rows):
    """A sampling_table from rows(betas, right timesteps, n) -> (timesteps, alpha_bar)."""

    def sampling_table(train_betas, num_steps):
        betas = np.asarray(train_betas)
        timesteps = np.linspace(len(betas) - 1, 0, num_steps).round().astype(int)
        return list(rows(betas, timesteps, num_steps))

    return sampling_table


def line(betas, n):
    return np.cumprod(1 - np.linspace(betas[0], betas[-1], n))


def rebuilt(betas, t, n):
    return np.arange(n)[::-1], line(betas, n)[::-1]


def rebuilt_at_right_steps(betas, t, n):
    return t, line(betas, n)[::-1]


def straight_line(betas, t, n):
    return t, line(betas, len(betas))[t]


def library_default(betas, t, n):
    return t, np.cumprod(1 - np.linspace(1e-4, 0.02, len(betas)))[t]


def some_betas_multiplied(betas, t, n):
    return t, np.cumprod(1 - betas[t][::-1])[::-1]


def no_product(betas, t, n):
    return t, (1 - betas)[t]


def one_row_early(betas, t, n):
    return t, np.r_[1, np.cumprod(1 - betas)][t]


def misses_the_start(betas, t, n):
    t = (np.arange(n) * (len(betas) // n))[::-1]
    return t, np.cumprod(1 - betas)[t]


def clean_first(betas, t, n):
    return t[::-1], np.cumprod(1 - betas)[t[::-1]]


def noise_share(betas, t, n):
    return t, 1 - np.cumprod(1 - betas)[t]


def generator(at_once, dtype="float16", arrange=list, lose_rest=False):
    """A generate_all that makes at_once(seeds, budget, cost) pictures a call."""

    def generate_all(render, seeds, budget_mib, cost_mib_fp32):
        n = at_once(seeds, budget_mib, cost_mib_fp32)
        stop = len(seeds) - len(seeds) % n if lose_rest else len(seeds)
        made = [picture for i in range(0, stop, n) for picture in render(seeds[i : i + n], dtype)]
        return arrange(made)

    return generate_all


def half(seeds, budget, cost):
    return max(1, int(budget // (cost / 2)))


def full(seeds, budget, cost):
    return max(1, int(budget // cost))


def sorts_seeds(render, seeds, budget_mib, cost_mib_fp32):
    seeds.sort()
    return clinic.generate_all(render, seeds, budget_mib, cost_mib_fp32)


def sorted_copy(render, seeds, budget_mib, cost_mib_fp32):
    return clinic.generate_all(render, sorted(seeds), budget_mib, cost_mib_fp32)


def keeps_last_chunk(render, seeds, budget_mib, cost_mib_fp32):
    n = half(seeds, budget_mib, cost_mib_fp32)
    for i in range(0, len(seeds), n):
        pictures = list(render(seeds[i : i + n], "float16"))
    return pictures


def nested(render, seeds, budget_mib, cost_mib_fp32):
    n = half(seeds, budget_mib, cost_mib_fp32)
    return [render(seeds[i : i + n], "float16") for i in range(0, len(seeds), n)]


SAMPLERS = (
    (
        "steps-as-shipped",
        sampler(default=3, hop=stops_at_row_0),
        "Look at both ends: how many steps if none are named, and where does the last hop land?",
    ),
    ("steps-default-3", sampler(default=3), "The denoising did not finish: how many steps does the default take?"),
    ("steps-default-10", sampler(default=10), "More than before, but the default is still below the good range."),
    ("steps-default-100", sampler(default=100), "Safe but slow: modern samplers get there with far fewer steps."),
    ("steps-hard-coded", sampler(exactly=30), "The number that the caller asks for is not used."),
    (
        "steps-last-row",
        sampler(clean_end=False),
        "Row -1 of a table is its last row in Python. Is that the clean end, or the opposite?",
    ),
    ("steps-one-row-down", sampler(hop=one_row_down), "In a short run, each hop crosses several training steps."),
    ("steps-ascending", sampler(steps=upwards), "Sampling goes from noise to picture. Which t is the noisiest?"),
    ("steps-own-numbers", sampler(steps=own_numbers), "A run of n steps still has to start at pure noise."),
    ("steps-by-stride", sampler(steps=by_stride), "The stride never reaches the noisiest step, where x_T belongs."),
    (
        "steps-subindex",
        sampler(told=counting_down),
        "The model was trained with the original numbers of the steps and knows no others.",
    ),
    ("steps-stepped-twice", sampler(twice=True), "One prediction, one hop: here each hop is made twice."),
)
GUIDES = (
    ("guidance-as-shipped", scale_1, "At this default the prompt is hardly heard."),
    ("guidance-fried", scale_20, "At this default the pictures look fried."),
    ("guidance-decimal", scale_decimal, "Look at the decimal point of the default again."),
    ("guidance-pushed-away", pushed_away, "The push points away from the prompt: where does the arrow start and end?"),
    ("guidance-from-prompted", from_prompted, "At scale 1 nothing extra should be added."),
    ("guidance-clamped", clamped, "A limit inside the function overrules what the caller asked for."),
    ("guidance-never-weak", never_weak, "Who asks for a weaker push does not get it: something overrules the caller."),
    ("guidance-deaf", deaf, "The scale that the caller names is not used."),
)
TABLES = (
    ("schedule-as-shipped", table(rebuilt), "A new schedule with fewer steps is not the one that the model learned."),
    (
        "schedule-rebuilt",
        table(rebuilt_at_right_steps),
        "Right steps, but their noise levels belong to another schedule.",
    ),
    (
        "schedule-straight-line",
        table(straight_line),
        "Only the two ends of the trained betas were used; what lies between?",
    ),
    ("schedule-library-default", table(library_default), "That is the usual schedule of others, not the trained one."),
    ("schedule-some-betas", table(some_betas_multiplied), "What happens to the noise of the steps that are left out?"),
    ("schedule-no-product", table(no_product), "The bar means all steps so far."),
    ("schedule-one-row-early", table(one_row_early), "The rows are read one place early: what does row 0 hold?"),
    ("schedule-misses-start", table(misses_the_start), "Sampling starts at pure noise: is that row in your table?"),
    ("schedule-clean-first", table(clean_first), "Which end of the schedule does sampling start from?"),
    ("schedule-noise-share", table(noise_share), "The table counts the signal that is left, not the noise."),
)
GENERATORS = (
    ("memory-as-shipped", generator(lambda s, b, c: len(s), dtype="float32"), "All at once in full precision."),
    ("memory-all-half", generator(lambda s, b, c: len(s)), "Half precision helps, but all at once is still too much."),
    ("memory-one-by-one", generator(lambda s, b, c: 1), "It fits, but more pictures would fit at a time."),
    ("memory-full-precision", generator(full, dtype="float32"), "Full precision halves the number that fits."),
    (
        "memory-full-count",
        generator(lambda s, b, c: int(b // c)),
        "The pictures are made in one precision and counted in another.",
    ),
    ("memory-rest-lost", generator(half, lose_rest=True), "Count the pictures: the last few are missing."),
    ("memory-last-chunk", keeps_last_chunk, "Only the pictures of the last call came back."),
    ("memory-nested", nested, "One list of pictures is asked for, not a list for each call."),
    ("memory-reversed", generator(half, arrange=lambda made: made[::-1]), "The pictures are not in the order asked."),
    ("memory-sorts", sorts_seeds, "The caller's list of seeds is not what it was before your call."),
    (
        "memory-sorted-copy",
        sorted_copy,
        "You sorted the seeds. In whose order are the pictures wanted?",
    ),
    ("memory-one-too-many", generator(lambda s, b, c: int(b // (c / 2)) + 1), "Round the other way."),
    (
        "memory-one-too-few",
        generator(lambda s, b, c: int(b // (c / 2)) - 1),
        "One picture fewer than fits: what happens when only a single one does?",
    ),
)

MISCONCEPTIONS = tuple(
    Misconception(id=id, function=function, hint=hint, wrong=wrong)
    for function, entries in (
        ("sample_default", SAMPLERS),
        ("guided", GUIDES),
        ("sampling_table", TABLES),
        ("generate_all", GENERATORS),
    )
    for id, wrong, hint in entries
)
