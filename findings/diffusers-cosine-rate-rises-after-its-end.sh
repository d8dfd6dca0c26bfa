#!/usr/bin/env bash
# Guess: get_scheduler('cosine') with 4 steps of warm-up of 10 starts at a quarter of the rate and stays at 0 after
#   its end, as 'linear' does
# Seen: the first optimizer step has rate 0, so it changes nothing; after step 10 the cosine rises again: 0.067,
#   0.25, 0.5, ... back to 1.0 at step 16. 'linear' stays at 0
# With: torch 2.13.0 (CPU), diffusers 0.42.1, Python 3.11, 2026-11-30
# Matters: a run that goes a little beyond num_training_steps (the last incomplete batch of each epoch not counted)
#   is trained with a growing rate at its end
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 diffusers==0.42.1
cd "$work"
venv/bin/python - <<'PY'
import torch
from diffusers.optimization import get_scheduler


def rates(name):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = get_scheduler(name, optimizer, num_warmup_steps=4, num_training_steps=10)
    values = []
    for _ in range(17):
        values.append(round(optimizer.param_groups[0]["lr"], 3))
        optimizer.step()
        scheduler.step()
    return values


seen = {name: rates(name) for name in ("cosine", "linear")}
start = [0.0, 0.25, 0.5, 0.75, 1.0]
stated = {
    "cosine": [*start, 0.933, 0.75, 0.5, 0.25, 0.067, 0.0, 0.067, 0.25, 0.5, 0.75, 0.933, 1.0],
    "linear": [*start, 0.833, 0.667, 0.5, 0.333, 0.167, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
