#!/usr/bin/env bash
# Guess: torch.seed() and Generator.seed() take their seed from the system as os.urandom, secrets, random and numpy do, by
#   getrandom(2), which needs no file
# Seen: they open /dev/urandom each time. Where no file can be opened (none left, no /dev, a rule of Landlock) they raise
#   RuntimeError "Unable to open /dev/urandom", while the other four go on
# With: torch 2.13.0 (CPU), numpy 2.4.6, Python 3.11, 2026-11-30
# Matters: a jail that allows getrandom and hides /dev refuses right work that draws "without a seed"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import os
import random
import resource
import secrets

import numpy as np
import torch

torch.manual_seed(0)
np.random.default_rng()
resource.setrlimit(resource.RLIMIT_NOFILE, (0, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))  # no further file
seeds = {
    "os.urandom": lambda: os.urandom(8),
    "secrets": lambda: secrets.randbits(8),
    "random": random.seed,
    "numpy": np.random.default_rng,
    "torch.seed": torch.seed,
    "Generator.seed": torch.Generator().seed,
}
said = {}
for name, seed in seeds.items():
    try:
        seed()
        said[name] = "works"
    except RuntimeError as error:
        said[name] = str(error).split("\n")[0]
print(said)
refused = {name for name, words in said.items() if words != "works"}
if refused != {"torch.seed", "Generator.seed"} or "Unable to open /dev/urandom" not in said["torch.seed"]:
    raise SystemExit("changed")
print("as stated")
PY
