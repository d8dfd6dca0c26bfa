"""Variance-exploding bookkeeping: I keep sigma^2 = (1 - a) / a and scale back at the end. float64."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from einops import reduce, repeat


@dataclass
class Level:
    sigma2: np.ndarray

    @property
    def scale(self):
        return 1 / np.sqrt(1 + self.sigma2)


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    w = np.linspace(1, 0, T)
    return w * beta_start + (1 - w) * beta_end


def cosine_betas(T, s=0.008, max_beta=0.999):
    theta = np.pi / 2 * (np.linspace(0, 1, T + 1) + s) / (1 + s)
    # cos^2 b / cos^2 a by the half-angle formula
    kept = (1 + np.cos(2 * theta[1:])) / (1 + np.cos(2 * theta[:-1]))
    return np.where(1 - kept > max_beta, max_beta, 1 - kept)


def alpha_bars(betas):
    out = np.ones(len(betas))
    for k, beta in enumerate(betas):
        out[k:] *= 1 - beta
    return out


def forward_step(x, t, betas, eps):
    level = Level(betas[t] / (1 - betas[t]))
    return level.scale * (x + np.sqrt(level.sigma2) * eps)


def q_sample(x0, t, alpha_bar, eps):
    x0, eps = np.asarray(x0, np.float64), np.asarray(eps, np.float64)
    a = np.asarray(alpha_bar, np.float64)[np.asarray(t)]
    n = reduce(np.ones(x0.shape), "b ... -> b", "sum").astype(int)[0]
    σ2 = repeat((1 - a) / a, "b -> b n", n=n).reshape(x0.shape)
    level = Level(σ2)
    return level.scale * (x0 + np.sqrt(level.sigma2) * eps)


def q_sample_own(x0, t, alpha_bar, seed):
    bits = np.random.Generator(np.random.Philox(seed))
    u, v = bits.random(tuple(x0.shape)), bits.random(tuple(x0.shape))
    eps = np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * np.pi * v)  # Box and Muller
    return q_sample(x0, t, alpha_bar, eps)


def snr(alpha_bar):
    return 1 / Level((1 - alpha_bar) / alpha_bar).sigma2
