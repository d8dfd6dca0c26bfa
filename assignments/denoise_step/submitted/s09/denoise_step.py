import torch as th


def bcast(v, x):
    for _ in range(x.ndim - 1):
        v = v[..., None]
    return v


def predict_x0(x_t, t, eps, alpha_bar):
    """Invert x_t = sqrt(a) x0 + sqrt(1-a) eps for x0."""
    a = bcast(alpha_bar[t], x_t)
    return a.rsqrt() * x_t - (1 / a - 1).sqrt() * eps


def predict_eps(x_t, t, x0, alpha_bar):
    """... and for eps."""
    a = bcast(alpha_bar[t], x_t)
    return (a.rsqrt() * x_t - x0) / (1 / a - 1).sqrt()


def bars(betas):
    a = th.cumprod(1 - betas, 0)
    return a, th.cat((a.new_ones(1), a[:-1]))


def posterior(x0, x_t, t, betas):
    a, q = bars(betas)
    m0 = q.sqrt() * betas / (1 - a)
    mt = (1 - betas).sqrt() * (1 - q) / (1 - a)
    v = betas * (1 - q) / (1 - a)
    return bcast(m0[t], x_t) * x0 + bcast(mt[t], x_t) * x_t, v[t]


def ddpm_step(x_t, t, eps, betas, noise):
    a, q = bars(betas)
    x0 = a[t].rsqrt() * x_t - (1 / a[t] - 1).sqrt() * eps
    m = (q[t].sqrt() * betas[t] * x0 + (1 - betas[t]).sqrt() * (1 - q[t]) * x_t) / (1 - a[t])
    s = (betas[t] * (1 - q[t]) / (1 - a[t])).sqrt()  # 0 at t = 0, because q[0] = 1
    return m + s * noise


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a, q = alpha_bar[t], (alpha_bar[t_prev] if t_prev >= 0 else alpha_bar.new_tensor(1.0))
    x0 = a.rsqrt() * x_t - (1 / a - 1).sqrt() * eps
    s = eta * ((1 - q) * (1 - a / q) / (1 - a)).sqrt()
    return q.sqrt() * x0 + (1 - q - s * s).sqrt() * eps + (s * noise if noise is not None else 0)
