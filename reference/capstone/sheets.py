"""Contact sheets: one row of small pictures for each run, its name beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from reference.capstone.measure import Run
from reference.capstone.pictures import SIDE

COLUMNS, GAP = 8, 2


def write_sheet(path: Path, runs: Sequence[Run]) -> None:
    """The first eight pictures of each run, as a PNG of few colours: some ten kilobytes a row."""
    margin = max(len(run.recipe.name) for run in runs) * 6 + 12  # the built-in letters are about 6 pixels wide
    step = SIDE + GAP
    sheet = Image.new("RGB", (margin + COLUMNS * step, len(runs) * step), "white")
    draw = ImageDraw.Draw(sheet)
    for row, run in enumerate(runs):
        draw.text((4, row * step + SIDE // 2 - 6), run.recipe.name, fill="black", font_size=11)
        for column, picture in enumerate(run.pictures[:COLUMNS]):
            pixels = (picture.movedim(0, -1) * 255).round().byte().numpy()
            sheet.paste(Image.fromarray(pixels), (margin + column * step, row * step))
    sheet.quantize(128).save(path, optimize=True)
