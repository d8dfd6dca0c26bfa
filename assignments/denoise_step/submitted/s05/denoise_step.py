import torch

torch.set_default_dtpye(torch.float64)


def at(table, t, x):
    return table[t].reshape(-1, *[1] * (x.ndim - 1))


def tables(betas):
    alpha_bar = torch.cumprod(1 - betas, 0)
    return alpha_bar, torch.cat([torch.ones(1), alpha_bar[:-1]])

def predict_x0(x_t, t, eps, alpha_bar):
    a = at(alpha_bar, t, x_t)
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()

def predict_eps(x_t, t, x0, alpha_bar):
    a = at(alpha_bar, t, x_t)
    return (x_t - a.sqrt() * x0) / (1 - a).sqrt()

def posterior(x0, x_t, t, betas):
    alpha_bar, before = tables(betas.numpy())  # cumprod wants a tensor
    b, a, p = (at(table, t, x_t) for table in (betas, alpha_bar, before))
    mean = (p.sqrt() * b * x0 + (1 - b).sqrt() * (1 - p) * x_t) / (1 - a)
    return mean, (b * (1 - p) / (1 - a)).flatten()

def ddpm_step(x_t, t, eps, betas, noise):
    alpha_bar, before = tables(betas)
    mean = (x_t - betas[t] / (1 - alpha_bar[t]).sqrt() * eps) / (1 - betas[t]).sqrt()
    if t == 0:
        return mean
    return mean + (betas[t] * (1 - before[t]) / (1 - alpha_bar[t])).sqrt() * noise

def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a = alpha_bar[t]
    p = alpha_bar[t_prev] if t_prev >= 0 else torch.ones(())
    x0 = (x_t - (1 - a).sqrt() * eps) / a.sqrt()
    sigma = eta * ((1 - p) / (1 - a) * (1 - a / p)).sqrt()
    x = p.sqrt() * x0 + (1 - p - sigma**2).sqrt() * eps
    return x + sigma * noise if eta > 0 else x
