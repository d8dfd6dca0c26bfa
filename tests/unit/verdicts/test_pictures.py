"""Pictures of what a check saw: the kind follows from the values, and nothing breaks the drawing."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

from autograder.verdicts.pictures import draw

SVG = "{http://www.w3.org/2000/svg}"


def drawn(**evidence: object) -> ET.Element:
    """The picture as XML, so that a broken one cannot pass."""
    picture = draw(evidence)
    assert picture is not None
    return ET.fromstring(picture)


def title(picture: ET.Element) -> str:
    """What a screen reader says."""
    return picture.find(f"{SVG}title").text or ""


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((), "bars"),
        ((5,), "bars"),
        ((50,), "curves"),
        ((1, 40), "curves"),
        ((4, 6), "pictures"),
        ((5, 3, 8, 6), "pictures"),
    ],
)
def test_the_shape_of_the_values_chooses_the_picture(shape: tuple[int, ...], kind: str) -> None:
    """A number becomes bars, a sequence curves, a table or a batch of images tiles."""
    values = np.arange(float(np.prod(shape, dtype=int))).reshape(shape)
    assert title(drawn(observed=values + 1, expected=values)).startswith(kind)


def test_noise_becomes_a_histogram_under_the_bell_curve() -> None:
    """The bars of uniform noise stand above the bell at its shoulders; all of them are drawn."""
    picture = drawn(sample=np.random.default_rng(0).uniform(-1.7, 1.7, 10_000))
    assert title(picture).startswith("histogram")
    assert len(picture.findall(f"{SVG}rect")) == 41


def test_a_batch_shows_yours_expected_and_difference_for_six_examples() -> None:
    """Three rows of at most six tiles, each an image in the page itself."""
    values = np.random.default_rng(0).normal(size=(9, 3, 8, 6))
    images = drawn(observed=values * 2, expected=values).findall(f"{SVG}image")
    assert len(images) == 18
    assert all(image.get("href", "").startswith("data:image/png;base64,") for image in images)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e308])
@pytest.mark.parametrize("shape", [(3,), (50,), (4, 6)])
def test_values_that_are_not_finite_are_drawn_without_a_fault(bad: float, shape: tuple[int, ...]) -> None:
    """A student's nan or infinity makes a picture like any other."""
    observed = np.zeros(shape)
    observed.flat[0] = bad
    picture = draw({"observed": observed, "expected": np.zeros(shape)})
    assert picture is not None
    assert "nan" not in picture
    ET.fromstring(picture)


def test_a_tile_is_grey_where_yours_is_no_number_and_says_so() -> None:
    """A nan is not drawn as if it were a value in the middle."""
    observed = np.full((4, 6), np.nan)
    picture = draw({"observed": observed, "expected": np.ones((4, 6))}) or ""
    tiles = [image.get("href", "") for image in ET.fromstring(picture).findall(f"{SVG}image")]
    assert tiles[0] == tiles[2] != tiles[1]
    assert "grey where no number" in picture
    assert "grey" not in (draw({"observed": np.zeros((4, 6)), "expected": np.ones((4, 6))}) or "")


def test_pictures_in_colour_are_shown_in_their_colours() -> None:
    """A red picture and a blue one, each of one colour: yours and the expected ones as they are."""
    red, blue = (np.broadcast_to(np.array(c).reshape(1, 3, 1, 1), (1, 3, 24, 24)) for c in ([1, 0, 0], [0, 0, 1]))
    tiles = [image.get("href", "") for image in drawn(observed=red, expected=blue).findall(f"{SVG}image")]
    corners = [imread(BytesIO(base64.b64decode(tile.partition(",")[2])))[0, 0].tolist() for tile in tiles[:2]]
    assert corners == [[1, 0, 0], [0, 0, 1]]


def test_there_is_no_picture_of_nothing_or_of_two_shapes() -> None:
    """Without evidence, of empty arrays, or of shapes that differ, nothing is drawn."""
    assert draw(None) is None
    assert draw({"observed": np.zeros(0), "expected": np.zeros(0)}) is None
    assert draw({"observed": np.zeros(2), "expected": np.zeros(3)}) is None


def test_positive_values_over_a_wide_range_have_a_logarithmic_axis() -> None:
    """A schedule that is wrong at its small end shows it; values of both signs stay on a plain axis."""
    right = np.geomspace(1e-4, 1, 40)
    assert "logarithmic" in (draw({"observed": right * 2, "expected": right}) or "")
    assert "logarithmic" not in (draw({"observed": -right, "expected": right}) or "")
