import math
import random
from itertools import accumulate
from operator import mul


def linear_betas(T, beta_start=1e-4, beta_end=0.02):
    return [beta_start + (beta_end - beta_start) * i / (T - 1) for i in range(T)]


def cosine_betas(T, s=0.008, max_beta=0.999):
    def f(u):
        return math.cos((u + s) / (1 + s) * math.pi / 2) ** 2

    return [min(1 - f((i + 1) / T) / f(i / T), max_beta) for i in range(T)]


def alpha_bars(betas):
    return list(accumulate((1 - b for b in betas.tolist()), mul))


def mix(x, eps, keep, add):
    if isinstance(x, list):
        return [mix(a, b, keep, add) for a, b in zip(x, eps)]
    return keep * x + add * eps


def forward_step(x, t, betas, eps):
    beta = float(betas[t])
    return mix(x.tolist(), eps.tolist(), math.sqrt(1 - beta), math.sqrt(beta))


def q_sample(x0, t, alpha_bar, eps):
    out = []
    for x, e, k in zip(x0.tolist(), eps.tolist(), t.tolist()):
        a = alpha_bar[k].item()
        out.append(mix(x, e, math.sqrt(a), math.sqrt(1 - a)))
    return out


def q_sample_own(x0, t, alpha_bar, seed):
    dice = random.Random(seed)

    def noisy(x, a):
        if isinstance(x, list):
            return [noisy(v, a) for v in x]
        return math.sqrt(a) * x + math.sqrt(1 - a) * dice.gauss(0, 1)

    return [noisy(x, alpha_bar[k].item()) for x, k in zip(x0.tolist(), t.tolist())]


def snr(alpha_bar):
    return tuple(a / (1 - a) for a in alpha_bar)
