from __future__ import annotations

import functools
import itertools
import operator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch.func import vmap


class Mix(NamedTuple):
    signal: torch.Tensor
    noise: torch.Tensor


@dataclass(frozen=True)
class Schedule:
    """Everything that follows from the betas; nothing here is ever written to again."""

    betas: tuple[float, ...]
    ᾱ: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self: Schedule) -> None:
        kept = itertools.accumulate((1 - β for β in self.betas), operator.mul)
        object.__setattr__(self, "ᾱ", np.fromiter(kept, dtype=np.float64))

    @classmethod
    def linear(cls, T: int, *, lo: float, hi: float) -> Schedule:
        return cls(tuple(lo + (hi - lo) * i / (T - 1) for i in range(T)))

    @classmethod
    def cosine(cls, T: int, *, s: float, cap: float) -> Schedule:
        angle = (np.arange(T + 1) / T + s) / (1 + s) * np.pi / 2
        log_signal = 2 * np.log(np.cos(angle[:-1]))
        log_signal = np.append(log_signal, 2 * np.log(np.maximum(np.cos(angle[-1]), 1e-300)))
        return cls(tuple(np.minimum(-np.expm1(np.diff(log_signal)), cap)))


def mix_of(ᾱ: torch.Tensor) -> Mix:
    return Mix(signal=ᾱ.sqrt(), noise=(1 - ᾱ).sqrt())


@functools.partial(vmap, in_dims=(0, 0, 0))
def _noise_one(x, ᾱ, ε):
    mix = mix_of(ᾱ)
    return mix.signal * x + mix.noise * ε


def linear_betas(T: int, beta_start: float = 1e-4, beta_end: float = 0.02) -> np.ndarray:
    return Schedule.linear(T, lo=beta_start, hi=beta_end).betas


def cosine_betas(T: int, s: float = 0.008, max_beta: float = 0.999) -> np.ndarray:
    return Schedule.cosine(T, s=s, cap=max_beta).betas


def alpha_bars(betas: np.ndarray) -> np.ndarray:
    return Schedule(tuple(betas)).ᾱ


def forward_step(x: np.ndarray, t: int, betas: np.ndarray, eps: np.ndarray) -> np.ndarray:
    out = np.array(x, dtype=np.float64)  # a copy; the maths below is in place
    out *= np.sqrt(1 - betas[t])
    out += np.sqrt(betas[t]) * np.asarray(eps)
    return out


def q_sample(x0, t, alpha_bar, eps):
    return _noise_one(x0, torch.index_select(alpha_bar, 0, t), eps)


def q_sample_own(x0, t, alpha_bar, seed):
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    ε = torch.from_numpy(rng.standard_normal(tuple(x0.shape)))
    return q_sample(x0, t, alpha_bar, ε)


def snr(alpha_bar: np.ndarray) -> np.ndarray:
    return [1 / (1 / ᾱ - 1) for ᾱ in alpha_bar]
