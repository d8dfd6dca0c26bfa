import random

import torch


def strided_timesteps(T, n):
    return [round(t) for t in torch.linspace(T - 1, 0, n, dtype=torch.float64).tolist()]


def start_noise(shape, seed):
    draw, size = random.Random(seed), 1
    for length in shape:
        size *= length
    return torch.tensor([draw.gauss(0, 1) for _ in range(size)]).reshape(shape)


def ddpm_sample(model, x_T, betas, noises):
    bar = torch.cumprod(1 - betas, 0)

    def below(x, t):
        if t < 0:
            return x
        eps = model(x, torch.full((x.size(0),), t))
        mean = (x - betas[t] * eps / (1 - bar[t]).sqrt()) * (1 - betas[t]).rsqrt()
        spread = (betas[t] * (1 - bar[t - 1]) / (1 - bar[t])).sqrt() if t > 0 else 0
        return below(mean + spread * noises[t], t - 1)

    return below(x_T, len(betas) - 1)


def ddim_sample(model, x_T, alpha_bar, timesteps):
    """dy/dsigma = eps for y = x / sqrt(alpha_bar), sigma = noise over signal."""
    sigmas = [((1 - alpha_bar[t]) / alpha_bar[t]).sqrt() for t in timesteps]
    scales = [alpha_bar[t].sqrt() for t in timesteps]
    y = x_T / scales[0]
    for t, scale, now, then in zip(timesteps, scales, sigmas, sigmas[1:] + [0.0]):
        y = y + (then - now) * model(y * scale, torch.full((len(y),), t))
    return y


def steps_vs_error(model, x_T, alpha_bar, counts):
    T, runs = len(alpha_bar), {}
    for n in [*counts, T]:
        runs[n] = ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n))
    return tuple(torch.mean(torch.abs(runs[n] - runs[T])) for n in counts)
