#!/usr/bin/env bash
# Guess: CLIPTextModel's pooled output is the state at the end-of-text token that the config names
# Seen: with eos_token_id=2 the model takes the largest token number of the text instead (position 1 of 0 30 7 9 2 1
#   1 1, where the end stands at 4); with 3 or 49 it takes the end. And hidden_states[-1] is not last_hidden_state:
#   the final norm is missing
# With: transformers 5.24.0, torch 2.13.0 (CPU), Python 3.11, 2026-11-30
# Matters: tiny text encoders for tests often have 2 for the end, and their pooled prompt then depends on how the
#   words were numbered
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile transformers==5.24.0 torch==2.13.0
cd "$work"
venv/bin/python - <<'PY'
import torch
from transformers import CLIPTextConfig, CLIPTextModel


def pooled(end):
    torch.manual_seed(0)
    config = CLIPTextConfig(
        vocab_size=50,
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=8,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=end,
    )
    model = CLIPTextModel(config).eval()
    out = model(torch.tensor([[0, 30, 7, 9, end, 1, 1, 1]]), output_hidden_states=True)
    place = (out.last_hidden_state[0] - out.pooler_output[0]).abs().sum(-1).argmin().item()
    norm = next(part for name, part in model.named_modules() if name.endswith("final_layer_norm"))
    last = out.hidden_states[-1]
    return place, torch.allclose(last, out.last_hidden_state), torch.allclose(norm(last), out.last_hidden_state)


seen = {end: pooled(end) for end in (2, 3, 49)}
stated = {2: (1, False, True), 3: (4, False, True), 49: (4, False, True)}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
