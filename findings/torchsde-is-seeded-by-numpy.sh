#!/usr/bin/env bash
# Guess: torchsde.sdeint, a torch library, draws the same path after the same torch.manual_seed
# Seen: its Brownian motion takes its seed from numpy's global generator: two runs with one torch seed differ, two
#   with one numpy seed are equal whatever torch's seed is
# With: torchsde 0.2.6, torch 2.13.0 (CPU), numpy 2.4.6, scipy 1.17.1, Python 3.11, 2026-11-30
# Matters: samples of a score SDE cannot be graded by torch's seed alone
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 numpy==2.4.6 scipy==1.17.1 torchsde==0.2.6
cd "$work"
venv/bin/python - <<'PY'
import numpy as np
import torch
import torchsde


class Motion(torch.nn.Module):
    noise_type = "diagonal"
    sde_type = "ito"

    def f(self, t, y):
        return -y

    def g(self, t, y):
        return torch.ones_like(y)


def end(torch_seed, numpy_seed=None):
    torch.manual_seed(torch_seed)
    if numpy_seed is not None:
        np.random.seed(numpy_seed)
    return torchsde.sdeint(Motion(), torch.zeros(4, 1), torch.tensor([0.0, 1.0]), dt=0.1)[-1]


seen = {
    "one torch seed": torch.equal(end(0), end(0)),
    "one numpy seed, two of torch": torch.equal(end(0, 5), end(1, 5)),
}
stated = {"one torch seed": False, "one numpy seed, two of torch": True}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
