#!/usr/bin/env bash
# Guess: an average of weights with decay 0.999 and no warm-up asked for keeps 0.999 of the old at each update:
#   after 100 updates from 0 to 1 it is 1 - 0.999**100 = 0.095
# Seen: all three libraries give 1.000 after 100 updates. diffusers' EMAModel(use_ema_warmup=False) copies at the
#   first update, then takes (1 + n) / (10 + n); torch_ema takes (1 + n) / (10 + n) from the start (first update
#   0.818); ema_pytorch copies until update 100 and is moved only at each tenth
# With: torch 2.13.0 (CPU), diffusers 0.42.1, ema-pytorch 0.8.3, torch-ema 0.3, Python 3.11, 2026-11-30
# Matters: a student's plain average and a library's disagree by a factor of ten on a short training, and both are
#   right
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 diffusers==0.42.1 ema-pytorch==0.8.3 torch-ema==0.3
cd "$work"
venv/bin/python - <<'PY'
import torch
from diffusers.training_utils import EMAModel
from ema_pytorch import EMA
from torch_ema import ExponentialMovingAverage


def network(value=0.0):
    net = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(net.weight, value)
    return net


def averages(update, read, net):
    torch.nn.init.constant_(net.weight, 1.0)
    values = []
    for _ in range(100):
        update()
        values.append(round(read().item(), 3))
    return values[0], values[-1]


seen = {"formula": round(1 - 0.999**100, 3)}
net = network()
ema = EMAModel(net.parameters(), decay=0.999, use_ema_warmup=False)
seen["diffusers"] = averages(lambda: ema.step(net.parameters()), lambda: ema.shadow_params[0], net)
seen["diffusers' decay"] = round(ema.cur_decay_value, 3)
net = network()
other = ExponentialMovingAverage(net.parameters(), decay=0.999)
seen["torch_ema"] = averages(lambda: other.update(), lambda: other.shadow_params[0], net)
net = network()
third = EMA(net, beta=0.999)
seen["ema_pytorch"] = averages(third.update, lambda: third.ema_model.weight, net)
stated = {
    "formula": 0.095,
    "diffusers": (1.0, 1.0),
    "diffusers' decay": 0.917,
    "torch_ema": (0.818, 1.0),
    "ema_pytorch": (1.0, 1.0),
}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
