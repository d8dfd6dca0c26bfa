import torch


def _rows(values, x):
    return values.reshape(-1, *[1] * (x.ndim - 1))


def predict_x0(x_t, t, eps, alpha_bar):
    a = _rows(alpha_bar[t], x_t)
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


def predict_eps(x_t, t, x0, alpha_bar):
    a = _rows(alpha_bar[t], x_t)
    return (x_t - a.sqrt() * x0) / (1 - a).sqrt()


def posterior(x0, x_t, t, betas):
    bars = torch.cumprod(1 - betas, 0)
    before = torch.cat([torch.ones_like(bars[:1]), bars[:-1]])
    beta, a, p = betas[t], bars[t], before[t]
    mean = _rows(p.sqrt() * beta / (1 - a), x_t) * x0 + _rows((1 - beta).sqrt() * (1 - p) / (1 - a), x_t) * x_t
    return mean, beta * (1 - p) / (1 - a)


def ddpm_step(x_t, t, eps, betas, noise):
    bars = torch.cumprod(1 - betas, 0)
    mean = (x_t - betas[t] / (1 - bars[t]).sqrt() * eps) / (1 - betas[t]).sqrt()
    if t == 0:
        return mean.clamp(-1, 1)  # it is a picture now
    noise *= (betas[t] * (1 - bars[t - 1]) / (1 - bars[t])).sqrt()
    return mean + noise


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a = alpha_bar[t]
    x0 = (x_t - (1 - a).sqrt() * eps) / a.sqrt()
    if t_prev < 0:
        return x0.clamp(-1, 1)
    p = alpha_bar[t_prev]
    sigma = eta * ((1 - p) / (1 - a) * (1 - a / p)).sqrt()
    x = p.sqrt() * x0 + (1 - p - sigma**2).sqrt() * eps
    return x if noise is None else x + sigma * noise
