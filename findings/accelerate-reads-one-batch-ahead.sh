#!/usr/bin/env bash
# Guess: a DataLoader that went through Accelerator.prepare gives the same batches and leaves the same random
#   numbers to the training step as the plain one, in one process on the CPU
# Seen: it fetches the next batch before it hands out this one, so a data set that draws (augmentation, noise) and a
#   step that draws take each other's numbers: the second and third batch and the noise of the first two steps
#   differ, though the order of the rows is the same
# With: accelerate 1.15.0, torch 2.13.0 (CPU), Python 3.11, 2026-11-30
# Matters: one seed gives two trainings with and without accelerate, so losses cannot be compared number by number
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 accelerate==1.15.0
cd "$work"
venv/bin/python - <<'PY'
import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader, Dataset


class Noisy(Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        return index + torch.rand(1)


def epoch(loader):
    torch.manual_seed(0)
    rows, noise = [], []
    for batch in loader:
        rows.append(batch.flatten())
        noise.append(torch.rand(1))
    return torch.stack(rows), torch.cat(noise)


loader = DataLoader(Noisy(), batch_size=2, shuffle=True, generator=torch.Generator())
loader.generator.manual_seed(0)
rows, noise = epoch(loader)
loader.generator.manual_seed(0)
ahead_rows, ahead_noise = epoch(Accelerator(cpu=True).prepare(loader))
seen = {
    "order": torch.equal(rows.long(), ahead_rows.long()),
    "batches": (rows == ahead_rows).all(1).tolist(),
    "noise of the steps": (noise == ahead_noise).tolist(),
}
stated = {"order": True, "batches": [True, False, False], "noise of the steps": [False, False, True]}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
