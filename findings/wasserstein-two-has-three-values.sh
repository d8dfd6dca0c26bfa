#!/usr/bin/env bash
# Guess: the 2-Wasserstein distance of points that lie 3 apart is 3 by every function that is asked for p = 2, or 9
#   by all
# Seen: POT's wasserstein_1d(p=2) gives 9.0 and its sliced_wasserstein_distance(p=2) gives 3.0; geomloss'
#   SamplesLoss('sinkhorn', p=2) gives 4.5, half the square
# With: pot 0.9.7.post1, geomloss 0.3.1, torch 2.13.0 (CPU), numpy 2.4.6, Python 3.11, 2026-11-30
# Matters: a pass mark for samples that was found with one function is wrong by a square or a half with the next
#   one, also within one library
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 numpy==2.4.6 pot==0.9.7.post1 geomloss==0.3.1
cd "$work"
venv/bin/python - <<'PY'
import numpy as np
import ot
import torch
from geomloss import SamplesLoss

x, y = np.array([0.0, 1.0]), np.array([3.0, 4.0])
loss = SamplesLoss("sinkhorn", p=2, blur=0.05)
seen = {
    "wasserstein_1d": round(float(ot.wasserstein_1d(x, y, p=2)), 6),
    "sliced": round(float(ot.sliced_wasserstein_distance(x[:, None], y[:, None], p=2)), 6),
    "geomloss": round(loss(torch.tensor([[0.0]]), torch.tensor([[3.0]])).item(), 3),
}
stated = {"wasserstein_1d": 9.0, "sliced": 3.0, "geomloss": 4.5}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
