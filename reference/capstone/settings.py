"""Every number of the training in one place; the defaults are those of the shipped weights."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What makes the weights: the same settings on the same machine and device give the same weights, bit for bit."""

    seed: int = 0

    text_steps: int = 200
    text_batch: int = 48
    text_rate: float = 2e-3

    vae_steps: int = 5500
    vae_batch: int = 8
    vae_processes: int = 2  # that share the work of a batch
    vae_rate: float = 2e-3
    kl_weight: float = 3e-5
    shape_weight: float = 4.0  # added to the weight of pixels of a shape and its rim: a small shape is 7 % of a picture

    decoder_steps: int = 2400
    decoder_batch: int = 8
    decoder_rate: float = 1e-3
    latent_noise: float = 0.2  # added to scaled latents while the decoder is tuned: it learns to forgive the U-Net

    unet_steps: int = 14000
    unet_batch: int = 32
    unet_processes: int = 4  # more than cores: on a busy machine each gets a share
    unet_rate: float = 1.2e-3
    unet_pictures: int = 12288
    caption_dropout: float = 0.12  # share of captions left empty: guidance needs the unconditional prediction too
    wrong_captions: float = 0.15  # share taken from another picture, as on the web: why guidance 1 is not enough
    wrong_captions_early: float = 0.05  # before: what words mean is learnt sooner from those that tell the truth
    wrong_after: float = 0.7  # of all steps
    doubt_steps: int = 1500  # a short stage at the end, in which the U-Net learns to trust captions less
    doubt_rate: float = 3e-4
    doubt_wrong_captions: float = 0.3
    snr_cap: float = 5.0  # of the min-SNR weight (arXiv:2303.09556)

    fold_pictures: int = 1024
    held_out_pictures: int = 256
    save_every: int = 250  # steps

    def seed_of(self, use: int) -> int:
        """Another seed for each use of chance, and none shared between neighbouring `seed`."""
        return self.seed * 100 + use


def fast(seed: int) -> Settings:
    """A training of seconds that runs every line and learns nothing: for tests."""
    few = {"text_steps": 4, "vae_steps": 4, "decoder_steps": 4, "unet_steps": 4, "doubt_steps": 4, "save_every": 2}
    small = {"unet_pictures": 64, "fold_pictures": 64, "held_out_pictures": 16, "unet_batch": 8, "decoder_batch": 4}
    return replace(Settings(seed=seed), **few, **small)
