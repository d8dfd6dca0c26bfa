"""What notebooks draw with: it draws what is right, and says what is wrong instead of raising."""

import sys

import numpy as np
import pytest
import torch

from autograder.student import attempt, show, show_clouds, show_histogram, show_pictures

pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """The figures that were shown, which Agg would only forget."""
    pyplot.switch_backend("Agg")
    seen = []
    monkeypatch.setattr(pyplot, "show", lambda: seen.append(pyplot.gcf()))
    yield seen
    pyplot.close("all")


def blank(x):
    return x + ___  # noqa: F821


def unwritten(x):
    raise NotImplementedError


def broken(x, by=0):
    return x / by


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (blank, "blank is not written yet, so there is nothing to draw"),
        (unwritten, "unwritten is not written yet, so there is nothing to draw"),
        (broken, "broken raised ZeroDivisionError: division by zero; so there is nothing to draw"),
    ],
)
def test_an_attempt_never_raises(function, says, capsys):
    """Whatever a student's function does, the cell below it goes on, and a line says why nothing is drawn."""
    assert attempt(function, 1) is None
    assert capsys.readouterr().out == f"{says}\n"


def test_an_attempt_hands_on_arguments_and_answer(capsys):
    """With names, too; nothing is printed."""
    assert attempt(broken, 6, by=2) == 3
    assert capsys.readouterr().out == ""


def test_curves(shown):
    """Lists, tensors that have a gradient, and pairs of x and y; the labels stand in the legend."""
    slope = torch.ones(3, requires_grad=True)
    show("a title", {"list": [1, 2, 3], "tensor": slope, "pair": ([0, 5], [1, 10])}, log=True, marks="o-")
    (axis,) = shown[0].axes
    assert axis.get_title() == "a title"
    assert axis.get_yscale() == "log"
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["list", "tensor", "pair"]
    assert axis.lines[2].get_xdata().tolist() == [0, 5]


def test_pictures_in_a_row_and_in_rows(shown):
    """Greys within limits; colours with the channels first; a row that is shorter than another."""
    show_pictures("greys", [np.zeros((4, 5)), np.ones((4, 5))], limits=(-1.5, 1.5))
    assert [axis.images[0].get_clim() for axis in shown[0].axes] == [(-1.5, 1.5)] * 2
    show_pictures("colours", {"two": torch.rand(2, 3, 4, 5), "one": torch.rand(1, 3, 4, 5)})
    assert [len(axis.images) for axis in shown[1].axes] == [1, 1, 1, 0]
    assert shown[1].axes[0].images[0].get_array().shape == (4, 5, 3)


def test_histogram_and_clouds(shown):
    """Counts between limits, and points of a plane."""
    show_histogram("h", torch.zeros(2, 10), limits=(-1, 1))
    assert sum(patch.get_height() for patch in shown[0].axes[0].patches) == 20
    pyplot.close("all")
    show_clouds("c", {"some": [[1.0, 2.0], [3.0, 4.0]]})
    assert shown[1].axes[0].collections[0].get_offsets().tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "draw",
    [
        lambda: show("odd", {"x": 5}),
        lambda: show_pictures("odd", []),
        lambda: show_pictures("odd", [np.zeros((2, 3, 4, 5))]),
        lambda: show_clouds("odd", {"x": [1.0, 2.0]}),
        lambda: show_histogram("odd", object()),
    ],
)
def test_what_cannot_be_drawn_is_said(draw, shown, capsys):
    """An answer of a wrong kind or shape stops no notebook, and leaves no half-drawn figure."""
    draw()
    assert capsys.readouterr().out.startswith("odd: cannot be drawn: ")
    assert shown == []
    assert pyplot.get_fignums() == []


def test_without_matplotlib_that_is_said(monkeypatch, capsys):
    """A line in the picture's place."""
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    show("a title", {"x": [1]})
    assert capsys.readouterr().out == "a title: install matplotlib to see the picture\n"
