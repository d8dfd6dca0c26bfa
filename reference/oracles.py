"""Perfect noise predictors: models for data whose law is known, so that right answers are known too.

A trained network is slow and never exact. For simple data laws the best possible prediction of the noise has a closed
form, and a sampling loop that uses it must produce samples of exactly that law. Every model here acts value by value,
so x may have any trailing axes; it keeps the dtype of x and is differentiable in x.

Derivation, for one value. Let x_t = sqrt(a) x0 + sqrt(1 - a) eps with a = alpha_bar[t] (DDPM, arXiv:2006.11239, eq. 4).
If x0 ~ N(m, s^2), then x_t ~ N(sqrt(a) m, v) with v = a s^2 + 1 - a, and cov(eps, x_t) = sqrt(1 - a), hence

    E[eps | x_t] = sqrt(1 - a) (x_t - sqrt(a) m) / v.                                                            (1)

If x0 comes from bump k with probability w_k, Bayes' rule gives the chance that this x_t came from bump k,
r_k proportional to w_k N(x_t; sqrt(a) m_k, v), and the prediction is the mean of (1) weighted by r_k:

    E[eps | x_t] = sum_k r_k E[eps | x_t, bump k].                                                               (2)

Both equal -sqrt(1 - a) times the score of the law of x_t (arXiv:2011.13456, sec. 3).

alpha_bar: (T,) tensor or array. t: LongTensor (B,) or a whole number, in 0..T-1. labels: LongTensor (B,).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Model = Callable[..., Tensor]


def gaussian(alpha_bar: Tensor, *, mean: float | Tensor = 0.0, std: float = 1.0) -> Model:
    """model(x, t) -> eps, exact for x0 ~ N(mean, std^2), equation (1).

    mean: a number, or a tensor shaped like one x.
    """

    def model(x: Tensor, t: Tensor | int) -> Tensor:
        x = _floating(x)
        return _bump(x, _row(alpha_bar, t, x), mean, std)

    return model


def mixture(alpha_bar: Tensor, *, means: Sequence[float], std: float, weights: Sequence[float] | None = None) -> Model:
    """model(x, t) -> eps, exact for values drawn from bumps N(means[k], std^2) with chances `weights` (equal if None).

    Equation (2). Not linear in x: few large steps and many small ones end in different places, as with real pictures.
    """

    def model(x: Tensor, t: Tensor | int) -> Tensor:
        x = _floating(x)
        return _bumps(x, _row(alpha_bar, t, x), means, std, weights)

    return model


def class_gaussian(
    alpha_bar: Tensor,
    *,
    means: Sequence[float],
    std: float,
    null_id: int,
    null_mean: float = 0.0,
    null_std: float | None = None,
) -> Model:
    """model(x, t, labels) -> eps: class k is N(means[k], std^2); `null_id` (no label) is N(null_mean, null_std^2).

    null_std defaults to the spread of all classes together, sqrt(std^2 + mean of (means[k] - null_mean)^2), so the
    unconditional law is a Gaussian stand-in with the right size. Linear in x; `class_mixture` is the exact one.
    """
    spread = math.sqrt(std**2 + sum((m - null_mean) ** 2 for m in means) / len(means)) if null_std is None else null_std

    def model(x: Tensor, t: Tensor | int, labels: Tensor) -> Tensor:
        x = _floating(x)
        a = _row(alpha_bar, t, x)
        unlabelled, own_mean = _by_class(labels, means, null_id, x)
        return torch.where(unlabelled, _bump(x, a, null_mean, spread), _bump(x, a, own_mean, std))

    return model


def class_mixture(alpha_bar: Tensor, *, means: Sequence[float], std: float, null_id: int) -> Model:
    """model(x, t, labels) -> eps: class k is N(means[k], std^2); `null_id` is the mixture of all, equally likely.

    This is what a network trained with dropped labels learns at best (classifier-free guidance, arXiv:2207.12598).
    """

    def model(x: Tensor, t: Tensor | int, labels: Tensor) -> Tensor:
        x = _floating(x)
        a = _row(alpha_bar, t, x)
        unlabelled, own_mean = _by_class(labels, means, null_id, x)
        return torch.where(unlabelled, _bumps(x, a, means, std, None), _bump(x, a, own_mean, std))

    return model


def gaussian_floor(alpha_bar: Tensor, *, std: float) -> Tensor:
    """(T,) float64: the smallest possible mean squared error on eps for x0 ~ N(., std^2), at each t.

    var(eps | x_t) = 1 - (1 - a) / v = a s^2 / v. Predicting 0 costs 1 at each t.
    """
    a = torch.as_tensor(alpha_bar).to(torch.float64)
    return a * std**2 / (a * std**2 + 1 - a)


def mixture_floor(
    alpha_bar: Tensor, *, means: Sequence[float], std: float, weights: Sequence[float] | None = None
) -> Tensor:
    """(T,) float64: the smallest possible mean squared error on eps for the law of `mixture`, at each t.

    E (eps - E[eps|x_t])^2 = 1 - E (E[eps|x_t])^2, integrated over x_t on a grid of 4,001 points that reaches 9 standard
    deviations past the outermost bumps (right to 1e-6 while the bumps of x_t are wider than about 1/1000 of the grid).
    """
    a = torch.as_tensor(alpha_bar).to(torch.float64)
    floors = []
    for a_t in a:
        width = float((a_t * std**2 + 1 - a_t).sqrt())
        centres = [float(a_t.sqrt()) * m for m in means]
        x = torch.linspace(min(centres) - 9 * width, max(centres) + 9 * width, 4001, dtype=torch.float64)
        shares = [1 / len(means)] * len(means) if weights is None else weights
        density = sum(
            w * torch.exp(-((x - c) ** 2) / (2 * width**2)) / (width * math.sqrt(2 * math.pi))
            for w, c in zip(shares, centres, strict=True)
        )
        best = _bumps(x, a_t.reshape(1), means, std, weights)
        floors.append(1 - torch.trapezoid(density * best**2, x))
    return torch.stack(floors)


def ddpm_law(betas: Tensor, *, mean: float, std: float) -> tuple[float, float]:
    """(mean, std) of each value at the end of the DDPM loop, when `gaussian(mean, std)` is the model and x_T ~ N(0, 1).

    The mean of a DDPM step (arXiv:2006.11239, eq. 11) is linear in x_t for the model (1), so the chain stays Gaussian
    and its two moments follow exactly, with no error from the number of steps: mean <- k mean + c,
    variance <- k^2 variance + beta_tilde, k = (1 - beta / v) / sqrt(1 - beta), c = beta sqrt(a) m / (v sqrt(1 - beta)).
    sigma^2 = beta_tilde (eq. 7); nothing is added at t = 0.
    """
    beta = torch.as_tensor(betas).to(torch.float64)
    alpha_bar = torch.cumprod(1 - beta, 0)
    level, variance = 0.0, 1.0
    for t in range(len(beta) - 1, -1, -1):
        a, b = float(alpha_bar[t]), float(beta[t])
        v = a * std**2 + 1 - a
        k = (1 - b / v) / math.sqrt(1 - b)
        level = k * level + b * math.sqrt(a) * mean / (v * math.sqrt(1 - b))
        added = b * (1 - float(alpha_bar[t - 1])) / (1 - a) if t > 0 else 0.0
        variance = k**2 * variance + added
    return level, math.sqrt(variance)


def _floating(x: Tensor) -> Tensor:
    x = torch.as_tensor(x)
    return x if x.is_floating_point() else x.to(torch.get_default_dtype())


def _row(alpha_bar: Tensor, t: Tensor | int, x: Tensor) -> Tensor:
    """alpha_bar[t], float64, with one axis for each axis of x, so that it multiplies x picture by picture."""
    table = torch.as_tensor(alpha_bar).to(torch.float64)
    rows = table[torch.as_tensor(t).to(torch.long).reshape(-1)]
    return rows.reshape(-1, *[1] * (x.ndim - 1)) if x.ndim else rows.reshape(())


def _bump(x: Tensor, a: Tensor, mean: float | Tensor, std: float) -> Tensor:
    """Equation (1). The factors are formed in float64 (1 - a loses digits in float32) and then take the dtype of x."""
    centre = (a.sqrt() * mean).to(x.dtype)
    slope = ((1 - a).sqrt() / (a * std**2 + 1 - a)).to(x.dtype)
    return slope * (x - centre)


def _bumps(x: Tensor, a: Tensor, means: Sequence[float], std: float, weights: Sequence[float] | None) -> Tensor:
    """Equation (2)."""
    shares = [1 / len(means)] * len(means) if weights is None else weights
    v = (a * std**2 + 1 - a).to(x.dtype)
    log_odds = [
        math.log(w) - (x - (a.sqrt() * m).to(x.dtype)) ** 2 / (2 * v) for m, w in zip(means, shares, strict=True)
    ]
    responsibility = torch.softmax(torch.stack(log_odds), dim=0)
    return (responsibility * torch.stack([_bump(x, a, m, std) for m in means])).sum(0)


def _by_class(labels: Tensor, means: Sequence[float], null_id: int, x: Tensor) -> tuple[Tensor, Tensor]:
    """(is unlabelled, mean of the own class), each with one axis for each axis of x. An unknown label raises."""
    labels = torch.as_tensor(labels).to(torch.long).reshape(-1)
    known = [null_id if int(y) == null_id else range(len(means))[int(y)] for y in labels]
    own = torch.tensor([0.0 if y == null_id else means[y] for y in known], dtype=torch.float64)
    axes = (-1, *[1] * (x.ndim - 1))
    return (labels == null_id).reshape(axes), own.reshape(axes)
