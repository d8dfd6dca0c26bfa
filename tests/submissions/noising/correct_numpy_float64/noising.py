"""Everything in numpy and float64, tensors included."""
import numpy as np


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return beta_start + (beta_end - beta_start) * np.arange(T) / (T - 1)


def cosine_betas(T, s=0.008, max_beta=0.999):
    angle = (np.arange(T + 1) / T + s) / (1 + s) * np.pi / 2
    kept = np.cos(angle[1:]) ** 2 / np.cos(angle[:-1]) ** 2
    betas = 1 - kept
    betas[betas > max_beta] = max_beta
    return betas


def alpha_bars(betas):
    return np.exp(np.log1p(-np.asarray(betas)).cumsum())


def forward_step(x, t, betas, eps):
    scale = np.sqrt([1 - betas[t], betas[t]])
    return np.tensordot(scale, np.stack([x, eps]), axes=1)


def q_sample(x0, t, alpha_bar, eps):
    a = np.asarray(alpha_bar, dtype=np.float64)[np.asarray(t)]
    return np.einsum("b,b...->b...", np.sqrt(a), np.asarray(x0)) + np.einsum("b,b...->b...", np.sqrt(1 - a), np.asarray(eps))


def q_sample_own(x0, t, alpha_bar, seed):
    eps = np.random.default_rng(seed).standard_normal(tuple(x0.shape))
    return q_sample(x0, t, alpha_bar, eps)


def snr(alpha_bar):
    return 1 / (1 / np.asarray(alpha_bar) - 1)
