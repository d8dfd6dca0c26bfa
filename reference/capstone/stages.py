"""The six stages of the training, in order: text, vae, decoder, unet, doubt, model.

Each reads what earlier stages left in the folder `out` and leaves its own results there. decoder needs only text and
vae, so it may run beside unet. Each is a function (settings, out, device, team); vae, unet and doubt can share their
work among a team of processes. unet and doubt are in `noise_prediction`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Generator, Tensor, nn
from tqdm import tqdm
from transformers import CLIPTextModel, CLIPTokenizer

from reference.capstone.fitting import Plan, averaged, fit
from reference.capstone.networks import (
    SCALING_FACTOR,
    TEXT_WIDTH,
    fold_scale,
    new_text_encoder,
    new_unet,
    new_vae,
)
from reference.capstone.noise_prediction import train_doubt, train_unet
from reference.capstone.pictures import (
    BACKGROUNDS,
    PALETTE,
    RADII,
    SHAPES,
    draw_scenes,
    every_caption,
    parse_caption,
    render,
    render_with_masks,
    score,
    write_caption,
)
from reference.capstone.settings import Settings
from reference.capstone.shipping import ship
from reference.capstone.team import Team
from reference.capstone.text import new_tokenizer, save_tokenizer, tokenize

KINDS = {
    "colour": (*PALETTE, None),
    "shape": (*SHAPES, None),
    "size": (*RADII, None),
    "background": (*BACKGROUNDS, None),
}


def train_text(settings: Settings, out: Path, device: torch.device, team: Team) -> None:
    """Teach the text encoder to tell captions apart, as Stable Diffusion starts from a trained CLIP; then it is frozen.

    Four small heads read colour, shape, size and background from the mean of its states, and are thrown away.
    """
    torch.manual_seed(settings.seed_of(1))
    tokenizer = new_tokenizer()
    save_tokenizer(tokenizer, out / "tokenizer")
    captions = every_caption()
    tokens = tokenize(tokenizer, captions).to(device)
    scenes = [parse_caption(caption) for caption in captions]
    answers = {
        kind: torch.tensor([names.index(getattr(scene, kind)) for scene in scenes], device=device)
        for kind, names in KINDS.items()
    }
    text = new_text_encoder(tokenizer).to(device)
    heads = nn.ModuleDict({kind: nn.Linear(TEXT_WIDTH, len(names)) for kind, names in KINDS.items()}).to(device)

    def loss(step: int, generator: Generator) -> Tensor:
        rows = torch.randint(len(captions), (settings.text_batch,), generator=generator).to(device)
        states = text(tokens[rows]).last_hidden_state.mean(1)
        return sum(F.cross_entropy(heads[kind](states), answers[kind][rows]) for kind in KINDS)

    plan = Plan(
        steps=settings.text_steps,
        rate=settings.text_rate,
        seed=settings.seed_of(2),
        save_every=settings.save_every,
        average=0.9,
    )
    averages = fit({"text": text, "heads": heads}, loss, plan, out / "text.pt")
    averages["text"].cpu().save_pretrained(out / "text")


def train_vae(settings: Settings, out: Path, device: torch.device, team: Team) -> None:
    """Train the autoencoder on fresh pictures, and fold the scale of its latents into it."""
    torch.manual_seed(settings.seed_of(3))
    vae = new_vae().to(device, memory_format=torch.channels_last)  # a fifth faster than contiguous

    def loss(step: int, generator: Generator) -> Tensor:
        pictures, weight = _training_pictures(settings.vae_batch // team.size, settings, generator, device)
        posterior = vae.encode(pictures).latent_dist
        excess = posterior.mean.square() + posterior.var - 1 - posterior.logvar
        decoded = vae.decode(posterior.sample(generator)).sample
        return _distance(decoded, pictures, weight) + settings.kl_weight / 2 * excess.mean()

    plan = Plan(
        steps=settings.vae_steps,
        rate=settings.vae_rate,
        seed=settings.seed_of(4),
        save_every=settings.save_every,
        beta2=0.98,
    )
    best = fit({"vae": vae}, loss, plan, out / "vae.pt", team=team)["vae"]
    if not team.leads:
        return
    generator = torch.Generator().manual_seed(settings.seed_of(5))
    pictures = 2 * render(draw_scenes(settings.fold_pictures, generator), generator) - 1
    with torch.no_grad():
        latents = [best.encode(part.to(device)).latent_dist.sample(generator) for part in pictures.split(64)]
    fold_scale(best, torch.cat(latents))
    _report_round_trip(settings, best, device)
    best.to("cpu", memory_format=torch.contiguous_format).save_pretrained(out / "vae")


def train_decoder(settings: Settings, out: Path, device: torch.device, team: Team) -> None:
    """Tune the decoder alone on latents with some noise added, so that it forgives the U-Net's small errors.

    The encoder stays as it is, so the latents that the U-Net is learning stay valid.
    """
    vae = AutoencoderKL.from_pretrained(out / "vae", low_cpu_mem_usage=False)
    vae = vae.to(device, memory_format=torch.channels_last)

    def loss(step: int, generator: Generator) -> Tensor:
        pictures, weight = _training_pictures(settings.decoder_batch, settings, generator, device)
        with torch.no_grad():
            latents = vae.encode(pictures).latent_dist.sample(generator)
        amount = torch.rand(len(latents), 1, 1, 1, generator=generator).square()
        noise = amount * torch.randn(latents.shape, generator=generator)
        noisy = latents + settings.latent_noise / SCALING_FACTOR * noise.to(device)
        return _distance(vae.decode(noisy).sample, pictures, weight)

    plan = Plan(
        steps=settings.decoder_steps,
        rate=settings.decoder_rate,
        seed=settings.seed_of(6),
        save_every=settings.save_every,
    )
    trained = [*vae.decoder.parameters(), *vae.post_quant_conv.parameters()]
    best = fit({"vae": vae}, loss, plan, out / "decoder.pt", trained=trained, bar_position=1)["vae"]
    _report_round_trip(settings, best, device)


def make_model(settings: Settings, out: Path, device: torch.device, team: Team) -> None:
    """Put the averaged weights together in `out/model`, in half precision and Stable Diffusion's folder layout."""
    vae, unet = new_vae(), new_unet()
    steps = averaged(out / "decoder.pt", "vae", vae), averaged(out / "doubt.pt", "unet", unet)
    if steps != (settings.decoder_steps, settings.doubt_steps):
        tqdm.write(f"model: from an unfinished training, decoder at step {steps[0]}, doubt at {steps[1]}")
    text = CLIPTextModel.from_pretrained(out / "text")
    size = ship(
        out / "model", vae=vae, unet=unet, text=text, tokenizer=CLIPTokenizer.from_pretrained(out / "tokenizer")
    )
    tqdm.write(f"model: {size / 1e6:.2f} MB in {out / 'model'}")


