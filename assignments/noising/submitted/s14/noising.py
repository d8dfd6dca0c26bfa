# Übung 1: der Vorwärtsprozess
# Größen: alle Varianzen, außer wo eine Wurzel steht.
import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    schritt = (beta_end - beta_start) / (T - 1)  # gleichmäßig
    return beta_start + schritt * np.arange(T)


def cosine_betas(T, s=0.008, max_beta=0.999):
    stützstellen = np.arange(T + 1) / T
    übrig = np.cos((stützstellen + s) / (1 + s) * np.pi / 2) ** 2
    return np.minimum(1 - übrig[1:] / übrig[:-1], max_beta)


def alpha_bars(betas):
    return np.cumprod(1 - betas)


def forward_step(x, t, betas, eps):
    return np.sqrt(1 - betas[t]) * x + np.sqrt(betas[t]) * eps


def q_sample(x0, t, alpha_bar, eps):
    # für jedes Bild der eigene Schritt
    anteil = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    return anteil.sqrt() * x0 + (1 - anteil).sqrt() * eps


def q_sample_own(x0, t, alpha_bar, seed):
    würfel = torch.Generator().manual_seed(seed)
    return q_sample(x0, t, alpha_bar, torch.randn(x0.shape, generator=würfel))


def snr(alpha_bar):
    return alpha_bar / (1 - alpha_bar)
