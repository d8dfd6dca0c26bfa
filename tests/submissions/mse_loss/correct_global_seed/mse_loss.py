import torch
from torch import nn


def training_pair(x0, t, eps, alpha_bar):
    a = alpha_bar[t].view(-1, *[1] * (x0.dim() - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps, eps


def mse_loss(pred, target):
    return ((pred - target) ** 2).mean()


def mse_grad(pred, target):
    return 2 * (pred - target) / pred.numel()


def autograd_slope(pred, target):
    """The slope of YOUR mse_loss as autograd finds it, or None if the loss has no way back to pred."""
    pred = pred.detach().clone().requires_grad_(True)
    loss = mse_loss(pred, target)
    if not (isinstance(loss, torch.Tensor) and loss.requires_grad):
        return None
    return torch.autograd.grad(loss, pred)[0]


def training_loss(model, x0, t, eps, alpha_bar):
    x_t, target = training_pair(x0, t, eps, alpha_bar)
    return mse_loss(model(x_t, t), target)


def random_timesteps(B, T, seed):
    torch.manual_seed(seed)
    return torch.floor(torch.rand(B) * T).long()


def train_step(w, x0, t, eps, alpha_bar, lr):
    gains = nn.Parameter(w.clone())
    sgd = torch.optim.SGD([gains], lr=lr)
    loss = training_loss(lambda x, s: x * gains[s].reshape(-1, *(1 for _ in x.shape[1:])), x0, t, eps, alpha_bar)
    sgd.zero_grad()
    loss.backward()
    sgd.step()
    return (gains.data, float(loss))


class Net(nn.Module):
    def __init__(self, T):
        super().__init__()
        self.when = nn.Embedding(T, 32)
        self.what = nn.Linear(2, 32)
        self.rest = nn.Sequential(nn.GELU(), nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 2))

    def forward(self, x, t):
        return self.rest(self.what(x) + self.when(t))


def train_and_predict(data, alpha_bar, x_eval, t_eval, steps, seed):
    torch.manual_seed(seed)
    net = Net(len(alpha_bar))
    adam = torch.optim.Adam(net.parameters(), lr=4e-3)
    for i in range(steps):
        x0 = data[torch.randperm(len(data))[:200]]
        loss = training_loss(net, x0, random_timesteps(200, len(alpha_bar), seed + i), torch.randn(200, 2), alpha_bar)
        adam.zero_grad(); loss.backward(); adam.step()
    return net(x_eval, t_eval)
