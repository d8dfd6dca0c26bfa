# One step back. Worked through the docstrings one by one.
import torch


def _expand(values, like):
    """(B,) -> (B, 1, 1, ...)"""
    return values.reshape((-1,) + (1,) * (like.dim() - 1))


def _schedule(betas):
    alpha_bar = torch.cumprod(1.0 - betas, dim=0)
    alpha_bar_prev = torch.ones_like(alpha_bar)
    alpha_bar_prev[1:] = alpha_bar[:-1]
    return alpha_bar, alpha_bar_prev


def predict_x0(x_t, t, eps, alpha_bar):
    ab = _expand(alpha_bar[t], x_t)
    return (x_t - torch.sqrt(1 - ab) * eps) / torch.sqrt(ab)


def predict_eps(x_t, t, x0, alpha_bar):
    ab = _expand(alpha_bar[t], x_t)
    return (x_t - torch.sqrt(ab) * x0) / torch.sqrt(1 - ab)


def posterior(x0, x_t, t, betas):
    alpha_bar, alpha_bar_prev = _schedule(betas)
    beta, ab, ab_prev = betas[t], alpha_bar[t], alpha_bar_prev[t]
    c0 = torch.sqrt(ab_prev) * beta / (1 - ab)
    ct = torch.sqrt(1 - beta) * (1 - ab_prev) / (1 - ab)
    return _expand(c0, x_t) * x0 + _expand(ct, x_t) * x_t, beta * (1 - ab_prev) / (1 - ab)


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
