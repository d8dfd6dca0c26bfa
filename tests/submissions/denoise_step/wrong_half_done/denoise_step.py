import torch


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
    alpha_bar, before = tables(betas)
    mean = at(before, t, x_t).sqrt() * at(betas, t, x_t) * x0

def ddpm_step(x_t, t, eps, betas, noise):
    raise NotImplementedError

def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    raise NotImplementedError
