import torch
from torch import nn


def training_pair(x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps, eps


def mse_loss(pred, target):
    return ((pred - target) ** 2).mean(dim=list(range(1, pred.ndim)))  # per example


def mse_grad(pred, target):
    return 2 * (pred - target) / len(pred)


def training_loss(model, x0, t, eps, alpha_bar):
    x_t, target = training_pair(x0, t, eps, alpha_bar)
    snr = alpha_bar[t] / (1 - alpha_bar[t])
    weight = torch.clamp(snr, max=5) / snr  # min-SNR, gamma = 5
    return (weight * mse_loss(model(x_t, t), target)).mean()


def random_timesteps(B, T, seed):
    g = torch.Generator().manual_seed(seed)
    return torch.randint(0, T, (1,), generator=g).expand(B)


def train_step(w, x0, t, eps, alpha_bar, lr):
    w = w.clone().requires_grad_()
    model = lambda x, t: w[t].reshape(-1, *[1] * (x.ndim - 1)) * x
    loss = training_loss(model, x0, t, eps, alpha_bar)
    g, = torch.autograd.grad(loss, w)
    return [w.detach() - lr * g.sign(), loss.item()]


def train_and_predict(data, alpha_bar, x_eval, t_eval, steps, seed):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(3, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 2))
    f = lambda x, t: net(torch.cat([x, t[:, None] / len(alpha_bar)], 1))
    opt = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(steps):
        x0 = data[torch.randint(0, len(data), (128,))]
        t = torch.randint(0, len(alpha_bar), (128,))
        x_t, eps = training_pair(x0, t, torch.randn_like(x0), alpha_bar)
        loss = mse_loss(f(x_t, t), eps).mean()
        opt.zero_grad(); loss.backward(); opt.step()
    return f(x_eval, t_eval).detach()
