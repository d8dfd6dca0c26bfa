from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final, Iterator

import numpy as np

ZERO_MEAN: Final = 0


@dataclass
class Diffuser:
    std: float
    seed: int
    rows: list[list[float]] = field(default_factory=list)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def draw(self) -> float:
        return self.dice.gauss(ZERO_MEAN, self.std)

    def run(self, signal: list[float], steps: int) -> Diffuser:
        current = signal[:]
        for _ in range(steps):
            for i, _v in enumerate(current):
                current[i] += self.draw()
            self.rows.append(current.copy())
        return self


class Schedule(Iterator[float]):
    """1/total, 1/(total-1), ..., 1/1"""

    def __init__(self, total: int):
        self.left = total + 1

    def __next__(self) -> float:
        self.left -= 1
        if self.left < 1:
            raise StopIteration
        return 1 / self.left


def noise_signal(signal: list[float], steps: int, std: float, seed: int) -> list[list[float]]:
    return Diffuser(std=std, seed=seed).run(signal, steps).rows


def denoise(noisy: list[float], predicted_noise: list[float]) -> list[float]:
    return np.subtract(noisy, predicted_noise, dtype=np.float64)


def mse(predicted: list[float], actual: list[float]) -> float:
    off = np.asarray(predicted) - np.asarray(actual)
    return np.dot(off, off) / off.size


def toy_sample(x: list[float], target: list[float], total_steps: int) -> list[list[float]]:
    here, goal = np.array(x, dtype=float), np.array(target, dtype=float)
    return [(here := here + share * (goal - here)).tolist() for share in Schedule(total_steps)]


def noise_then_denoise(clean: list[float], steps: int, std: float, seed: int) -> list:
    diffuser = Diffuser(std, seed)
    added = sum(diffuser.draw() for _ in range(steps))
    predicted = np.full(len(clean), added)
    noisy = np.asarray(clean) + predicted
    recovered = denoise(noisy, predicted)
    return [noisy, predicted, recovered, np.linalg.norm(recovered - clean, ord=np.inf)]
