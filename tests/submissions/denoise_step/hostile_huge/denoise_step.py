import numpy as np
import torch


def predict_x0(x_t, t, eps, alpha_bar):
    return torch.zeros(1).expand(10**6, 10**6)


def predict_eps(x_t, t, x0, alpha_bar):
    return np.zeros((2**16, 2**16)) + 1


def posterior(x0, x_t, t, betas):
    return posterior(x0, x_t, t, betas)


def ddpm_step(x_t, t, eps, betas, noise):
    return [10**5000, "x" * 10**8]


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    nest = []
    for _ in range(100_000):
        nest = [nest]
    return nest
