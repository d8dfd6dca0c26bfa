"""Nested lists and plain floats from end to end; a tensor is opened with tolist() and never made again."""
import math
import random


def _zip_with(f, *trees):
    """f at every number of equally nested lists"""
    if isinstance(trees[0], list):
        return [_zip_with(f, *branches) for branches in zip(*trees)]
    return f(*trees)


def _numbers(tree):
    if isinstance(tree, list):
        for branch in tree:
            yield from _numbers(branch)
    else:
        yield tree


def _plain(values):
    return values if isinstance(values, list) else values.tolist()


def _kept(betas):
    share, table = 1.0, []
    for beta in betas:
        share *= 1 - beta
        table.append(share)
    return table


def strided_timesteps(T, n):
    stops = []
    for i in range(n):
        stops.append(int(math.floor((T - 1) * (1 - i / (n - 1)) + 0.5)))
    return stops


def start_noise(shape, seed):
    dice = random.Random(seed)

    def grow(rest):
        return [grow(rest[1:]) for _ in range(rest[0])] if rest else dice.gauss(0, 1)

    return grow(list(shape))


def ddpm_sample(model, x_T, betas, noises):
    x, betas, noises = _plain(x_T), _plain(betas), _plain(noises)
    kept = _kept(betas)
    for t in range(len(betas) - 1, -1, -1):
        eps = _plain(model(x, [t] * len(x)))
        push, scale = betas[t] / math.sqrt(1 - kept[t]), 1 / math.sqrt(1 - betas[t])
        before = kept[t - 1] if t > 0 else 1.0
        sigma = math.sqrt(betas[t] * (1 - before) / (1 - kept[t]))
        x = _zip_with(lambda v, e, z: scale * (v - push * e) + sigma * z, x, eps, noises[t])
    return x


def ddim_sample(model, x_T, alpha_bar, timesteps):
    x, table = _plain(x_T), _plain(alpha_bar)
    for i, t in enumerate(timesteps):
        a = table[t]
        b = table[timesteps[i + 1]] if i + 1 < len(timesteps) else 1.0
        eps = _plain(model(x, [t] * len(x)))
        x = _zip_with(
            lambda v, e: math.sqrt(b) * (v - math.sqrt(1 - a) * e) / math.sqrt(a) + math.sqrt(1 - b) * e, x, eps
        )
    return x


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    full = ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, T))
    errors = []
    for n in counts:
        few = ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n))
        apart = list(_numbers(_zip_with(lambda u, v: abs(u - v), few, full)))
        errors.append(sum(apart) / len(apart))
    return errors
