import itertools as it
from functools import partial, reduce

import numpy as np


def _stops(T, n):
    return [round(float(v)) for v in np.linspace(T - 1, 0, n)]


def _prefix_products(factors):
    return list(it.accumulate(factors, lambda a, b: a * b))


def sample_default(model, x_T, alpha_bar, num_inference_steps=25):
    stops = _stops(len(alpha_bar), num_inference_steps)

    def hop(x, pair):
        t, s = pair
        eps = model(x, t)  # one whole number for the whole batch
        a, b = float(alpha_bar[t]), 1.0 if s is None else float(alpha_bar[s])
        return (b / a) ** 0.5 * (x - (1 - a) ** 0.5 * eps) + (1 - b) ** 0.5 * eps

    return reduce(hop, it.zip_longest(stops, stops[1:]), x_T)


guided = lambda eps_uncond, eps_cond, guidance_scale=7: eps_cond + (guidance_scale - 1) * (eps_cond - eps_uncond)


def sampling_table(train_betas, num_steps):
    kept = _prefix_products(1 - b for b in train_betas)
    stops = _stops(len(kept), num_steps)
    return {"timesteps": stops, "alpha_bar": [kept[t] for t in stops]}.values() and [stops, [kept[t] for t in stops]]


def generate_all(render, seeds, budget_mib, cost_mib_fp32):
    half = partial(render, dtype="float16")
    at_once = next((k for k in range(len(seeds), 1, -1) if k * cost_mib_fp32 / 2 <= budget_mib), 1)

    def rest(todo):
        return [*half(todo[:at_once]), *rest(todo[at_once:])] if todo else []

    return rest(tuple(seeds))
