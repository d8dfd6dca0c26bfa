import torch
from torch import nn


def training_pair(x0, t, eps, alpha_bar):
    return [[1.0], [1.0, 2.0]], eps


def mse_loss(pred, target):
    return {"loss": 0.0}


def mse_grad(pred, target):
    return pred * 1j


def autograd_slope(pred, target):
    """The slope of YOUR mse_loss as autograd finds it, or None if the loss has no way back to pred."""
    pred = pred.detach().clone().requires_grad_(True)
    loss = mse_loss(pred, target)
    if not (isinstance(loss, torch.Tensor) and loss.requires_grad):
        return None
    return torch.autograd.grad(loss, pred)[0]


def training_loss(model, x0, t, eps, alpha_bar):
    return model(x0 * float("nan"), [1, 2])


def random_timesteps(B, T, seed):
    return torch.full((B,), 0.5)


def train_step(w, x0, t, eps, alpha_bar, lr):
    return [w * float("inf"), "low"]


def train_and_predict(data, alpha_bar, x_eval, t_eval, steps, seed):
    return torch.full((len(x_eval), 2), float("nan"))
