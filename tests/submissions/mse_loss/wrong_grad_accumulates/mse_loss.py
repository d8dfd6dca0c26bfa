import torch
import torch.nn.functional as F
from torch import nn


def training_pair(x0, t, eps, alpha_bar):
    a = alpha_bar[t][:, None, None, None] if x0.ndim == 4 else alpha_bar[t][:, None]
    x_t = a.sqrt() * x0 + (1 - a).sqrt() * eps
    return x_t, x_t - x0  # noise as it was added


def mse_loss(pred, target):
    return F.mse_loss(pred, target)


def mse_grad(pred, target):
    return 2 * (pred - target).mean() * torch.ones_like(pred)


def training_loss(model, x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    return mse_loss(model(a.sqrt() * x0 + (1 - a).sqrt() * eps, t), eps)


def random_timesteps(B, T, seed):
    torch.manual_seed(seed)
    return torch.randint(1, T, (B,))


def train_step(w, x0, t, eps, alpha_bar, lr):
    x_t, _ = training_pair(x0, t, eps, alpha_bar)
    new = w.clone()
    total = 0
    for i in range(len(t)):
        pred = w[t[i]] * x_t[i]
        total += ((pred - eps[i]) ** 2).mean()
        new[t[i]] = w[t[i]] - lr * (2 * (pred - eps[i]) * x_t[i]).mean()  # one example at a time, last one wins
    return [new, total / len(t)]


def train_and_predict(data, alpha_bar, x_eval, t_eval, steps, seed):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    f = lambda x, t: net(torch.cat([x, t[:, None] / len(alpha_bar)], 1))
    opt = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(steps):
        x0 = data[torch.randint(0, len(data), (128,))]
        t = torch.randint(0, len(alpha_bar), (128,))
        loss = training_loss(f, x0, t, torch.randn_like(x0), alpha_bar)
        loss.backward()
        opt.step()  # zero_grad forgotten
    return f(x_eval, t_eval).detach()
