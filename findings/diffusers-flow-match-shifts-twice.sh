#!/usr/bin/env bash
# Guess: FlowMatchEulerDiscreteScheduler(shift=3).set_timesteps(1000) gives back the 1000 noise levels that it was
#   made with
# Seen: set_timesteps starts from the smallest level that is shifted already and shifts again: the last level is
#   0.0089 where the constructor has 0.0030; with shift=1 the lists are equal
# With: torch 2.13.0 (CPU), diffusers 0.42.1, Python 3.11, 2026-11-30
# Matters: the levels of training and of sampling are not one list, so a check that looks up sampling's levels in
#   training's table fails
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 diffusers==0.42.1
cd "$work"
venv/bin/python - <<'PY'
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

seen = {}
for shift in (1.0, 3.0):
    scheduler = FlowMatchEulerDiscreteScheduler(shift=shift)
    made = scheduler.sigmas.clone()
    scheduler.set_timesteps(1000)
    seen[shift] = round(made[-1].item(), 4), round(scheduler.sigmas[-2].item(), 4), scheduler.sigmas[-1].item()
    seen[shift, "equal"] = torch.allclose(made, scheduler.sigmas[:-1], atol=1e-4)
stated = {
    1.0: (0.001, 0.001, 0.0),
    (1.0, "equal"): True,
    3.0: (0.003, 0.0089, 0.0),
    (3.0, "equal"): False,
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
