#!/usr/bin/env bash
# Guess: a pipeline puts its network into eval mode before it draws, so a U-Net that was just trained gives the same
#   picture for the same generator
# Seen: a pipeline that is made from a network (not loaded) leaves train mode on: with dropout 0.5 two pictures of
#   one generator differ, after unet.eval() they do not
# With: torch 2.13.0 (CPU), diffusers 0.42.1, Python 3.11, 2026-11-30
# Matters: pictures drawn during training are worse than the network and cannot be repeated, and the seed is not to
#   blame
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile torch==2.13.0 diffusers==0.42.1
cd "$work"
venv/bin/python - <<'PY'
import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

torch.manual_seed(0)
unet = UNet2DModel(
    sample_size=8,
    in_channels=1,
    out_channels=1,
    layers_per_block=1,
    block_out_channels=(16,),
    norm_num_groups=4,
    down_block_types=("DownBlock2D",),
    up_block_types=("UpBlock2D",),
    dropout=0.5,
)
pipe = DDPMPipeline(unet, DDPMScheduler())
pipe.set_progress_bar_config(disable=True)


def picture():
    return pipe(num_inference_steps=5, generator=torch.Generator().manual_seed(0), output_type="np").images


seen = {"same as made": (picture() == picture()).all().item(), "train mode after": pipe.unet.training}
unet.eval()
seen["same in eval"] = (picture() == picture()).all().item()
stated = {"same as made": False, "train mode after": True, "same in eval": True}

if seen != stated:
    raise SystemExit(f"changed: {seen}\nstated:  {stated}")
print("as stated")
PY
