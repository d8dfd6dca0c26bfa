#!/usr/bin/env bash
# Guess: OTPlanSampler pairs a batch of noise with a batch of pictures one to one, and torch.manual_seed makes it
#   repeatable
# Seen: it draws pairs from the plan with replacement, by numpy's global generator: of 64 pictures about a third is
#   left out (22 for numpy's seed 0) and others come two or three times; torch.manual_seed does not fix it,
#   np.random.seed does; replace=False gives each once
# With: torchcfm 1.0.7, torch 2.13.0 (CPU), numpy 2.4.6, Python 3.11, 2026-11-30
# Matters: a flow-matching batch is smaller than it looks, and a training with torch's seed alone differs from run
#   to run
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 numpy==2.4.6 torchcfm==1.0.7
cd "$work"
venv/bin/python - <<'PY'
import numpy as np
import torch
from torchcfm.optimal_transport import OTPlanSampler

noise, pictures = torch.arange(64.0)[:, None], torch.arange(64.0)[:, None] + 0.1


def chosen(**settings):
    torch.manual_seed(0)
    return OTPlanSampler("exact").sample_plan(noise, pictures, **settings)[1].flatten().tolist()


np.random.seed(0)
first, second = chosen(), chosen()
np.random.seed(0)
seen = {
    "left out": 64 - len(set(first)),
    "same by torch's seed": first == second,
    "same by numpy's seed": first == chosen(),
    "left out, replace=False": 64 - len(set(chosen(replace=False))),
}
stated = {
    "left out": 22,
    "same by torch's seed": False,
    "same by numpy's seed": True,
    "left out, replace=False": 0,
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
