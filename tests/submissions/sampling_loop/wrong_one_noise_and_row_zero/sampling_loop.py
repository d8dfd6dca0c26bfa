"""One fresh noise for the whole road; the short road ends at row 0; the caller's list gets a -1."""
import torch


def strided_timesteps(T, n):
    return [round((T - 1) * (n - 1 - i) / (n - 1)) for i in range(n)]


def start_noise(shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def ddpm_sample(model, x_T, betas, noises):
    x, bars = x_T, torch.cumprod(1 - betas, 0)
    for t in reversed(range(len(betas))):
        eps = model(x, torch.full((len(x),), t))
        x = (x - betas[t] / (1 - bars[t]).sqrt() * eps) / (1 - betas[t]).sqrt()
        if t > 0:
            x = x + (betas[t] * (1 - bars[t - 1]) / (1 - bars[t])).sqrt() * noises[0]
    return x


def ddim_sample(model, x_T, alpha_bar, timesteps):
    x = x_T
    timesteps.append(0)
    for t, t_prev in zip(timesteps, timesteps[1:]):
        a, p = alpha_bar[t], alpha_bar[t_prev]
        eps = model(x, torch.full((len(x),), t))
        x = p.sqrt() * (x - (1 - a).sqrt() * eps) / a.sqrt() + (1 - p).sqrt() * eps
    return x


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    full = ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, T))
    few = (ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n)) for n in counts)
    return [float((x - full).abs().mean()) for x in few]
