#!/usr/bin/env bash
# Guess: use_deterministic_algorithms(True) chooses among algorithms and leaves torch.empty as it is
# Seen: it fills memory that was not written: torch.empty is nan, whole numbers are 9223372036854775807, booleans
#   are True, and what resize_ adds is nan; with torch.utils.deterministic.fill_uninitialized_memory = False it does
#   not
# With: torch 2.13.0 (CPU), Python 3.11, 2026-11-30
# Matters: a grader that turns the mode on to be fair turns a buffer that happened to hold zeros into nan, and the
#   student cannot see it at home
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0
cd "$work"
venv/bin/python - <<'PY'
import torch

torch.use_deterministic_algorithms(True)
seen = {
    "float": torch.empty(3).isnan().all().item(),
    "int": torch.empty(2, dtype=torch.int64).tolist(),
    "bool": torch.empty(2, dtype=torch.bool).tolist(),
    "resize": torch.zeros(2).resize_(4).isnan().tolist(),
}
torch.utils.deterministic.fill_uninitialized_memory = False
block = torch.full((1000,), 7.0)
del block
seen["switched off"] = torch.empty(1000).isnan().any().item()
stated = {
    "float": True,
    "int": [9223372036854775807] * 2,
    "bool": [True, True],
    "resize": [False, False, True, True],
    "switched off": False,
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
