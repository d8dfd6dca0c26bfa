#!/usr/bin/env bash
# Guess: randn of n numbers starts with the numbers of a shorter randn of the same seed, two draws of 8 are one draw
#   of 16, and float64 gives the same numbers with more digits
# Seen: on the CPU a draw of 16 or more takes another way: randn(15) and randn(16) of seed 0 share no number,
#   randn(16) and randn(17) one; two draws of 8 share none with one of 16, two of 16 are one of 32. float64 equals
#   float32 below 16 numbers and is another stream from 16 on
# With: torch 2.13.0 (CPU), Python 3.11, 2026-11-30
# Matters: noise that is drawn picture by picture equals noise drawn for the whole batch only if each picture has a
#   multiple of 16 numbers, and toy examples of 2-D points never do
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0
cd "$work"
venv/bin/python - <<'PY'
import torch


def draw(count, dtype=torch.float32):
    return torch.randn(count, generator=torch.Generator().manual_seed(0), dtype=dtype)


def halves(count):
    generator = torch.Generator().manual_seed(0)
    return torch.cat([torch.randn(count, generator=generator) for _ in range(2)])


def shared(one, other):
    count = min(len(one), len(other))
    return int(torch.isclose(one[:count].double(), other[:count].double(), atol=1e-6).sum())


seen = {
    "8 and 15": shared(draw(8), draw(15)),
    "15 and 16": shared(draw(15), draw(16)),
    "16 and 17": shared(draw(16), draw(17)),
    "16 and 32": shared(draw(16), draw(32)),
    "twice 8 and 16": shared(halves(8), draw(16)),
    "twice 16 and 32": shared(halves(16), draw(32)),
    "float64, 15": shared(draw(15), draw(15, torch.float64)),
    "float64, 16": shared(draw(16), draw(16, torch.float64)),
}
stated = {
    "8 and 15": 8,
    "15 and 16": 0,
    "16 and 17": 1,
    "16 and 32": 16,
    "twice 8 and 16": 0,
    "twice 16 and 32": 32,
    "float64, 15": 15,
    "float64, 16": 0,
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
