"""What the lesson's notebooks share: how their pictures look.

A notebook calls `show` once for each picture. With the folder LESSON_PICTURES in the environment the picture is also
written there, the same bytes each time: that is how the pictures of the chapters are made.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

BLUE, ORANGE, GREEN, RED, GREY, INK = "#1d5fbf", "#c75b12", "#2c7d4f", "#b3262e", "#8a919c", "#1c232e"
COLOURS = (BLUE, ORANGE, GREEN, RED, GREY)
plt.rcParams.update(
    {
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.prop_cycle": plt.cycler(color=COLOURS),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "figure.facecolor": "white",
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "legend.frameon": False,
        "lines.linewidth": 1.8,
        "svg.hashsalt": "lesson",
    }
)


def show(figure: Figure, name: str) -> None:
    """Show a picture below the cell. name: its file name; .svg for curves, .png for what is made of pixels."""
    folder = os.environ.get("LESSON_PICTURES")
    if folder:
        write(figure, Path(folder) / name)
    plt.show()
    plt.close(figure)


def write(figure: Figure, file: Path) -> None:
    """Write without date and program, so that the same picture is the same bytes."""
    if file.suffix == ".svg":
        figure.savefig(file, bbox_inches="tight", metadata={"Date": None, "Creator": None})
        return
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    Image.open(drawn).convert("RGB").quantize(256, kmeans=3, dither=Image.Dither.NONE).save(file, optimize=True)


def film(frames: Sequence[np.ndarray], titles: Sequence[str], *, side: float = 1.35) -> Figure:
    """Pictures in a row, a title over each. frames: (H, W) from -1 black to 1 white, or (H, W, 3) from 0 to 1."""
    return sheet([frames], titles, [""], side=side)


def sheet(
    rows: Sequence[Sequence[np.ndarray]], titles: Sequence[str], names: Sequence[str], *, side: float = 1.1
) -> Figure:
    """Rows of pictures: `titles` over the columns, `names` left of the rows."""
    figure, axes = plt.subplots(
        len(rows), len(rows[0]), figsize=(side * len(rows[0]), side * len(rows) + 0.25), squeeze=False
    )
    for row, name, line in zip(rows, names, axes, strict=True):
        for picture, axis in zip(row, line, strict=True):
            axis.imshow(picture, cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
    for axis, title in zip(axes[0], titles, strict=False):
        axis.set_title(title, fontsize=9, loc="center")
    figure.subplots_adjust(wspace=0.06, hspace=0.06)
    return figure


def house() -> np.ndarray:
    """A small picture of our own, (64, 64) from -1 black to 1 white: a house, a door, a sun."""
    rows, columns = np.mgrid[0:64, 0:64]
    picture = np.full((64, 64), -0.55)
    picture[rows > 54] = -0.2
    picture[(rows > 30) & (rows <= 54) & (abs(columns - 30) < 16)] = 0.55
    picture[(rows <= 30) & (rows > 12) & (abs(columns - 30) < (rows - 10))] = 0.1
    picture[(rows > 40) & (rows <= 54) & (abs(columns - 24) < 4)] = -0.8
    picture[(abs(rows - 40) < 5) & (abs(columns - 37) < 5)] = -0.3
    picture[(rows - 12) ** 2 + (columns - 53) ** 2 < 40] = 0.95
    return picture
