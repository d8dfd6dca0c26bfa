import numpy as np


def along(values, x):
    return np.asarray(values)[(...,) + (None,) * (x.ndim - 1)]


def predict_x0(x_t, t, eps, alpha_bar):
    x_t, eps = np.asarray(x_t), np.asarray(eps)
    kept = along(np.asarray(alpha_bar)[np.asarray(t)], x_t)
    return (x_t - np.sqrt(1 - kept) * eps) / np.sqrt(kept)


def predict_eps(x_t, t, x0, alpha_bar):
    x_t, x0 = np.asarray(x_t), np.asarray(x0)
    kept = along(np.asarray(alpha_bar)[np.asarray(t)], x_t)
    return (x_t - np.sqrt(kept) * x0) / np.sqrt(1 - kept)


def posterior(x0, x_t, t, betas):
    x0, x_t, t, betas = (np.asarray(v) for v in (x0, x_t, t, betas))
    kept = np.concatenate([[1.0], np.cumprod(1 - betas)])  # kept[t] is before step t, kept[t + 1] after it
    beta, now, before = betas[t], kept[t + 1], kept[t]
    variance = beta * (1 - before) / (1 - now)
    mean = along(np.sqrt(before) * beta / (1 - now), x_t) * x0
    mean = mean + along(np.sqrt(1 - beta) * (1 - before) / (1 - now), x_t) * x_t
    return mean, variance


def ddpm_step(x_t, t, eps, betas, noise):
    x_t, betas = np.asarray(x_t), np.asarray(betas)
    times = np.full(len(x_t), t)
    x0 = predict_x0(x_t, times, eps, np.cumprod(1 - betas))
    mean, variance = posterior(x0, x_t, times, betas)
    return mean + np.sqrt(variance[0]) * np.asarray(noise)


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    x_t, eps = np.asarray(x_t), np.asarray(eps)
    kept = np.append(np.asarray(alpha_bar), 1.0)  # so that kept[-1] is the clean end
    now, then = kept[t], kept[t_prev]
    x0 = predict_x0(x_t, np.full(len(x_t), t), eps, kept)
    sigma = eta * np.sqrt((1 - then) / (1 - now)) * np.sqrt(1 - now / then)
    fresh = 0.0 if noise is None else sigma * np.asarray(noise)
    return np.sqrt(then) * x0 + np.sqrt(1 - then - sigma**2) * eps + fresh
