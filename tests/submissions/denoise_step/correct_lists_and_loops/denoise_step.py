from math import sqrt


def each(f, *nested):
    """Apply f to the numbers of lists of the same shape."""
    if isinstance(nested[0], list):
        return [each(f, *items) for items in zip(*nested)]
    return f(*nested)


def bars(betas):
    product, out = 1.0, []
    for beta in betas.tolist():
        product *= 1 - beta
        out.append(product)
    return out


def predict_x0(x_t, t, eps, alpha_bar):
    out = []
    for x, step, e in zip(x_t.tolist(), t.tolist(), eps.tolist()):
        a = float(alpha_bar[step])
        out.append(each(lambda u, v: (u - sqrt(1 - a) * v) / sqrt(a), x, e))
    return out


def predict_eps(x_t, t, x0, alpha_bar):
    out = []
    for x, step, clean in zip(x_t.tolist(), t.tolist(), x0.tolist()):
        a = float(alpha_bar[step])
        out.append(each(lambda u, v: (u - sqrt(a) * v) / sqrt(1 - a), x, clean))
    return out


def posterior(x0, x_t, t, betas):
    bar, means, variances = bars(betas), [], []
    for clean, x, step in zip(x0.tolist(), x_t.tolist(), t.tolist()):
        if step == 0:
            means.append(clean)
            variances.append(0.0)
            continue
        b, a, p = float(betas[step]), bar[step], bar[step - 1]
        w0, wt = sqrt(p) * b / (1 - a), sqrt(1 - b) * (1 - p) / (1 - a)
        means.append(each(lambda u, v: w0 * u + wt * v, clean, x))
        variances.append(b * (1 - p) / (1 - a))
    return [means, variances]


def ddpm_step(x_t, t, eps, betas, noise):
    bar, b = bars(betas), float(betas[t])
    sigma = sqrt(b * (1 - bar[t - 1]) / (1 - bar[t])) if t else 0.0
    step = lambda x, e, z: (x - b / sqrt(1 - bar[t]) * e) / sqrt(1 - b) + sigma * z
    return each(step, x_t.tolist(), eps.tolist(), noise.tolist())


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a = float(alpha_bar[t])
    p = 1.0 if t_prev < 0 else float(alpha_bar[t_prev])
    sigma = eta * sqrt((1 - p) / (1 - a) * (1 - a / p))
    back = sqrt(max(1 - p - sigma * sigma, 0.0))
    hop = lambda x, e, z: sqrt(p) * (x - sqrt(1 - a) * e) / sqrt(a) + back * e + sigma * z
    return each(hop, x_t.tolist(), eps.tolist(), (eps if noise is None else noise).tolist())
