from collections import deque
from itertools import chain, pairwise

import torch


def ddpm_step(x_t, t, eps, betas, noise):
    abar = (1 - betas).cumprod(0)
    mean = (x_t - betas[t] / (1 - abar[t]) ** 0.5 * eps) / (1 - betas[t]) ** 0.5
    if not t:
        return mean
    std = (betas[t] * (1 - abar[t - 1]) / (1 - abar[t])) ** 0.5
    return torch.addcmul(mean, std.expand_as(noise), noise)


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a, b = alpha_bar[t], alpha_bar[t_prev] if t_prev >= 0 else alpha_bar.new_ones(())
    x0 = (x_t - (1 - a).sqrt() * eps).div_(a.sqrt())
    return torch.lerp(torch.zeros_like(x0), x0, b.sqrt()).add_((1 - b).sqrt() * eps)


def _last(states):
    (final,) = deque(states, maxlen=1)
    return final


def _ddpm_progressive(model, x, betas, noises):
    indices = list(range(betas.numel()))[::-1]
    for i in indices:
        with torch.no_grad():
            out = ddpm_step(x, i, eps=model(x, torch.tensor([i] * x.shape[0])), betas=betas, noise=noises[i])
        yield {"sample": out, "t": i}
        x = out


def _ddim_progressive(model, x, alpha_bar, timesteps):
    for now, then in pairwise(chain(timesteps, [-1])):
        batch_t = torch.empty(x.size(0), dtype=torch.long).fill_(now)
        x = ddim_step(x, now, then, model(x, batch_t), alpha_bar)
        yield x


def strided_timesteps(T, n):
    # whole numbers only: (2 a + b) // (2 b) is a / b to the nearest
    return [(2 * (T - 1) * (n - 1 - i) + (n - 1)) // (2 * (n - 1)) for i in range(n)]


def start_noise(shape, seed):
    state = torch.get_rng_state()
    try:
        torch.manual_seed(seed)
        return torch.empty(shape).normal_()
    finally:
        torch.set_rng_state(state)


def ddpm_sample(model, x_T, betas, noises):
    return _last(_ddpm_progressive(model, x_T, betas, noises))["sample"]


def ddim_sample(model, x_T, alpha_bar, timesteps):
    return _last(_ddim_progressive(model, x_T, alpha_bar, timesteps))


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = alpha_bar.shape[0]
    full = ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, T))
    for n in (errors := {n: None for n in counts}):
        errors[n] = torch.mean(torch.abs(ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n)) - full))
    return list(errors.values())
