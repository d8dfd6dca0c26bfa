# One object with float64 numpy tables, everything else reads rows of it.
import enum
from collections import namedtuple

import numpy as np
import torch as th

Prediction = namedtuple("Prediction", ["pred_noise", "pred_x_start"])
Gaussian = namedtuple("Gaussian", "mean variance")


class MeanType(enum.Enum):
    EPSILON = enum.auto()
    START_X = enum.auto()


def rows_like(arr, timesteps, broadcast_to):
    """pick arr[timesteps] and stretch it to a shape"""
    res = th.from_numpy(arr).to(device=timesteps.device)[timesteps].float()
    while res.dim() < len(broadcast_to):
        res = res[..., None]
    return res.expand(broadcast_to)


class GaussianDiffusion:
    def __init__(self, *, betas):
        betas = np.array(betas, dtype=np.float64)
        assert betas.ndim == 1 and (betas > 0).all() and (betas <= 1).all()
        self.num_timesteps = int(betas.shape[0])
        self.betas = betas
        alphas = 1.0 - betas
        bar = self.alphas_cumprod = np.cumprod(alphas, axis=0)
        prev = self.alphas_cumprod_prev = np.append(1.0, bar[:-1])
        self.recip = np.sqrt(1.0 / bar)
        self.recipm1 = np.sqrt(1.0 / bar - 1)
        self.posterior_variance = betas * (1.0 - prev) / (1.0 - bar)
        self.posterior_std = np.exp(0.5 * np.log(np.maximum(self.posterior_variance, 1e-20)))
        self.coef1 = betas * np.sqrt(prev) / (1.0 - bar)
        self.coef2 = (1.0 - prev) * np.sqrt(alphas) / (1.0 - bar)

    @classmethod
    def from_cumprod(cls, alpha_bar):
        bar = np.asarray(alpha_bar, dtype=np.float64)
        return cls(betas=1 - bar / np.concatenate([[1.0], bar[:-1]]))

    def predict(self, x_t, t, out, kind=MeanType.EPSILON):
        a, b = rows_like(self.recip, t, x_t.shape), rows_like(self.recipm1, t, x_t.shape)
        if kind is MeanType.EPSILON:
            return Prediction(pred_noise=out, pred_x_start=a * x_t - b * out)
        return Prediction(pred_noise=(a * x_t - out) / b, pred_x_start=out)

    def q_posterior(self, x_start, x_t, t):
        mean = rows_like(self.coef1, t, x_t.shape) * x_start + rows_like(self.coef2, t, x_t.shape) * x_t
        return Gaussian(mean=mean, variance=rows_like(self.posterior_variance, t, x_t.shape))

    @th.no_grad()
    def p_sample(self, x_t, t, eps, noise):
        t = th.tensor([t] * x_t.shape[0])
        start = self.predict(x_t, t, eps).pred_x_start
        mean = self.q_posterior(start, x_t, t).mean
        nonzero_mask = (t != 0).float().view(-1, *([1] * (x_t.dim() - 1)))  # no noise when t == 0
        return mean + nonzero_mask * rows_like(self.posterior_std, t, x_t.shape) * noise


def predict_x0(x_t, t, eps, alpha_bar):
    return GaussianDiffusion.from_cumprod(alpha_bar).predict(x_t, t, eps).pred_x_start


def predict_eps(x_t, t, x0, alpha_bar):
    return GaussianDiffusion.from_cumprod(alpha_bar).predict(x_t, t, x0, kind=MeanType.START_X).pred_noise


def posterior(x0, x_t, t, betas):
    return GaussianDiffusion(betas=betas).q_posterior(x_start=x0, x_t=x_t, t=t)


def ddpm_step(x_t, t, eps, betas, noise):
    return GaussianDiffusion(betas=betas).p_sample(x_t, t, eps, noise)


def ddim_step(x_t, t, t_prev, eps, alpha_bar, eta=0.0, noise=None):
    diffusion = GaussianDiffusion.from_cumprod(alpha_bar)
    start = diffusion.predict(x_t, th.full((len(x_t),), t), eps).pred_x_start
    bar = diffusion.alphas_cumprod[t]
    bar_prev = 1.0 if t_prev < 0 else diffusion.alphas_cumprod[t_prev]
    sigma = eta * np.sqrt((1 - bar_prev) / (1 - bar)) * np.sqrt(1 - bar / bar_prev)
    noise = th.randn_like(x_t) if noise is None and sigma > 0 else noise
    mean = start * float(np.sqrt(bar_prev)) + float(np.sqrt(1 - bar_prev - sigma**2)) * eps
    return mean if noise is None else mean + float(sigma) * noise
