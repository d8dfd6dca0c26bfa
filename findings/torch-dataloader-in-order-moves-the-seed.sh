#!/usr/bin/env bash
# Guess: going through a DataLoader that does not shuffle and has no workers leaves torch's global random numbers
#   alone
# Seen: each pass draws one number from the global generator; with generator= of its own it draws none, also when it
#   shuffles
# With: torch 2.13.0 (CPU), Python 3.11, 2026-11-30
# Matters: a validation pass in the middle changes the noise of all training after it, so two right trainings of one
#   seed differ
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0
cd "$work"
venv/bin/python - <<'PY'
import torch
from torch.utils.data import DataLoader, TensorDataset


def moved(**settings):
    loader = DataLoader(TensorDataset(torch.zeros(4, 1)), **settings)
    torch.manual_seed(0)
    before = torch.get_rng_state()
    list(loader)
    return not torch.equal(before, torch.get_rng_state())


seen = {
    "in order": moved(),
    "in order, own generator": moved(generator=torch.Generator()),
    "shuffled, own generator": moved(shuffle=True, generator=torch.Generator()),
}
stated = {"in order": True, "in order, own generator": False, "shuffled, own generator": False}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
