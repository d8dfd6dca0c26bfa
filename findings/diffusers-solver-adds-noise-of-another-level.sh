#!/usr/bin/env bash
# Guess: DPMSolverMultistepScheduler.add_noise(x, noise, t) adds the noise of level t, as DDPM's does, or refuses a
#   t that it does not know
# Seen: as made, its table runs the other way: share of noise at t = 900, 500, 3 is 0.321, 0.960, 1.000 (DDPM:
#   1.000, 0.960, 0.023). After set_timesteps(20) a t that is not among the 20 gets the level of the last one:
#   0.173, 0.960, 0.173. UniPC is the same; nothing is raised
# With: torch 2.13.0 (CPU), diffusers 0.42.1, Python 3.11, 2026-11-30
# Matters: a training that takes this scheduler to make its noisy pictures learns nothing, without an error or a
#   warning
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 diffusers==0.42.1
cd "$work"
venv/bin/python - <<'PY'
import torch
from diffusers import DDPMScheduler, DPMSolverMultistepScheduler, UniPCMultistepScheduler


def shares(scheduler):
    noisy = scheduler.add_noise(torch.zeros(3, 1), torch.ones(3, 1), torch.tensor([900, 500, 3]))
    return [round(share, 3) for share in noisy.flatten().tolist()]


seen = {}
for kind in (DDPMScheduler, DPMSolverMultistepScheduler, UniPCMultistepScheduler):
    scheduler = kind()
    made = shares(scheduler)
    scheduler.set_timesteps(20)
    seen[kind.__name__] = made, shares(scheduler)
solver = [0.321, 0.96, 1.0], [0.173, 0.96, 0.173]
stated = {
    "DDPMScheduler": ([1.0, 0.96, 0.023], [1.0, 0.96, 0.023]),
    "DPMSolverMultistepScheduler": solver,
    "UniPCMultistepScheduler": solver,
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
