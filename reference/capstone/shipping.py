"""Writes the trained parts as a Stable Diffusion folder that loads offline and quietly."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from diffusers import AutoencoderKL, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizer

from reference.capstone.networks import new_scheduler
from reference.capstone.text import save_tokenizer


def ship(
    folder: Path, *, vae: AutoencoderKL, unet: UNet2DConditionModel, text: CLIPTextModel, tokenizer: CLIPTokenizer
) -> int:
    """Write the pipeline in float16 safetensors, anew; returns the bytes of all files together."""
    shutil.rmtree(folder, ignore_errors=True)
    pipeline = StableDiffusionPipeline(
        vae=vae.half(),
        text_encoder=text.half(),
        tokenizer=tokenizer,
        unet=unet.half(),
        scheduler=new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    save_tokenizer(tokenizer, folder / "tokenizer")
    # Stable Diffusion v1-5's file has this key too; without it, DDIMScheduler.from_config would clip x0 to [-1, 1].
    _amend(folder / "scheduler" / "scheduler_config.json", clip_sample=False)
    # transformers would else load this part in half precision beside the others in single.
    _amend(folder / "text_encoder" / "config.json", dtype="float32")
    for config in folder.rglob("*.json"):
        _forget_origin(config)
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _amend(config: Path, **values: object) -> None:
    _write(config, {**json.loads(config.read_text(encoding="utf-8")), **values})


def _forget_origin(config: Path) -> None:
    """Take out the path of the folder on this machine from which a part was loaded."""
    content = json.loads(config.read_text(encoding="utf-8"))
    if content.pop("_name_or_path", None) is not None:
        _write(config, content)


def _write(config: Path, content: dict[str, object]) -> None:
    config.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
