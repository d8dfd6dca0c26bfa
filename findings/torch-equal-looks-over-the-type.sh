#!/usr/bin/env bash
# Guess: torch.equal tells tensors of different types apart (or refuses them), and allclose compares them by value
# Seen: it is the other way round: torch.equal([1], [1.0]) is True, and 2**24 + 1 as a whole number equals 2.0**24
#   as float32; torch.allclose([1], [1.0]) raises RuntimeError ('Long did not match Float'), float32 against float64
#   too
# With: torch 2.13.0 (CPU), Python 3.11, 2026-11-30
# Matters: a check by torch.equal passes timesteps or pictures of a wrong type, and one by allclose stops with an
#   error at the harmless float64
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0
cd "$work"
venv/bin/python - <<'PY'
import torch

whole, real = torch.tensor([1]), torch.tensor([1.0])


def close(one, other):
    try:
        return torch.allclose(one, other)
    except RuntimeError as error:
        return str(error)


seen = {
    "equal": torch.equal(whole, real),
    "equal, rounded": torch.equal(torch.tensor([2**24 + 1]), torch.tensor([2.0**24])),
    "allclose": close(whole, real),
    "allclose, float64": close(real, real.double()),
}
stated = {
    "equal": True,
    "equal, rounded": True,
    "allclose": "Long did not match Float",
    "allclose, float64": "Float did not match Double",
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
