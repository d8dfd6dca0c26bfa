"""numpy and float64; both samplers as generators of states; the steps are written into them."""
import numpy as np

f64 = lambda v: np.asarray(v, dtype=np.float64)


def start_noise(shape, seed):
    return np.random.Generator(np.random.PCG64(seed)).normal(size=shape)


def strided_timesteps(T, n):
    return np.rint(np.linspace(T - 1, 0, n)).astype(np.int64)


def ancestral(model, x, beta, z):
    a = np.cumprod(1 - beta)
    for t in reversed(range(beta.size)):
        e = f64(model(x, np.repeat(t, len(x))))
        x0 = (x - np.sqrt(1 - a[t]) * e) / np.sqrt(a[t])
        if t == 0:
            yield x0
        else:
            keep, var = a[t - 1], beta[t] * (1 - a[t - 1]) / (1 - a[t])
            x = np.sqrt(keep) * x0 + np.sqrt(1 - keep - var) * e + np.sqrt(var) * z[t]  # DDIM with eta = 1
            yield x


def ddpm_sample(model, x_T, betas, noises):
    *_, last = ancestral(model, f64(x_T), f64(betas), f64(noises))
    return last


def straight(model, x, a, stops):
    for t, s in zip(stops, [*stops[1:], -1]):
        e = f64(model(x, np.repeat(t, len(x))))
        keep = a[s] if s >= 0 else 1.0
        x = np.sqrt(keep / a[t]) * x + (np.sqrt(1 - keep) - np.sqrt(keep * (1 - a[t]) / a[t])) * e
        yield x


def ddim_sample(model, x_T, alpha_bar, timesteps):
    *_, last = straight(model, f64(x_T), f64(alpha_bar), [int(t) for t in timesteps])
    return last


def steps_vs_error(model, x_T, alpha_bar, counts):
    T = len(alpha_bar)
    run = lambda n: ddim_sample(model, x_T, alpha_bar, strided_timesteps(T, n))
    full = run(T)
    return [np.mean(np.abs(run(n) - full)) for n in counts]
