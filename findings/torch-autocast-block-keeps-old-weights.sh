#!/usr/bin/env bash
# Guess: inside one autocast block the model sees its new weights after optimizer.step()
# Seen: autocast keeps the cast copy of a weight until the block is left: weight 1, rate 1, gradient 1, four steps
#   in one block answer 1, 1, 1, 1 while the weight goes to -3. With one block a step the answers are 1, 0, -1, -2
# With: torch 2.13.0 (CPU, bfloat16), Python 3.11, 2026-11-30
# Matters: a training loop that stands inside 'with torch.autocast' as a whole moves its weights by the first
#   gradient for ever, and no error tells
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0
cd "$work"
venv/bin/python - <<'PY'
from contextlib import nullcontext

import torch


def autocast():
    return torch.autocast("cpu", dtype=torch.bfloat16)


def train(whole):
    layer = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(layer.weight)
    optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
    answers = []
    with autocast() if whole else nullcontext():
        for _ in range(4):
            with autocast():
                answer = layer(torch.ones(1, 1))
            answers.append(answer.item())
            optimizer.zero_grad()
            answer.sum().backward()
            optimizer.step()
    return answers, layer.weight.item()


seen = {"one block": train(True), "a block a step": train(False)}
stated = {"one block": ([1.0, 1.0, 1.0, 1.0], -3.0), "a block a step": ([1.0, 0.0, -1.0, -2.0], -3.0)}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
