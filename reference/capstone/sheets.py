"""Contact sheets: rows of small pictures, the name of each beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageDraw
from torch import Tensor

from reference.capstone.pictures import SIDE

COLUMNS, GAP = 8, 2


def write_sheet(path: Path, rows: Mapping[str, Tensor]) -> None:
    """The first eight pictures of each row (B, 3, 64, 64), as a PNG of few colours: some ten kilobytes a row."""
    margin = max(map(len, rows)) * 6 + 12  # the built-in letters are about 6 pixels wide
    step = SIDE + GAP
    sheet = Image.new("RGB", (margin + COLUMNS * step, len(rows) * step), "white")
    draw = ImageDraw.Draw(sheet)
    for row, (name, pictures) in enumerate(rows.items()):
        draw.text((4, row * step + SIDE // 2 - 6), name, fill="black", font_size=11)
        for column, picture in enumerate(pictures[:COLUMNS]):
            pixels = (picture.movedim(0, -1) * 255).round().byte().numpy()
            sheet.paste(Image.fromarray(pixels), (margin + column * step, row * step))
    sheet.quantize(128).save(path, optimize=True)
