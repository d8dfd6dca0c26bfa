import torch
from torch import nn


def training_pair(x0, t, eps, alpha_bar):
    a = alpha_bar[t].view(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps, eps


def mse_loss(pred, target):
    return ((pred - target) ** 2).sum()


def mse_grad(pred, target):
    return 2 * (pred - target)


def autograd_slope(pred, target):
    """The slope of YOUR mse_loss as autograd finds it, or None if the loss has no way back to pred."""
    pred = pred.detach().clone().requires_grad_(True)
    loss = mse_loss(pred, target)
    if not (isinstance(loss, torch.Tensor) and loss.requires_grad):
        return None
    return torch.autograd.grad(loss, pred)[0]


def training_loss(model, x0, t, eps, alpha_bar):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    x_t = a ** 0.5 * x0 + (1 - a) ** 0.5 * eps
    return ((model(x_t, t) - eps) ** 2).mean()


def random_timesteps(B, T, seed):
    return torch.randint(0, T, (B,), generator=torch.Generator().manual_seed(seed))


def train_step(w, x0, t, eps, alpha_bar, lr):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    x_t = a ** 0.5 * x0 + (1 - a) ** 0.5 * eps
    off = w[t].reshape(a.shape) * x_t - eps
    slope = torch.zeros_like(w)
    for i, step in enumerate(t.tolist()):
        slope[step] += 2 * (off[i] * x_t[i]).sum() / off.numel()
    return [w - lr * slope, (off ** 2).mean()]


def train_and_predict(data, alpha_bar, x_eval, t_eval, steps, seed):
    torch.manual_seed(seed)
    n_steps = len(alpha_bar)
    hidden = 96
    net = nn.Sequential(nn.Linear(2 + n_steps, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2))
    one_hot = torch.eye(n_steps)

    def predict(x, t):
        return net(torch.cat((x, one_hot[t]), dim=-1))

    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3)
    for i in range(steps):
        batch = data[torch.randint(len(data), (256,))]
        t = torch.randint(n_steps, (256,))
        noise = torch.randn(256, 2)
        a = alpha_bar[t].unsqueeze(-1)
        loss = nn.functional.mse_loss(predict(a.sqrt() * batch + (1 - a).sqrt() * noise, t), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return predict(x_eval, t_eval).detach()