STAGES: dict[str, Callable[[Settings, Path, torch.device, Team], None]] = {
    "text": train_text,
    "vae": train_vae,
    "decoder": train_decoder,
    "unet": train_unet,
    "doubt": train_doubt,
    "model": make_model,
}


def _training_pictures(
    count: int, settings: Settings, generator: Generator, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Pictures (B, 3, 64, 64) in [-1, 1] and the weight of each pixel (B, 1, 64, 64), mean 1."""
    pictures, masks = render_with_masks(draw_scenes(count, generator), generator)
    weight = 1 + settings.shape_weight * F.max_pool2d(masks, kernel_size=7, stride=1, padding=3)
    pictures = (2 * pictures - 1).to(device, memory_format=torch.channels_last)
    return pictures, (weight / weight.mean()).to(device)


def _distance(decoded: Tensor, pictures: Tensor, weight: Tensor) -> Tensor:
    error = decoded - pictures
    return (weight * (error.square() + 0.2 * error.abs())).mean()


@torch.no_grad()
def _report_round_trip(settings: Settings, vae: nn.Module, device: torch.device) -> None:
    """Say how well held-out pictures survive encoding and decoding, as they are and with noise on their latents."""
    generator = torch.Generator().manual_seed(settings.seed_of(10))
    scenes = draw_scenes(settings.held_out_pictures, generator)
    pictures = render(scenes, generator)
    for amount in (0.0, 0.1):
        decoded = []
        for part in pictures.split(64):
            latents = vae.encode((2 * part - 1).to(device)).latent_dist.mode()
            noise = torch.randn(latents.shape, generator=generator).to(device)
            decoded.append(vae.decode(latents + amount / SCALING_FACTOR * noise).sample.cpu())
        seen = (torch.cat(decoded) / 2 + 0.5).clamp(0, 1)
        psnr = -10 * (seen - pictures).square().mean().log10().item()
        scores = score(seen, [write_caption(scene) for scene in scenes])
        tqdm.write(f"round trip, latent noise {amount}: PSNR {psnr:.1f} dB, {scores}")
