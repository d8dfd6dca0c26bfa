import torch


def predict_x0(x_t, t, eps, alpha_bar):
    return x_t * float("nan")


def predict_eps(x_t, t, x0, alpha_bar):
    return [[1.0], [1.0, 2.0], [], [3.0]]


def posterior(x0, x_t, t, betas):
    return "mean", "variance"


def ddpm_step(x_t, t, eps, betas, noise):
    return torch.complex(x_t, x_t)


class ddim_step:
    def __init__(self, *arguments):
        pass
