"""The parts of the tiny Stable Diffusion: the same classes as Stable Diffusion v1-5's, with small numbers."""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from reference.capstone.pictures import SIDE

SCALING_FACTOR = 0.18215  # Stable Diffusion v1's: latents times this have unit variance
TEXT_WIDTH = 64
NOISE = {"num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def new_vae() -> AutoencoderKL:
    """Pictures (B, 3, 64, 64) in [-1, 1] to latents (B, 4, 8, 8), 48 times smaller, and back. 0.7 M parameters."""
    vae = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(16, 32, 32, 64),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=2,
        sample_size=SIDE,
        scaling_factor=SCALING_FACTOR,
        mid_block_add_attention=False,
    )
    with torch.no_grad():
        vae.quant_conv.bias[4:] = -5.0  # little posterior noise to begin with: it learns several times faster
    return vae


def new_unet() -> UNet2DConditionModel:
    """Predicts the noise in latents (B, 4, 8, 8), given t and text states (B, 77, 64). 2.2 M parameters."""
    return UNet2DConditionModel(
        sample_size=SIDE // 8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(64, 96),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
    )


def new_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """CLIP's text model with two layers: token ids (B, 77) to states (B, 77, 64). 0.1 M parameters."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT_WIDTH,
            intermediate_size=2 * TEXT_WIDTH,
            projection_dim=TEXT_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=77,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def new_scheduler() -> PNDMScheduler:
    """The scheduler that Stable Diffusion v1-5 ships with, and its noise levels."""
    return PNDMScheduler(**NOISE, skip_prk_steps=True, steps_offset=1, set_alpha_to_one=False)


@torch.no_grad()
def fold_scale(vae: AutoencoderKL, latents: Tensor) -> None:
    """Give each latent channel mean 0 and standard deviation 1 / 0.18215, and change no picture.

    latents: (B, 4, 8, 8), unscaled, of many pictures. An affine map of each channel goes into quant_conv, the last
    layer of the encoder, and its inverse into post_quant_conv, the first of the decoder. So Stable Diffusion's factor
    is exactly right here too, and forgetting it shows.
    """
    mean = latents.mean((0, 2, 3))
    stretch = 1 / SCALING_FACTOR / latents.std((0, 2, 3))
    encode, decode = vae.quant_conv, vae.post_quant_conv
    encode.weight[:4] *= stretch[:, None, None, None]
    encode.bias[:4] = (encode.bias[:4] - mean) * stretch
    encode.bias[4:] += 2 * stretch.log()  # these channels are the log-variance
    decode.bias += decode.weight[:, :, 0, 0] @ mean
    decode.weight /= stretch[None, :, None, None]


def load_pipeline(folder: Path) -> StableDiffusionPipeline:
    """The pipeline in a folder, in float32 on the CPU, from its files alone and without a progress bar."""
    pipeline = StableDiffusionPipeline.from_pretrained(folder, local_files_only=True, low_cpu_mem_usage=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline
