"""Pure functions in the manner of jax: a carry, a scan, keys instead of state. numpy inside, x64 throughout."""
import functools

import numpy as np


def scan(step, carry, xs):
    return functools.reduce(step, xs, carry)


def strided_timesteps(T, n):
    stride = (T - 1) / (n - 1)
    return np.floor(T - 1 - stride * np.arange(n) + 0.5).astype(np.int32)


def start_noise(shape, seed):
    key = np.random.Generator(np.random.Philox(key=seed))
    return key.normal(size=tuple(shape)).astype(np.float32)


def _ask(model, x, t):
    eps = model(np.ascontiguousarray(x), np.repeat(np.int64(t), x.shape[0]))
    return np.asarray(eps, dtype=np.float64)


def ddpm_sample(model, x_T, betas, noises):
    betas = np.asarray(betas, dtype=np.float64)
    abar = np.cumprod(1 - betas)
    abar_prev = np.r_[1.0, abar[:-1]]
    scale = 1 / np.sqrt(1 - betas)
    sigma = np.sqrt(betas * (1 - abar_prev) / (1 - abar))  # sigma[0] is 0 all by itself

    def step(x, t):
        eps = _ask(model, x, t)
        return scale[t] * (x - betas[t] / np.sqrt(1 - abar[t]) * eps) + sigma[t] * np.asarray(noises[t])

    return scan(step, np.asarray(x_T, dtype=np.float64), range(len(betas))[::-1])


def ddim_sample(model, x_T, alpha_bar, timesteps):
    abar = np.append(np.asarray(alpha_bar, dtype=np.float64), 1.0)  # row -1 is the clean end, on purpose

    def hop(x, pair):
        t, s = pair
        eps = _ask(model, x, t)
        ratio = np.sqrt(abar[s] / abar[t])
        return ratio * x + (np.sqrt(1 - abar[s]) - ratio * np.sqrt(1 - abar[t])) * eps

    stops = [int(t) for t in timesteps]
    return scan(hop, np.asarray(x_T, dtype=np.float64), zip(stops, stops[1:] + [-1]))


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    run = functools.lru_cache(maxsize=None)(lambda n: ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n)))
    return np.array([np.abs(run(n) - run(T)).mean() for n in counts])
