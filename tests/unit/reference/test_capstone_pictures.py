"""The capstone's pictures and their grader: what is drawn is seen, and what is not drawn is not."""

from __future__ import annotations

import math

import pytest
import torch

from reference.capstone.pictures import (
    CLEAN_IOU,
    PALETTE,
    SHAPES,
    SIDE,
    Scene,
    cover,
    draw_scenes,
    every_caption,
    look,
    off_palette,
    parse_caption,
    render,
    score,
    write_caption,
)

pytestmark = pytest.mark.no_cover


def drawn(count: int, seed: int = 1) -> tuple[torch.Tensor, list[Scene]]:
    """Pictures and what was drawn in them."""
    generator = torch.Generator().manual_seed(seed)
    scenes = draw_scenes(count, generator)
    return render(scenes, generator), scenes


def test_every_drawn_picture_is_seen_as_what_it_is() -> None:
    """Colour, shape, size and background are right on all of 256 pictures, and every shape is clean."""
    pictures, scenes = drawn(256)
    seen = [look(picture) for picture in pictures]
    assert [one.scene for one in seen] == scenes
    assert min(one.iou for one in seen) > 0.95


def test_a_score_of_drawn_pictures_is_one() -> None:
    """All shares are 1, the residual is nothing, and no pixel is off the palette."""
    pictures, scenes = drawn(64)
    scores = score(pictures, [write_caption(scene) for scene in scenes])
    shares = (scores.colour, scores.shape, scores.size, scores.background, scores.clean, scores.right)
    assert shares == (1.0,) * 6
    assert scores.everything == 1.0
    assert scores.off_palette == 0.0
    assert scores.residual < 1e-3


def test_a_caption_of_another_picture_is_not_answered() -> None:
    """Shifted by one, only those captions are right whose scene happens to agree."""
    pictures, scenes = drawn(64)
    shifted = [*scenes[1:], scenes[0]]
    alike = [(a.colour, a.shape) == (b.colour, b.shape) for a, b in zip(scenes, shifted, strict=True)]
    assert score(pictures, [write_caption(scene) for scene in shifted]).right == sum(alike) / 64 < 0.2


def test_noise_answers_nothing() -> None:
    """Pictures of noise are never right, never clean, and mostly off the palette."""
    noise = torch.rand(16, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    scores = score(noise, ["a red circle"] * 16)
    assert (scores.right, scores.clean) == (0.0, 0.0)
    assert scores.off_palette > 0.5


def test_a_plain_picture_shows_its_ground_only() -> None:
    """Without contrast there is no colour, shape or size, and no crash."""
    seen = look(torch.full((3, SIDE, SIDE), 0.9))
    assert seen.scene == Scene(background="white")
    assert (seen.iou, math.isnan(seen.residual)) == (0.0, True)


def test_a_blot_is_not_a_shape() -> None:
    """Two bars cover as much as a circle, but overlap none of the four shapes enough."""
    picture = torch.full((3, SIDE, SIDE), 0.88)
    picture[1:, 10:54, 8:14] = picture[1:, 10:54, 50:56] = 0.1
    assert look(picture).iou < CLEAN_IOU


def test_one_flaw_costs_its_own_share_only() -> None:
    """A red picture made green has the wrong colour and still the right shape."""
    pictures = render([Scene(colour="red", shape="star", size="large", background="black")], torch.Generator())
    scores = score(pictures[:, [1, 0, 2]], ["a red star"])
    assert (scores.colour, scores.shape, scores.right) == (0.0, 1.0, 0.0)


def test_a_tint_is_off_the_palette() -> None:
    """A white ground turned violet is no blend of our colours; the same picture untinted is."""
    picture = render([Scene(colour="blue", shape="circle", size="small", background="white")], torch.Generator())
    tinted = picture.clone()
    tinted[:, 1] -= 0.3
    assert off_palette(picture) == 0.0
    assert off_palette(tinted) > 0.5


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_one_radius_have_one_area(shape: str) -> None:
    """The area is that of the disc of that radius, within a hundredth."""
    area = cover([shape], torch.tensor([[31.3, 32.6]]), torch.tensor([15.0])).sum().item()
    assert area == pytest.approx(math.pi * 15**2, rel=0.01)


def test_a_caption_says_what_its_scene_names() -> None:
    """Each of the 288 captions reads back as itself, all differ, and the first says nothing."""
    captions = every_caption()
    assert len(set(captions)) == len(captions) == 289
    assert captions[0] == ""
    assert [write_caption(parse_caption(caption)) for caption in captions[1:]] == captions[1:]


def test_other_words_in_a_caption_do_not_matter() -> None:
    """A learner may write more than the model was taught."""
    assert parse_caption("please draw a big red circle now") == Scene(colour="red", shape="circle")


def test_the_same_seed_draws_the_same_pictures() -> None:
    """All chance comes from the generator."""
    (first, scenes), (second, _), (other, _) = drawn(8), drawn(8), drawn(8, seed=2)
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    assert {scene.colour for scene in scenes} <= set(PALETTE)
