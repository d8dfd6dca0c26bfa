# From pure noise
import torch


# --- pasted from denoise_step -------------------------------------------------
def _schedule(betas):
    alpha_bar = torch.cumprod(1.0 - betas, dim=0)
    alpha_bar_prev = torch.ones_like(alpha_bar)
    alpha_bar_prev[1:] = alpha_bar[:-1]
    return alpha_bar, alpha_bar_prev


def ddpm_step(x_t, t, eps, betas, noise):
    alpha_bar, alpha_bar_prev = _schedule(betas)
    mean = (x_t - betas[t] / torch.sqrt(1 - alpha_bar[t]) * eps) / torch.sqrt(1 - betas[t])
    if t == 0:
        return mean
    sigma = torch.sqrt(betas[t] * (1 - alpha_bar_prev[t]) / (1 - alpha_bar[t]))
    return mean + sigma * noise


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    ab = alpha_bar[t]
    ab_prev = torch.ones_like(ab) if t_prev == -1 else alpha_bar[t_prev]
    x0 = (x_t - torch.sqrt(1 - ab) * eps) / torch.sqrt(ab)
    sigma = eta * torch.sqrt((1 - ab_prev) / (1 - ab)) * torch.sqrt(1 - ab / ab_prev)
    x_prev = torch.sqrt(ab_prev) * x0 + torch.sqrt(1 - ab_prev - sigma**2) * eps
    if noise is not None:
        x_prev = x_prev + sigma * noise
    return x_prev


# --- this week ----------------------------------------------------------------
def start_noise(shape, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    return torch.randn(tuple(shape), generator=generator)


def strided_timesteps(T, n):
    return [round((T - 1) * (n - 1 - i) / (n - 1)) for i in range(n)]


def ddpm_sample(model, x_T, betas, noises):
    x = x_T
    T = len(betas)
    for t in range(T - 1, -1, -1):
        t_batch = torch.full((x.shape[0],), t, dtype=torch.long)
        eps = model(x, t_batch)
        x = ddpm_step(x, t, eps, betas, noises[t])
    return x


def ddim_sample(model, x_T, alpha_bar, timesteps):
    x = x_T
    following = list(timesteps[1:]) + [-1]
    for t, t_prev in zip(timesteps, following):
        t_batch = torch.full((x.shape[0],), t, dtype=torch.long)
        x = ddim_step(x, t, t_prev, model(x, t_batch), alpha_bar)
    return x


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    full = ddim_sample(model, x_T, alpha_bar, list(range(T - 1, -1, -1)))
    errors = []
    for n in counts:
        few = ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n))
        errors.append((few - full).abs().mean().item())
    return errors
