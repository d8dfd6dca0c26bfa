import numpy as np
import torch as th


def take(arr, t, shape):
    out = th.as_tensor(np.asarray(arr))[t]
    while out.ndim < len(shape):
        out = out[..., None]
    return out.expand(shape)


def predict_x0(x_t, t, eps, alpha_bar):
    return take(1 / alpha_bar.sqrt(), t, x_t.shape) * x_t - take((1 / alpha_bar - 1).sqrt(), t, x_t.shape) * eps


def predict_eps(x_t, t, x0, alpha_bar):
    return (take(1 / alpha_bar.sqrt(), t, x_t.shape) * x_t - x0) / take((1 / alpha_bar - 1).sqrt(), t, x_t.shape)


def posterior(x0, x_t, t, betas):
    bar = np.cumprod(1 - betas.numpy())
    prev = np.append(1.0, bar[:-1])
    var = betas.numpy() * (1 - prev) / (1 - bar)
    logvar = np.log(np.append(var[1], var[1:]))
    c1 = betas.numpy() * np.sqrt(prev) / (1 - bar)
    c2 = (1 - prev) * np.sqrt(1 - betas.numpy()) / (1 - bar)
    return take(c1, t, x_t.shape) * x0 + take(c2, t, x_t.shape) * x_t, take(logvar, t, x_t.shape)


def ddpm_step(x_t, t, eps, betas, noise):
    bar = th.cumprod(1 - betas, 0)
    tt = th.tensor([t] * len(x_t))
    mean, logvar = posterior(predict_x0(x_t, tt, eps, bar), x_t, tt, betas)
    return mean + (th.exp(logvar) * noise if t != 0 else 0)  # forgot the 0.5


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a, b = alpha_bar[t], alpha_bar[t_prev] if t_prev >= 0 else th.ones(())
    x0 = (x_t - (1 - a).sqrt() * eps) / a.sqrt()
    sigma = eta * ((1 - b) / (1 - a)).sqrt() * (1 - a / b).sqrt()
    mean = b.sqrt() * x0 + (1 - b).sqrt() * eps  # direction not shortened
    return mean + sigma * (noise if noise is not None else 0)
