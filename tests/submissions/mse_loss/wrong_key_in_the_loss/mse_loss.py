"""Training a diffusion model: known noise goes in, a guess of it comes out, and the squared error is all there is.

Papers: DDPM is Ho et al. 2020 (arXiv:2006.11239), algorithm 1 and eq. 14; Adam is Kingma and Ba 2014 (arXiv:1412.6980).
model(x_t, t) -> predicted noise, shaped like x_t; t is a LongTensor (B,) in 0..T-1.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def training_pair(x0: Tensor, t: Tensor, eps: Tensor, alpha_bar: Tensor) -> tuple[Tensor, Tensor]:
    """What the model sees and what it should say: (x_t, eps), x_t by DDPM eq. 4.

    x0, eps: (B, *) float, any number of axes. t: (B,) long, each example its own. alpha_bar: (T,).
    """
    a = _per_example(alpha_bar[t], x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * eps, eps


def mse_loss(pred: Tensor, target: Tensor) -> Tensor:
    """The mean over every element of the squared difference: 0-d, differentiable. Any one shape."""
    return ((pred - target) ** 2).mean()


def mse_grad(pred: Tensor, target: Tensor) -> Tensor:
    """d mse_loss / d pred by hand, shaped like pred."""
    return 2 * (pred - target) / pred.numel()




def training_loss(model, x0, t, eps, alpha_bar):
    x_t, _ = training_pair(x0, t, eps, alpha_bar)
    return mse_loss(model(x_t, t), x0)


def random_timesteps(B: int, T: int, seed: int) -> Tensor:
    """t ~ Uniform({0, .., T-1}) for each of B examples by itself (DDPM algorithm 1, line 3). LongTensor (B,)."""
    return torch.randint(0, T, (B,), generator=torch.Generator().manual_seed(seed))


def train_step(w: Tensor, x0: Tensor, t: Tensor, eps: Tensor, alpha_bar: Tensor, lr: float) -> list:
    """One step of gradient descent for the model eps_hat = w[t] x_t, which has one gain for each timestep.

    w: (T,), left as it is. Returns [new w, the loss before the step].
    """
    w = w.detach().clone().requires_grad_(True)
    loss = training_loss(lambda x_t, t: _per_example(w[t], x_t) * x_t, x0, t, eps, alpha_bar)
    (gradient,) = torch.autograd.grad(loss, w)
    return [(w - lr * gradient).detach(), loss.detach()]


def train_and_predict(data: Tensor, alpha_bar: Tensor, x_eval: Tensor, t_eval: Tensor, steps: int, seed: int) -> Tensor:
    """Train a small network on data (N, D) for `steps` batches (DDPM algorithm 1); its noise guess for x_eval (M, D).

    Two hidden layers of 64 values see x_t and the share t / T of the way to noise; Adam, batches of 128.
    """
    T, D = len(alpha_bar), data.shape[1]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Linear(D + 1, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, D))

        def model(x_t: Tensor, t: Tensor) -> Tensor:
            return net(torch.cat([x_t, t[:, None] / T], dim=1))

        optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
        for _ in range(steps):
            x0 = data[torch.randint(0, len(data), (128,))]
            t = torch.randint(0, T, (128,))
            loss = training_loss(model, x0, t, torch.randn_like(x0), alpha_bar)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            return model(x_eval, t_eval)


def autograd_slope(pred: Tensor, target: Tensor) -> Tensor | None:
    """d mse_loss / d pred as autograd finds it, or None if the loss has no way back to pred. Given in the starter."""
    pred = pred.detach().clone().requires_grad_(True)
    loss = mse_loss(pred, target)
    if not (isinstance(loss, torch.Tensor) and loss.requires_grad):
        return None
    return torch.autograd.grad(loss, pred)[0]


def _per_example(values: Tensor, x: Tensor) -> Tensor:
    """(B,) -> (B, 1, .., 1), so that each value multiplies its own example."""
    return values.reshape(-1, *[1] * (x.ndim - 1))
