import torch

# y = x / sqrt(a) = x0 + sigma * eps, sigma^2 = (1 - a) / a


def sigma_of(a):
    return ((1 - a) / a).sqrt()


def axes(v, x):
    return v.view(len(v), *(1 for _ in x.shape[1:]))


def predict_x0(x_t, t, eps, alpha_bar):
    a = axes(alpha_bar[t], x_t)
    return x_t / a.sqrt() - sigma_of(a) * eps


def predict_eps(x_t, t, x0, alpha_bar):
    a = axes(alpha_bar[t], x_t)
    return (x_t / a.sqrt() - x0) / sigma_of(a)


def posterior(x0, x_t, t, betas):
    """Two bell curves for x_{t-1}: one from x0, one from x_t. Precisions add up, means are weighted by them."""
    bar = torch.cumprod(1 - betas, 0)
    b, before = betas[t], torch.where(t > 0, bar[t - 1], torch.ones_like(bar[t]))
    clean = t == 0
    from_x0 = 1 / (1 - before).masked_fill(clean, 1.0)
    from_xt = (1 - b) / b
    variance = (1 / (from_x0 + from_xt)).masked_fill(clean, 0.0)
    mean = axes(variance * from_x0 * before.sqrt(), x_t) * x0 + axes(variance * from_xt / (1 - b).sqrt(), x_t) * x_t
    return torch.where(axes(clean, x_t), x0, mean), variance


def ddpm_step(x_t, t, eps, betas, noise):
    times = torch.full((x_t.shape[0],), t, dtype=torch.long)
    mean, variance = posterior(predict_x0(x_t, times, eps, torch.cumprod(1 - betas, 0)), x_t, times, betas)
    return mean + axes(variance, x_t).sqrt() * noise


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    now = alpha_bar[t]
    then = alpha_bar[t_prev] if t_prev > -1 else torch.ones_like(now)
    s, s_prev = sigma_of(now), sigma_of(then)
    up = eta * s_prev / s * (s**2 - s_prev**2).clamp_min(0).sqrt()
    down = (s_prev**2 - up**2).clamp_min(0).sqrt()
    y = x_t / now.sqrt() + (down - s) * eps
    if noise is not None and eta:
        y = y + up * noise
    return y * then.sqrt()
