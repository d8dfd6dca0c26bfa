"""The U-Net's two stages: it learns to predict the noise in latents, and then to doubt captions.

Both are functions (settings, out, device, team), as all stages are; see `stages`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from torch import Generator, Tensor, nn
from tqdm import tqdm
from transformers import CLIPTextModel, CLIPTokenizer

from reference.capstone.fitting import Plan, averaged, fit
from reference.capstone.networks import SCALING_FACTOR, new_scheduler, new_unet
from reference.capstone.pictures import Scene, draw_scenes, every_caption, render, write_caption
from reference.capstone.settings import Settings
from reference.capstone.team import Team
from reference.capstone.text import tokenize


def train_unet(settings: Settings, out: Path, device: torch.device, team: Team) -> None:
    """Train the U-Net to predict the noise in latents, given frozen text states; some captions are empty or wrong.

    Each member of the team has pictures of its own.
    """
    torch.manual_seed(settings.seed_of(7))
    unet = new_unet().to(device)
    plan = Plan(
        steps=settings.unet_steps,
        rate=settings.unet_rate,
        seed=settings.seed_of(8),
        save_every=settings.save_every,
        average=0.999,
    )

    def wrong(step: int) -> float:
        late = step >= settings.wrong_after * settings.unet_steps
        return settings.wrong_captions if late else settings.wrong_captions_early

    loss = _noise_prediction(unet, wrong, settings, out, device, team)
    fit({"unet": unet}, loss, plan, out / "unet.pt", team=team)


def train_doubt(settings: Settings, out: Path, device: torch.device, team: Team) -> None:
    """A little more of the same with many wrong captions, so that it takes guidance to get what was asked for."""
    unet = new_unet()
    averaged(out / "unet.pt", "unet", unet)
    unet = unet.to(device)
    plan = Plan(
        steps=settings.doubt_steps,
        rate=settings.doubt_rate,
        seed=settings.seed_of(11),
        save_every=settings.save_every,
        average=0.999,
    )
    loss = _noise_prediction(unet, lambda step: settings.doubt_wrong_captions, settings, out, device, team)
    fit({"unet": unet}, loss, plan, out / "doubt.pt", team=team)


def _noise_prediction(
    unet: nn.Module,
    wrong_captions: Callable[[int], float],
    settings: Settings,
    out: Path,
    device: torch.device,
    team: Team,
) -> Callable[[int, Generator], Tensor]:
    """The loss of one member's batch. wrong_captions(step): the share of captions that belong to another picture."""
    scenes, means, deviations = _encoded_pictures(settings, out, device, team)
    captions = every_caption()
    row_of = {caption: row for row, caption in enumerate(captions)}
    states = _text_states(out, captions).to(device)
    alpha_bar = new_scheduler().alphas_cumprod.to(device)
    step_weight = _step_weight(alpha_bar, settings)
    batch = settings.unet_batch // team.size

    def loss(step: int, generator: Generator) -> Tensor:
        rows = torch.randint(len(scenes), (batch,), generator=generator)
        sample = torch.randn((batch, *means.shape[1:]), generator=generator)
        x0 = ((means[rows] + deviations[rows] * sample) * SCALING_FACTOR).to(device)
        wrong = torch.rand(batch, generator=generator) < wrong_captions(step)
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

    return loss


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
    generator = torch.Generator().manual_seed(settings.seed_of(9) * 100 + team.rank)
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
