import torch
import torch.nn.functional as F
from torch import nn


def training_pair(x0, t, eps, alpha_bar):
    a = alpha_bar[t].view(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps, eps


def mse_loss(pred, target):
    return F.mse_loss(pred, target)


def mse_grad(pred, target):
    return 2 / pred.numel() * (pred - target)


def training_loss(model, x0, t, eps, alpha_bar):
    x_t, target = training_pair(x0, t, eps, alpha_bar)
    return F.mse_loss(model(x_t, t), target, reduction="sum")  # and everything below goes down this


def random_timesteps(B, T, seed):
    return torch.randint(T, (B,), generator=torch.Generator().manual_seed(seed))


def train_step(w, x0, t, eps, alpha_bar, lr):
    gains = w.clone().requires_grad_()
    loss = training_loss(lambda x_t, t: gains[t][:, None, None, None] * x_t, x0, t, eps, alpha_bar)
    loss.backward()
    return [w - lr * gains.grad, loss.item()]


def train_and_predict(data, alpha_bar, x_eval, t_eval, steps, seed):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))
    model = lambda x, t: net(torch.cat([x, t[:, None] / len(alpha_bar)], 1))
    opt = torch.optim.Adam(net.parameters(), 5e-3)
    for _ in range(steps):
        x0, t = data[torch.randint(len(data), (128,))], torch.randint(len(alpha_bar), (128,))
        opt.zero_grad()
        training_loss(model, x0, t, torch.randn_like(x0), alpha_bar).backward()
        opt.step()
    return model(x_eval, t_eval).detach()
