#!/usr/bin/env bash
# Guess: VaeImageProcessor.preprocess makes three channels in -1..1 of any picture, and of an array of bytes too
# Seen: an array of uint8 200 becomes 399 (2 * 200 - 1); a palette picture becomes one channel of its palette's
#   numbers (colour 1 of white, red: 2 / 255 - 1 = -0.992); a grey one has one channel, an RGBA one four; 70 x 70
#   becomes 64 x 64. Nothing is raised or warned
# With: torch 2.13.0 (CPU), diffusers 0.42.1, Python 3.11, 2026-11-30, Pillow 13.0.0
# Matters: latents of a student's own picture are nonsense, while every shape and type on the way is accepted
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 diffusers==0.42.1 pillow==13.0.0
cd "$work"
venv/bin/python - <<'PY'
import warnings

import numpy as np
from diffusers.image_processor import VaeImageProcessor
from PIL import Image

warnings.simplefilter("error")
prepare = VaeImageProcessor().preprocess
palette = Image.new("P", (64, 64), 1)
palette.putpalette([255, 255, 255, 255, 0, 0])
seen = {
    "bytes": prepare(np.full((64, 64, 3), 200, np.uint8)).unique().tolist(),
    "palette": [round(value, 3) for value in prepare(palette).unique().tolist()],
    "shapes": [tuple(prepare(Image.new(mode, (64, 64))).shape) for mode in ("P", "L", "RGBA")],
    "size": tuple(prepare(Image.new("RGB", (70, 70))).shape),
}
stated = {
    "bytes": [399.0],
    "palette": [-0.992],
    "shapes": [(1, 1, 64, 64), (1, 1, 64, 64), (1, 4, 64, 64)],
    "size": (1, 3, 64, 64),
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
