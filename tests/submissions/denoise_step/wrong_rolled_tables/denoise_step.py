import torch
import torch.nn.functional as F


class Tables:
    def __init__(self, betas):
        self.beta = betas
        self.alpha = 1 - betas
        self.bar = torch.cumprod(self.alpha, 0)
        self.prev = self.bar.roll(1)  # bar of t - 1
        self.var = betas * (1 - self.prev) / (1 - self.bar)
        self.var[0] = self.var[1]  # the log of zero would be bad
        self.c1 = betas * self.prev.sqrt() / (1 - self.bar)
        self.c2 = (1 - self.prev) * self.alpha.sqrt() / (1 - self.bar)
        self.c1[0], self.c2[0] = 0, 1


def pick(v, t, x):
    return v[t].reshape(-1, *[1] * (x.dim() - 1))


def predict_x0(x_t, t, eps, alpha_bar):
    a = pick(alpha_bar, t, x_t)
    return (x_t - (1 - a).sqrt() * eps) / a.sqrt()


def predict_eps(x_t, t, x0, alpha_bar):
    a = pick(alpha_bar, t, x_t)
    return (x_t - a.sqrt() * x0) / (1 - a).sqrt()


def posterior(x0, x_t, t, betas):
    tab = Tables(betas)
    return pick(tab.c1, t, x_t) * x0 + pick(tab.c2, t, x_t) * x_t, tab.var[t]


def ddpm_step(x_t, t, eps, betas, noise):
    tab = Tables(betas)
    when = torch.full((len(x_t),), t)
    x0 = predict_x0(x_t, when, eps, tab.bar)
    mean, var = posterior(x0, x_t, when, betas)
    return mean + pick(var.sqrt(), torch.arange(len(x_t)), x_t) * noise * (t > 0)


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    a = alpha_bar[t]
    b = alpha_bar[t_prev] if t_prev > 0 else alpha_bar[0]
    sigma = eta * torch.sqrt((1 - b) / (1 - a) * (1 - a / b))
    x0 = (x_t - (1 - a).sqrt() * eps) / a.sqrt()
    x = b.sqrt() * x0 + (1 - b - sigma**2).sqrt() * eps
    return x if noise is None else x + sigma * noise
