"""The five stages of the training, in order: text, vae, decoder, unet, model.

Each reads what earlier stages left in the folder `out` and leaves its own results there. decoder and unet need only
text and vae, so they may run side by side. Each is a function (settings, out, device, team); vae and unet can share
their work among a team of processes.
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
    new_scheduler,
    new_text_encoder,
    new_unet,
    new_vae,
)
from reference.capstone.pictures import (
    BACKGROUNDS,
    PALETTE,
    RADII,
    SHAPES,
    Scene,
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
    torch.manual_seed(_seed(settings, 1))
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
        seed=_seed(settings, 2),
        save_every=settings.save_every,
        average=0.9,
    )
    averages = fit({"text": text, "heads": heads}, loss, plan, out / "text.pt")
    averages["text"].cpu().save_pretrained(out / "text")


def train_vae(settings: Settings, out: Path, device: torch.device, team: Team) -> None:
    """Train the autoencoder on fresh pictures, and fold the scale of its latents into it."""
    torch.manual_seed(_seed(settings, 3))
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
        seed=_seed(settings, 4),
        save_every=settings.save_every,
        beta2=0.98,
    )
    best = fit({"vae": vae}, loss, plan, out / "vae.pt", team=team)["vae"]
    if not team.leads:
        return
    generator = torch.Generator().manual_seed(_seed(settings, 5))
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
        seed=_seed(settings, 6),
        save_every=settings.save_every,
    )
    trained = [*vae.decoder.parameters(), *vae.post_quant_conv.parameters()]
    best = fit({"vae": vae}, loss, plan, out / "decoder.pt", trained=trained, bar_position=1)["vae"]
    _report_round_trip(settings, best, device)


def train_unet(settings: Settings, out: Path, device: torch.device, team: Team) -> None:
    """Train the U-Net to predict the noise in latents, given frozen text states; some captions are empty or wrong.

    Each member of the team has pictures of its own.
    """
    scenes, means, deviations = _encoded_pictures(settings, out, device, team)
    captions = every_caption()
    row_of = {caption: row for row, caption in enumerate(captions)}
    states = _text_states(out, captions).to(device)
    alpha_bar = new_scheduler().alphas_cumprod.to(device)
    step_weight = _step_weight(alpha_bar, settings)
    torch.manual_seed(_seed(settings, 7))
    unet = new_unet().to(device)
    batch = settings.unet_batch // team.size

    def loss(step: int, generator: Generator) -> Tensor:
        rows = torch.randint(len(scenes), (batch,), generator=generator)
        sample = torch.randn((batch, *means.shape[1:]), generator=generator)
        x0 = ((means[rows] + deviations[rows] * sample) * SCALING_FACTOR).to(device)
        late = step >= settings.wrong_after * settings.unet_steps
        share = settings.wrong_captions if late else settings.wrong_captions_early
        wrong = torch.rand(batch, generator=generator) < share
        told = torch.where(wrong, torch.randint(len(scenes), (batch,), generator=generator), rows).tolist()
        empty = (torch.rand(batch, generator=generator) < settings.caption_dropout).tolist()
        said = [0 if mute else row_of[_some_caption(scenes[i], generator)] for i, mute in zip(told, empty, strict=True)]
        # One t from each of `batch` equal parts of 0..T-1, shifted together: less noise than independent ones.
        spread = (torch.arange(batch) + torch.rand(1, generator=generator)) / batch
        t = (spread * len(alpha_bar)).long().to(device)
        eps = torch.randn(x0.shape, generator=generator).to(device)
        a = alpha_bar[t][:, None, None, None]
        x_t = a.sqrt() * x0 + (1 - a).sqrt() * eps
        eps_hat = unet(x_t, t, encoder_hidden_states=states[said]).sample
        return (step_weight[t] * (eps_hat - eps).square().mean((1, 2, 3))).mean()

    plan = Plan(
        steps=settings.unet_steps,
        rate=settings.unet_rate,
        seed=_seed(settings, 8),
        save_every=settings.save_every,
        average=0.999,
    )
    fit({"unet": unet}, loss, plan, out / "unet.pt", team=team)


def make_model(settings: Settings, out: Path, device: torch.device, team: Team) -> None:
    """Put the averaged weights together in `out/model`, in half precision and Stable Diffusion's folder layout."""
    vae, unet = new_vae(), new_unet()
    steps = averaged(out / "decoder.pt", "vae", vae), averaged(out / "unet.pt", "unet", unet)
    if steps != (settings.decoder_steps, settings.unet_steps):
        tqdm.write(f"model: from an unfinished training, decoder at step {steps[0]}, unet at {steps[1]}")
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
    "model": make_model,
}


def _seed(settings: Settings, use: int) -> int:
    """Another seed for each use of chance, and none shared between neighbouring settings.seed."""
    return settings.seed * 100 + use


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


def _some_caption(scene: Scene, generator: Generator) -> str:
    """A caption that says size and background or not, each in half of the cases."""
    says_size, says_background = torch.randint(2, (2,), generator=generator).tolist()
    return write_caption(
        Scene(
            colour=scene.colour,
            shape=scene.shape,
            size=scene.size if says_size else None,
            background=scene.background if says_background else None,
        )
    )


def _step_weight(alpha_bar: Tensor, settings: Settings) -> Tensor:
    """(T,), mean 1: min-SNR (arXiv:2303.09556), and more for the noisiest steps, where colour is decided.

    Plain noise prediction counts errors in x0 with weight SNR, under 0.02 there: shapes come out right, colours wrong.
    """
    snr = alpha_bar / (1 - alpha_bar)
    weight = snr.clamp(max=settings.snr_cap) / snr * (1 + snr**-0.5)
    return weight / weight.mean()


def _encoded_pictures(
    settings: Settings, out: Path, device: torch.device, team: Team
) -> tuple[list[Scene], Tensor, Tensor]:
    """This member's share of the pictures: scenes, and the means and deviations of their latents (N, 4, 8, 8)."""
    generator = torch.Generator().manual_seed(_seed(settings, 9) * 100 + team.rank)
    scenes = draw_scenes(settings.unet_pictures // team.size, generator)
    vae = AutoencoderKL.from_pretrained(out / "vae", low_cpu_mem_usage=False).to(device)
    means, deviations = [], []
    with torch.no_grad():
        for start in tqdm(range(0, len(scenes), 64), desc="encoding", mininterval=2, disable=not team.leads):
            pictures = 2 * render(scenes[start : start + 64], generator) - 1
            posterior = vae.encode(pictures.to(device)).latent_dist
            means.append(posterior.mean.cpu())
            deviations.append(posterior.std.cpu())
    return scenes, torch.cat(means), torch.cat(deviations)


@torch.no_grad()
def _text_states(out: Path, captions: list[str]) -> Tensor:
    text = CLIPTextModel.from_pretrained(out / "text").eval()
    return text(tokenize(CLIPTokenizer.from_pretrained(out / "tokenizer"), captions)).last_hidden_state


@torch.no_grad()
def _report_round_trip(settings: Settings, vae: nn.Module, device: torch.device) -> None:
    """Say how well held-out pictures survive encoding and decoding, as they are and with noise on their latents."""
    generator = torch.Generator().manual_seed(_seed(settings, 10))
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
