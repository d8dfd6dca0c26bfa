#!/usr/bin/env bash
# Guess: with timestep_spacing='leading' the first of 500 steps of DPM-Solver is near 1000, as it is with DDIM, and
#   1000 steps visit every timestep
# Seen: DPM-Solver divides 1000 by the number of steps + 1 and rounds down: 500 steps start at 500, and all 1000 of
#   1000 steps are at t = 0. DDIM starts at 998 and 999
# With: torch 2.13.0 (CPU), diffusers 0.42.1, Python 3.11, 2026-11-30
# Matters: a comparison of samplers at many steps compares a whole way with a half one, or with none: the solver
#   never sees the noisy half
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 diffusers==0.42.1
cd "$work"
venv/bin/python - <<'PY'
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

seen = {}
for kind in (DDIMScheduler, DPMSolverMultistepScheduler):
    for count in (500, 1000):
        scheduler = kind(timestep_spacing="leading")
        scheduler.set_timesteps(count)
        steps = scheduler.timesteps.tolist()
        seen[kind.__name__, count] = len(steps), steps[0], len(set(steps))
stated = {
    ("DDIMScheduler", 500): (500, 998, 500),
    ("DDIMScheduler", 1000): (1000, 999, 1000),
    ("DPMSolverMultistepScheduler", 500): (500, 500, 500),
    ("DPMSolverMultistepScheduler", 1000): (1000, 0, 1),
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
