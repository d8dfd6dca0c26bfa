#!/usr/bin/env bash
# Guess: a numpy table times a torch tensor works in both orders and gives float64 in both
# Seen: array * tensor, array - tensor and array @ tensor raise TypeError ('unsupported operand type(s)'), array /
#   tensor works, and tensor * array works. A float64 array, also one without axes, lifts a float32 tensor to
#   float64; a number taken out of it (np.float64) does not
# With: torch 2.13.0 (CPU), numpy 2.4.6, Python 3.11, 2026-11-30
# Matters: np.sqrt(alpha_bar[t]) * x is right for one t and a TypeError for several, and the other order passes but
#   hands float64 to a float32 network
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import warnings

import numpy as np
import torch

warnings.simplefilter("ignore", DeprecationWarning)
table, none, x = np.array([1.0, 2.0]), np.array(0.5), torch.tensor([1.0, 2.0])


def kind(action):
    try:
        return str(action().dtype)
    except TypeError as error:
        return str(error).partition(":")[0]


seen = {
    "array * tensor": kind(lambda: table * x),
    "array - tensor": kind(lambda: table - x),
    "array @ tensor": kind(lambda: table @ x),
    "0-d array * tensor": kind(lambda: none * x),
    "array / tensor": kind(lambda: table / x),
    "tensor * array": kind(lambda: x * table),
    "tensor * 0-d array": kind(lambda: x * none),
    "number * tensor": kind(lambda: table[0] * x),
    "tensor * number": kind(lambda: x * table[0]),
}
refused = "unsupported operand type(s) for "
stated = {
    "array * tensor": refused + "*",
    "array - tensor": refused + "-",
    "array @ tensor": refused + "@",
    "0-d array * tensor": refused + "*",
    "array / tensor": "torch.float64",
    "tensor * array": "torch.float64",
    "tensor * 0-d array": "torch.float64",
    "number * tensor": "torch.float32",
    "tensor * number": "torch.float32",
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
