"""The capstone's training: it goes on as though never stopped, and its parts are what the format says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn

from reference.capstone.fitting import Plan, averaged, fit
from reference.capstone.networks import (
    SCALING_FACTOR,
    fold_scale,
    load_pipeline,
    new_scheduler,
    new_text_encoder,
    new_vae,
)
from reference.capstone.pictures import draw_scenes, every_caption, render
from reference.capstone.settings import fast
from reference.capstone.stages import STAGES
from reference.capstone.team import Team, new_team
from reference.capstone.text import new_tokenizer, save_tokenizer, tokenize

pytestmark = pytest.mark.no_cover

PLAN = Plan(steps=9, rate=1e-2, seed=3, save_every=2)


class Stopped(Exception):
    """Somebody pulled the plug."""


def trained(folder: Path, *, stop_after: int | None = None) -> dict[str, Tensor]:
    """A small network's averaged weights after PLAN, or Stopped on the way."""
    torch.manual_seed(1)
    network = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
    calls = 0

    def loss(step: int, generator: Generator) -> Tensor:
        nonlocal calls
        if calls == stop_after:
            raise Stopped
        calls += 1
        return network(torch.randn(2, 3, 5, 5, generator=generator)).square().mean()

    return fit({"network": network}, loss, PLAN, folder / "network.pt")["network"].state_dict()


def test_a_stopped_training_goes_on_bit_for_bit(tmp_path: Path) -> None:
    """Stopped in the middle and started again, it ends with the very weights of one that was never stopped."""
    (tmp_path / "whole").mkdir()
    whole = trained(tmp_path / "whole")
    with pytest.raises(Stopped):
        trained(tmp_path, stop_after=5)
    resumed = trained(tmp_path)
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_a_finished_training_is_not_repeated(tmp_path: Path) -> None:
    """Started again after its end, it takes no step and gives the same weights."""
    first = trained(tmp_path)
    again = trained(tmp_path, stop_after=0)
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_an_unfinished_training_can_be_used(tmp_path: Path) -> None:
    """Its last checkpoint holds averaged weights and says how many steps made them."""
    with pytest.raises(Stopped):
        trained(tmp_path, stop_after=5)
    network = nn.Conv2d(3, 4, 3)
    before = network.weight.clone()
    assert averaged(tmp_path / "network.pt", "network", network) == 4
    assert not torch.equal(network.weight, before)


def test_a_team_takes_the_mean_of_its_gradients() -> None:
    """Each of three members ends with the same gradient, the mean of all."""

    def mean(member: Team) -> Tensor:
        parameter = nn.Parameter(torch.zeros(2))
        parameter.grad = torch.tensor([1.0, 10.0]) * member.rank
        member.average_gradients([parameter])
        return parameter.grad

    with ThreadPoolExecutor(3) as pool:
        gradients = list(pool.map(mean, new_team(3)))
    assert all(torch.equal(gradient, torch.tensor([1.0, 10.0])) for gradient in gradients)


def test_every_stage_runs_and_leaves_a_pipeline(tmp_path: Path) -> None:
    """A few steps of each stage make a model that loads and draws, though it has learnt nothing."""
    for stage in STAGES.values():
        stage(fast(seed=0), tmp_path, torch.device("cpu"), Team())
    pipeline = load_pipeline(tmp_path / "model")
    pictures = pipeline("a red circle", num_inference_steps=2, output_type="pt").images
    assert pictures.shape == (1, 3, 64, 64)
    assert pictures.isfinite().all()


def test_the_rate_warms_up_and_ends_at_nothing() -> None:
    """One cosine: full speed once warm, a thousandth of it and less at the end."""
    plan = Plan(steps=1000, rate=1.0, seed=0, save_every=1000)
    assert plan.rate_at(0) < 0.02
    assert plan.rate_at(100) > 0.95
    assert plan.rate_at(999) < 1e-3


def test_folding_the_scale_changes_no_picture() -> None:
    """Afterwards scaled latents have mean 0 and deviation 1 in each channel, and pictures come back as before."""
    torch.manual_seed(0)
    vae = new_vae().eval()
    generator = torch.Generator().manual_seed(0)
    pictures = 2 * render(draw_scenes(16, generator), generator) - 1
    with torch.no_grad():
        before = vae(pictures).sample
        fold_scale(vae, vae.encode(pictures).latent_dist.mode())
        latents = vae.encode(pictures).latent_dist.mode() * SCALING_FACTOR
        after = vae(pictures).sample
    assert torch.allclose(after, before, atol=1e-4)
    assert torch.allclose(latents.mean((0, 2, 3)), torch.zeros(4), atol=1e-3)
    assert torch.allclose(latents.std((0, 2, 3)), torch.ones(4), atol=1e-3)


def test_each_of_our_words_is_one_token(tmp_path: Path) -> None:
    """A caption of four words is four tokens between start and end, filled up to 77; so it is when read from disk."""
    tokenizer = new_tokenizer()
    save_tokenizer(tokenizer, tmp_path)
    assert tokenizer.tokenize("a small red circle on white") == [
        f"{w}</w>" for w in ["a", "small", "red", "circle", "on", "white"]
    ]
    tokens = tokenize(tokenizer, ["a red circle", ""])
    assert tokens.shape == (2, 77)
    assert (tokens[0] != tokenizer.eos_token_id).sum() == 1 + 3
    assert torch.equal(
        tokenize(type(tokenizer).from_pretrained(tmp_path), every_caption()), tokenize(tokenizer, every_caption())
    )


def test_words_never_taught_are_spelled() -> None:
    """Any text can be read, in more and smaller pieces, and too long a text is cut."""
    tokenizer = new_tokenizer()
    assert len(tokenizer.tokenize("photograph")) > 1
    assert tokenize(tokenizer, ["photograph " * 100]).shape == (1, 77)


def test_the_text_encoder_takes_every_caption() -> None:
    """States of 64 numbers for each of 77 tokens."""
    tokenizer = new_tokenizer()
    text = new_text_encoder(tokenizer).eval()
    with torch.no_grad():
        assert text(tokenize(tokenizer, ["a red star"])).last_hidden_state.shape == (1, 77, 64)


def test_the_noise_levels_are_those_of_stable_diffusion() -> None:
    """alpha_bar runs from 0.9991 down to 0.0047, as in v1."""
    alpha_bar = new_scheduler().alphas_cumprod
    assert alpha_bar[0].item() == pytest.approx(0.99915, abs=1e-5)
    assert alpha_bar[-1].item() == pytest.approx(0.00466, abs=1e-5)
