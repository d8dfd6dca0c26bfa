#!/usr/bin/env bash
# Guess: add_noise in half precision gives the noise share of float32, rounded: 0.01 at t = 0
# Seen: DDPM and DDIM cast alpha_bar to the pictures' type before they take 1 - alpha_bar. In bfloat16 the first 10
#   timesteps get no noise at all, in float16 the first 2; bfloat16 has 190 different noise shares for 1000
#   timesteps. Euler, which keeps sigma, loses none
# With: torch 2.13.0 (CPU), diffusers 0.42.1, Python 3.11, 2026-11-30
# Matters: a training batch in bfloat16 asks the network to find noise that is not in the picture, and a check of
#   small t that is right in float32 fails
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 diffusers==0.42.1
cd "$work"
venv/bin/python - <<'PY'
import torch
from diffusers import DDIMScheduler, DDPMScheduler, EulerDiscreteScheduler


def shares(kind, dtype):
    """What add_noise makes of noise 1 on a picture of 0, at each timestep."""
    nothing, noise = torch.zeros(1000, 1, dtype=dtype), torch.ones(1000, 1, dtype=dtype)
    return kind().add_noise(nothing, noise, torch.arange(1000)).flatten()


seen = {}
for kind in (DDPMScheduler, DDIMScheduler, EulerDiscreteScheduler):
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        seen[kind.__name__, dtype] = int((shares(kind, dtype) == 0).sum())
seen["different shares"] = len(shares(DDPMScheduler, torch.bfloat16).unique())
stated = {
    ("DDPMScheduler", torch.float32): 0,
    ("DDPMScheduler", torch.float16): 2,
    ("DDPMScheduler", torch.bfloat16): 10,
    ("DDIMScheduler", torch.float32): 0,
    ("DDIMScheduler", torch.float16): 2,
    ("DDIMScheduler", torch.bfloat16): 10,
    ("EulerDiscreteScheduler", torch.float32): 0,
    ("EulerDiscreteScheduler", torch.float16): 0,
    ("EulerDiscreteScheduler", torch.bfloat16): 0,
    "different shares": 190,
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
