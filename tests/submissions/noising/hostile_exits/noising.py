import ctypes
import os
import sys

import numpy as np
import torch


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    sys.exit("goodbye")


def cosine_betas(T, s=0.008, max_beta=0.999):
    os._exit(0)


def alpha_bars(betas):
    ctypes.string_at(0)  # a crash of the interpreter itself


def forward_step(x, t, betas, eps):
    os.abort()


def q_sample(x0, t, alpha_bar, eps):
    a = alpha_bar[t].reshape(-1, *[1] * (x0.ndim - 1))
    return a.sqrt() * x0 + (1 - a).sqrt() * eps


def q_sample_own(x0, t, alpha_bar, seed):
    return q_sample(x0, t, alpha_bar, torch.randn(x0.shape, generator=torch.Generator().manual_seed(seed)))


def snr(alpha_bar):
    raise GeneratorExit
