"""I think in signal-to-noise: lam = log(a / (1 - a)). numpy, float64, einsum."""
import numpy as np

f64 = lambda v: np.asarray(v, dtype=np.float64)
lam = lambda a: np.log(a) - np.log1p(-a)
signal = lambda l: np.sqrt(1 / (1 + np.exp(-l)))
sigma = lambda l: np.sqrt(1 / (1 + np.exp(l)))
scale = lambda w, x: np.einsum("b,b...->b...", w, f64(x))


def predict_x0(x_t, t, eps, alpha_bar):
    l = lam(f64(alpha_bar))[np.asarray(t)]
    return scale(1 / signal(l), x_t) - scale(np.exp(-l / 2), eps)


def predict_eps(x_t, t, x0, alpha_bar):
    l = lam(f64(alpha_bar))[np.asarray(t)]
    return scale(1 / sigma(l), x_t) - scale(np.exp(l / 2), x0)


def posterior(x0, x_t, t, betas):
    t, b = np.asarray(t), f64(betas)
    after = np.cumprod(1 - b)
    before = np.r_[1.0, after[:-1]]
    var = (b * (1 - before) / (1 - after))[t]
    w0 = (b * np.sqrt(before) / (1 - after))[t]
    wt = (np.sqrt(1 - b) * (1 - before) / (1 - after))[t]
    return scale(w0, x0) + scale(wt, x_t), var


def ddpm_step(x_t, t, eps, betas, noise):
    a = np.cumprod(1 - f64(betas))
    everyone = np.repeat(t, len(x_t))
    mean, var = posterior(predict_x0(x_t, everyone, eps, a), x_t, everyone, betas)
    return mean + scale(np.sqrt(var), noise)


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    bar = np.r_[f64(alpha_bar), 1.0]
    now, then = bar[t], bar[t_prev]
    x0 = predict_x0(x_t, np.repeat(t, len(x_t)), eps, bar[:-1])
    s2 = eta**2 * (1 - then) / (1 - now) * (1 - now / then)
    out = np.sqrt(then) * x0 + np.sqrt(1 - then - s2) * f64(eps)
    return out if noise is None else out + np.sqrt(s2) * f64(noise)
