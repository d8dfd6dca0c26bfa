"""Two processes that train one network: each computes the gradient of half a batch, and both take the same step.

Threads of one process wait for each other in every layer, which on a busy machine costs more than it brings; these two
wait once a step.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier

import torch
from torch import Tensor, nn

MOST_PARAMETERS = 3_000_000
PATIENCE = 1800  # seconds to wait for the others before giving up


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """One member's view: its rank, and the memory and barrier that all members share."""

    rank: int = 0
    shared: Tensor | None = None
    barrier: Barrier | None = None

    @property
    def size(self) -> int:
        """How many processes there are."""
        return 1 if self.shared is None else len(self.shared)

    @property
    def leads(self) -> bool:
        """Whether this member writes the files and shows the progress."""
        return self.rank == 0

    def wait(self) -> None:
        """Go on when all have come this far."""
        if self.barrier is not None:
            self.barrier.wait(PATIENCE)

    def average_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replace every member's gradients by their mean, the same bits for all."""
        if self.shared is None:
            return
        gradients = [parameter.grad for parameter in parameters]
        flat = torch.cat([gradient.flatten() for gradient in gradients]).cpu()
        self.shared[self.rank, : len(flat)] = flat
        self.wait()
        mean = self.shared[:, : len(flat)].mean(0)
        self.wait()  # nobody writes the next gradient before everybody has read this one
        for gradient, part in zip(gradients, mean.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(part.view(gradient.shape))


def new_team(size: int) -> list[Team]:
    """The members, to be sent to their processes."""
    shared = torch.zeros(size, MOST_PARAMETERS).share_memory_()
    barrier = multiprocessing.get_context("spawn").Barrier(size)
    return [Team(rank=rank, shared=shared, barrier=barrier) for rank in range(size)]
