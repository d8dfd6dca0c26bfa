"""Values that are no answer: none of them may bring the grader down."""
import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return np.full(T, np.nan)


def cosine_betas(T, s=0.008, max_beta=0.999):
    return [[1.0], [1.0, 2.0]]


def alpha_bars(betas):
    return {"alpha_bar": betas}


def forward_step(x, t, betas, eps):
    return x.astype(complex)


def q_sample(x0, t, alpha_bar, eps):
    return torch.full_like(x0, float("inf"))


def q_sample_own(x0, t, alpha_bar, seed):
    return torch.zeros(x0.shape, dtype=torch.bool)


def snr(alpha_bar):
    return "as asked"
