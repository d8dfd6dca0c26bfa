"""Trains the tiny Stable Diffusion from nothing:  python -m reference.capstone.train --out /tmp/capstone

One command, one seed, six stages. Stopped at any point and started again, it goes on where it was and ends with the
same weights, bit for bit. The result is OUT/model. On two cores it takes about an hour: the processes of a stage share
each batch, and decoder and unet run side by side.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from dataclasses import asdict
from multiprocessing.process import BaseProcess
from pathlib import Path

import click
import torch

from reference.capstone.settings import Settings, fast
from reference.capstone.stages import STAGES
from reference.capstone.team import Team, new_team


@click.command(help=__doc__)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for all files.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or cuda:N; other weights on each.")
@click.option("--stage", "stages", type=click.Choice([*STAGES]), multiple=True, help="Only this one; may be repeated.")
@click.option("--seed", default=0, show_default=True, help="Same seed, same machine, same weights.")
@click.option("--fast", "is_fast", is_flag=True, help="A few steps of each stage, to see that it runs.")
def main(out: Path, device: str, stages: tuple[str, ...], seed: int, is_fast: bool) -> None:
    """Run the stages in their order; the decoder's tuning runs beside the unet if both are wanted."""
    settings = fast(seed) if is_fast else Settings(seed=seed)
    out.mkdir(parents=True, exist_ok=True)
    _claim(out, {**asdict(settings), "device": device})
    wanted = [stage for stage in STAGES if not stages or stage in stages]
    sizes = {"vae": settings.vae_processes, "unet": settings.unet_processes, "doubt": settings.unet_processes}
    alone = Team()
    beside = None
    for stage in wanted:
        if stage == "decoder" and "unet" in wanted:
            beside = _start("decoder", settings, out, device, alone)
        elif stage in sizes:
            first, *others = new_team(sizes[stage])
            started = [_start(stage, settings, out, device, member) for member in others]
            run_stage(stage, settings, out, device, first)
            _finish(started)
        else:
            if stage == "model" and beside is not None:
                _finish([beside])
            run_stage(stage, settings, out, device, alone)


def run_stage(stage: str, settings: Settings, out: Path, device: str, team: Team) -> None:
    """One stage in this process, on one thread.

    Sums taken in another order differ in the last digit, and training spreads that: the count of threads must be fixed.
    """
    torch.set_num_threads(1)
    STAGES[stage](settings, out, torch.device(device), team)


def _start(stage: str, settings: Settings, out: Path, device: str, team: Team) -> BaseProcess:
    """The same in a process of its own, which ends with this one."""
    process = multiprocessing.get_context("spawn").Process(
        target=run_stage, args=(stage, settings, out, device, team), daemon=True
    )
    process.start()
    return process


def _finish(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.join()
        if process.exitcode:
            raise click.ClickException("a process of the training failed; its message stands above")


def _claim(out: Path, settings: dict[str, object]) -> None:
    """Note the settings in the folder, or refuse one that holds a training with others."""
    note = out / "settings.json"
    if not note.exists():
        note.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    elif json.loads(note.read_text(encoding="utf-8")) != settings:
        raise click.ClickException(f"{out} holds a training with other settings: choose another --out or empty it.")


if __name__ == "__main__":
    main()
