#!/usr/bin/env bash
# Guess: safetensors.numpy refuses an array that does not lie in order in memory, as safetensors.torch does, or
#   stores it right
# Seen: it stores the bytes as they lie, with the shape of the view, and says nothing: the transpose of [[0, 1, 2],
#   [3, 4, 5]] is read back as [[0, 1], [2, 3], [4, 5]], and its columns 0 and 2, a view, as [[0, 1], [2, 3]].
#   safetensors.torch raises ValueError for the same
# With: safetensors 0.8.0, numpy 2.4.6, torch 2.13.0 (CPU), Python 3.11, 2026-11-30
# Matters: weights that were transposed on the way from another framework are saved wrong, with every shape right
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile safetensors==0.8.0 numpy==2.4.6 torch==2.13.0
cd "$work"
venv/bin/python - <<'PY'
import numpy as np
import safetensors.numpy
import safetensors.torch
import torch

table = np.arange(6.0).reshape(2, 3)


def back(array):
    return safetensors.numpy.load(safetensors.numpy.save({"a": array}))["a"].tolist()


seen = {"in order": back(table), "transpose": back(table.T), "columns": back(table[:, ::2])}
try:
    safetensors.torch.save({"a": torch.from_numpy(table).T})
except ValueError:
    seen["torch"] = "ValueError"
stated = {
    "in order": [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]],
    "transpose": [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]],
    "columns": [[0.0, 1.0], [2.0, 3.0]],
    "torch": "ValueError",
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
