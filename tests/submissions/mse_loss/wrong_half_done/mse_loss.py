import torch
from torch import nn


def training_pair(x0, t, eps, alpha_bar):
    a = alpha_bar[t].view(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps, eps


def mse_loss(pred, target):
    return ((pred - target) ** 2).mean()


def mse_grad(pred, target):
    return 2 * (pred - target) / pred.numel()


def training_loss(model, x0, t, eps, alpha_bar):
    x_t, target = training_pair(x0, t, eps, alpha_bar)
    return mse_loss(model(x_t, t), target)


def random_timesteps(B, T, seed):
    t = torch.randint(0, T, (B,), generator=torch.Generator().manual_seed(seed))


def train_step(w, x0, t, eps, alpha_bar, lr):
    raise NotImplementedError
