"""One training loop for every part: AdamW, a cosine, averaged weights, and a checkpoint from which it goes on.

It goes on bit for bit, as though it had never been stopped: the chance of each step depends on its number alone.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor, nn
from tqdm import tqdm

from reference.capstone.team import Team

WARM_UP = 100  # steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how fast to train. average: the longest memory of the averaged weights, a share kept per step."""

    steps: int
    rate: float
    seed: int
    save_every: int
    beta2: float = 0.99
    average: float = 0.998

    def rate_at(self, step: int) -> float:
        """Linear warm-up, then one cosine down to zero."""
        return self.rate * min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * step / self.steps)) + 1e-6

    def chance_of(self, step: int, rank: int) -> Generator:
        """The chance of one step in one member of a team."""
        return torch.Generator().manual_seed((self.seed * 1_000_000 + step) * 10 + rank)


def fit(
    networks: Mapping[str, nn.Module],
    loss: Callable[[int, Generator], Tensor],
    plan: Plan,
    checkpoint: Path,
    *,
    trained: Sequence[nn.Parameter] | None = None,
    team: Team = Team(),  # noqa: B008, immutable
    bar_position: int = 0,
) -> dict[str, nn.Module]:
    """Train networks in place and return their averaged copies, from which pictures come out better.

    loss(step, generator): the loss of one batch, or of a member's part of it; all chance comes from the generator.
    trained: the parameters to change, all if None. checkpoint: written every plan.save_every steps and at the end; if
    it is there, training goes on from it.
    """
    trained = list(trained or (p for network in networks.values() for p in network.parameters()))
    averages = {name: copy.deepcopy(network).eval().requires_grad_(False) for name, network in networks.items()}
    optimizer = torch.optim.AdamW(trained, lr=plan.rate, betas=(0.9, plan.beta2), weight_decay=1e-3)
    done = _resume(checkpoint, networks, averages, optimizer) if checkpoint.exists() else 0
    bar = tqdm(
        range(done, plan.steps),
        desc=checkpoint.stem,
        initial=done,
        total=plan.steps,
        position=bar_position,
        mininterval=2,
        disable=not team.leads,
    )
    for step in bar:
        for group in optimizer.param_groups:
            group["lr"] = plan.rate_at(step)
        value = loss(step, plan.chance_of(step, team.rank))
        value.backward()
        team.average_gradients(trained)
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        _average(averages, networks, keep=min(plan.average, (2 + step) / (11 + step)))
        if (step + 1) % 20 == 0:
            bar.set_postfix_str(f"loss {value.item():.4f}", refresh=False)
        if team.leads and ((step + 1) % plan.save_every == 0 or step + 1 == plan.steps):
            _save(checkpoint, step + 1, networks, averages, optimizer)
    return averages


def averaged(checkpoint: Path, name: str, network: nn.Module) -> int:
    """Load the averaged weights of a checkpoint into a network, finished or not; returns the steps behind them."""
    state = torch.load(checkpoint, map_location="cpu")
    network.load_state_dict(state["averages"][name])
    return int(state["step"])


@torch.no_grad()
def _average(averages: Mapping[str, nn.Module], networks: Mapping[str, nn.Module], *, keep: float) -> None:
    for name, average in averages.items():
        torch._foreach_lerp_(list(average.parameters()), list(networks[name].parameters()), 1 - keep)


def _save(
    checkpoint: Path,
    step: int,
    networks: Mapping[str, nn.Module],
    averages: Mapping[str, nn.Module],
    optimizer: torch.optim.Optimizer,
) -> None:
    state = {
        "step": step,
        "optimizer": optimizer.state_dict(),
        "networks": {name: network.state_dict() for name, network in networks.items()},
        "averages": {name: network.state_dict() for name, network in averages.items()},
    }
    unfinished = checkpoint.with_suffix(".part")
    torch.save(state, unfinished)
    unfinished.replace(checkpoint)


def _resume(
    checkpoint: Path,
    networks: Mapping[str, nn.Module],
    averages: Mapping[str, nn.Module],
    optimizer: torch.optim.Optimizer,
) -> int:
    state = torch.load(checkpoint, map_location="cpu")
    for name, network in networks.items():
        network.load_state_dict(state["networks"][name])
        averages[name].load_state_dict(state["averages"][name])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])
