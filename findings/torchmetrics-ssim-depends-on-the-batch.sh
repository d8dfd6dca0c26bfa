#!/usr/bin/env bash
# Guess: structural_similarity_index_measure without data_range takes pictures to be in 0..1, so a pair's value does
#   not depend on the other pairs of the batch
# Seen: it takes the range that the batch happens to have: a dark pair (values up to 0.1) has 0.81 alone and 0.88
#   beside a bright pair, and 0.88 with data_range=1.0 both times
# With: torchmetrics 1.9.0, torch 2.13.0 (CPU), Python 3.11, 2026-11-30
# Matters: the same reconstruction gets two marks, depending on which pictures are graded with it
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 torchmetrics==1.9.0
cd "$work"
venv/bin/python - <<'PY'
import torch
from torchmetrics.functional.image import structural_similarity_index_measure as ssim

generator = torch.Generator().manual_seed(0)
clean = torch.rand(2, 1, 64, 64, generator=generator)
noisy = (clean + 0.2 * torch.randn(2, 1, 64, 64, generator=generator)).clamp(0, 1)
strength = torch.tensor([0.1, 1.0]).view(2, 1, 1, 1)
clean, noisy = strength * clean, strength * noisy


def first(count, **settings):
    return round(ssim(noisy[:count], clean[:count], reduction="none", **settings).flatten()[0].item(), 2)


seen = {
    "alone": first(1),
    "beside": first(2),
    "alone, 1.0": first(1, data_range=1.0),
    "beside, 1.0": first(2, data_range=1.0),
}
stated = {"alone": 0.81, "beside": 0.88, "alone, 1.0": 0.88, "beside, 1.0": 0.88}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
