#!/usr/bin/env bash
# Guess: thresholding=True scales the guess of the picture by its 99.5 % quantile, so it differs from
#   clip_sample=True
# Seen: sample_max_value is 1.0 unless said otherwise and bounds that quantile, so the result is plain clipping to
#   -1..1 in DDPM, DDIM and DPM-Solver; with sample_max_value=100 a guess of -4..4 becomes -1..1 evenly, in steps of
#   0.25
# With: torch 2.13.0 (CPU), diffusers 0.42.1, Python 3.11, 2026-11-30
# Matters: a comparison of 'dynamic thresholding' with clipping shows two equal columns, and a student's own right
#   version differs from the library's
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 diffusers==0.42.1
cd "$work"
venv/bin/python - <<'PY'
import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler

guess = torch.linspace(-4, 4, 9).view(1, 1, 1, 9)


def kept(kind, **settings):
    scheduler = kind(prediction_type="sample", **settings)
    scheduler.set_timesteps(10)
    if kind is DPMSolverMultistepScheduler:
        return scheduler.convert_model_output(guess, sample=guess).flatten().tolist()
    return scheduler.step(guess, scheduler.timesteps[-1], guess).pred_original_sample.flatten().tolist()


kinds = (DDPMScheduler, DDIMScheduler, DPMSolverMultistepScheduler)
clipped = [-1.0, -1.0, -1.0, -1.0, 0.0, 1.0, 1.0, 1.0, 1.0]
even = [-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0]
seen = {
    kind.__name__: (kept(kind, thresholding=True), kept(kind, thresholding=True, sample_max_value=100.0))
    for kind in kinds
}
seen["clipping"] = kept(DDPMScheduler, clip_sample=True)
stated = {kind.__name__: (clipped, even) for kind in kinds}
stated["clipping"] = clipped

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
