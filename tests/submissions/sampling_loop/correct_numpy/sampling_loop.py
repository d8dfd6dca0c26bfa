import numpy as np


def strided_timesteps(T, n):
    return np.rint((T - 1) * (1 - np.arange(n) / (n - 1))).astype(int)


def start_noise(shape, seed):
    return np.random.RandomState(seed).standard_normal(tuple(shape)).astype(np.float32)


def ddpm_sample(model, x_T, betas, noises):
    x, beta, z = (np.array(v) for v in (x_T, betas, noises))
    bar = np.cumprod(1 - beta)
    before = np.append(1.0, bar[:-1])
    sigma = np.sqrt(beta * (1 - before) / (1 - bar))
    for t in np.arange(len(beta))[::-1]:
        eps = np.asarray(model(x, np.full(len(x), t)))
        x = (x - beta[t] / np.sqrt(1 - bar[t]) * eps) / np.sqrt(1 - beta[t]) + sigma[t] * z[t]
    return x


def ddim_sample(model, x_T, alpha_bar, timesteps):
    x, bar = np.array(x_T), np.append(np.asarray(alpha_bar), 1.0)
    stops = [int(t) for t in timesteps]
    for t, then in zip(stops, stops[1:] + [-1]):
        eps = np.asarray(model(x, t))
        x = np.sqrt(bar[then] / bar[t]) * (x - np.sqrt(1 - bar[t]) * eps) + np.sqrt(1 - bar[then]) * eps
    return x


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    full = ddim_sample(model, x_T, alpha_bar, np.arange(T)[::-1])
    return np.array([np.abs(ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n)) - full).mean() for n in counts])
