"""x_t from x0 and eps, with plain lists."""

import math


def add_noise(x0: list[float], t: int, alpha_bar: list[float], eps: list[float]) -> list[float]:
    """Eq. 4 of DDPM (Ho et al. 2020): sqrt(alpha_bar_t) x0 + sqrt(1 - alpha_bar_t) eps."""
    signal, noise = math.sqrt(alpha_bar[t]), math.sqrt(1 - alpha_bar[t])
    return [signal * x + noise * e for x, e in zip(x0, eps, strict=True)]
