"""A picture of what a check saw, as one small SVG drawn from values alone.

Four kinds, chosen by the shape of the values: bars for a handful of numbers, curves for a sequence, tiles for pictures
and tables (yours, expected, difference), a histogram under the bell curve for noise. Written by hand rather than with
matplotlib, because a page of ten pictures has to cost milliseconds; colours are CSS variables, so that the page decides
about light and dark. No text of a student's ever enters a picture.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640, 220, 56, 30, 28
_MAX_POINTS = 160
_TILES = 6
_TILE = 84
_BINS = 41
_GREY = (120, 113, 108)
_WIDE = 50.0  # values that span more than this have a logarithmic axis


def draw(evidence: Mapping[str, Any] | None) -> str | None:
    """The picture of a failed check, or None where there is nothing to draw.

    evidence: "observed" and "expected" of one shape, or "sample", which should look like draws of N(0, 1).
    """
    if evidence is None:
        return None
    with np.errstate(all="ignore"):
        if "sample" in evidence:
            return _histogram(_finite(evidence["sample"]).ravel())
        observed, expected = _finite(evidence["observed"]), _finite(evidence["expected"])
        if observed.shape != expected.shape or observed.size == 0:
            return None
        if observed.ndim >= 2 and min(observed.shape[-2:]) > 1:
            return _tiles(observed, expected, ~np.isfinite(np.asarray(evidence["observed"], dtype=np.float64)))
        if observed.size <= 12:
            return _bars(observed.ravel(), expected.ravel())
        return _curves(observed.ravel(), expected.ravel())


def _finite(values: Any) -> Array:
    array = np.asarray(values, dtype=np.float64)
    return np.clip(np.nan_to_num(array, nan=0.0, posinf=1e30, neginf=-1e30), -1e30, 1e30)


def _bars(observed: Array, expected: Array) -> str:
    low, high = _range(observed, expected, zero=True)
    step = (_WIDTH - _LEFT) / observed.size
    parts = []
    for index, (yours, right) in enumerate(zip(observed, expected, strict=True)):
        for place, (value, name) in enumerate(((yours, "yours"), (right, "right"))):
            top, base = sorted((_y(float(value), low, high), _y(0.0, low, high)))
            x = _LEFT + index * step + step * (0.15 + 0.35 * place)
            box = f'x="{x:.1f}" y="{top:.1f}" width="{step * 0.32:.1f}" height="{max(base - top, 1):.1f}"'
            parts.append(f'<rect class="{name}" {box}/>')
    return _chart("bars, yours beside the expected values", parts, low, high)


def _curves(observed: Array, expected: Array) -> str:
    low, high = _range(observed, expected)
    logarithmic = low > 0 and high / low > _WIDE
    if logarithmic:  # else all that differs near the small end would lie on one line
        observed, expected, low, high = np.log10(observed), np.log10(expected), math.log10(low), math.log10(high)
    count = observed.size
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MAX_POINTS)).round().astype(int))
    x = _LEFT + chosen / max(count - 1, 1) * (_WIDTH - _LEFT - 8)
    parts = []
    for values, name in ((expected, "right"), (observed, "yours")):
        points = " ".join(f"{a:.1f},{_y(float(v), low, high):.1f}" for a, v in zip(x, values[chosen], strict=True))
        parts.append(f'<polyline class="{name} line" points="{points}"/>')
    below = f"index 0 to {count - 1}" + (", upright axis logarithmic" if logarithmic else "")
    return _chart("curves, yours over the expected one", parts, low, high, below, power=logarithmic)


def _histogram(sample: Array) -> str:
    edges = np.linspace(-4, 4, _BINS + 1)
    counts, _ = np.histogram(np.clip(sample, -4, 4), edges)
    density = counts / max(sample.size, 1) / (edges[1] - edges[0])
    middle = (edges[:-1] + edges[1:]) / 2
    bell = np.exp(-(middle**2) / 2) / math.sqrt(2 * math.pi)
    high = float(max(density.max(), bell.max())) * 1.05
    step = (_WIDTH - _LEFT - 8) / _BINS
    parts = []
    for index, value in enumerate(density):
        top = _y(float(value), 0.0, high)
        box = f'x="{_LEFT + index * step:.1f}" y="{top:.1f}" width="{step * 0.9:.1f}"'
        parts.append(f'<rect class="yours" {box} height="{_y(0.0, 0.0, high) - top:.1f}"/>')
    points = " ".join(f"{_LEFT + (i + 0.5) * step:.1f},{_y(float(v), 0.0, high):.1f}" for i, v in enumerate(bell))
    parts.append(f'<polyline class="right line" points="{points}"/>')
    return _chart("histogram of your noise under the bell curve", parts, 0.0, high, "from -4 to 4 standard deviations")


def _tiles(observed: Array, expected: Array, missing: NDArray[np.bool_]) -> str:
    """Rows of tiles: yours, expected, and their difference on a scale of its own. missing: where yours is no number."""
    mine, right, holes = _planes(observed), _planes(expected), _planes(missing.astype(np.float64)) > 0
    low, high = _range(right, right)
    worst = float(np.abs(mine - right).max()) or 1.0
    if _are_photographs(expected):
        shown = [[_photograph(picture) for picture in some[:_TILES]] for some in (observed, expected)]
    else:
        shown = [
            [_png(plane, low, high, hole) for plane, hole in zip(mine, holes, strict=True)],
            [_png(plane, low, high) for plane in right],
        ]
    rows = (
        ("yours", shown[0]),
        ("expected", shown[1]),
        ("difference", [_png(a - b, -worst, worst, hole) for a, b, hole in zip(mine, right, holes, strict=True)]),
    )
    parts = []
    for row, (name, images) in enumerate(rows):
        y = 8 + row * (_TILE + 8)
        parts.append(f'<text x="0" y="{y + _TILE / 2:.0f}">{name}</text>')
        for column, image in enumerate(images):
            place = f'x="{80 + column * (_TILE + 8)}" y="{y}" width="{_TILE}" height="{_TILE}"'
            parts.append(f'<image {place} preserveAspectRatio="none" class="pixels" href="{image}"/>')
    told = "difference: orange where yours is too large, blue where too small"
    told += ", grey where no number" if holes.any() else ""
    bottom = 8 + 3 * (_TILE + 8)
    parts.append(f'<text x="80" y="{bottom + 10}">{told}</text>')
    return _svg("pictures: yours, expected, difference", parts, bottom + 18)


def _planes(values: Array) -> Array:
    """Up to six two-dimensional pictures: the examples of a batch, channels averaged."""
    if values.ndim == 2:
        return values[None]
    while values.ndim > 3:
        values = values.mean(axis=1)
    return values[:_TILES]


def _are_photographs(values: Array) -> bool:
    """Whether these are pictures in colour: (B, 3, H, W) in [0, 1], large enough to be looked at."""
    large = values.ndim == 4 and values.shape[1] == 3 and min(values.shape[2:]) >= _TILE // 4
    return large and float(values.min()) >= 0 and float(values.max()) <= 1


def _photograph(picture: Array) -> str:
    """A picture (3, H, W) in its own colours, as a PNG in a data URI."""
    stride = [slice(None, None, max(1, size // 64)) for size in picture.shape[1:]]
    colours = np.moveaxis(picture[:, stride[0], stride[1]], 0, -1)
    return _encoded((np.clip(colours, 0, 1) * 255).round().astype(np.uint8))


def _png(plane: Array, low: float, high: float, hole: NDArray[np.bool_] | None = None) -> str:
    """A plane as a PNG in a data URI: blue below the middle of the range, white there, orange above; grey in holes."""
    stride = [slice(None, None, max(1, size // 64)) for size in plane.shape]
    share = np.clip((plane[stride[0], stride[1]] - low) / ((high - low) or 1.0), 0, 1)[..., None]
    blue, white, orange = np.array([30, 64, 175]), np.array([250, 250, 250]), np.array([194, 65, 12])
    colours = np.where(share < 0.5, blue + (white - blue) * share * 2, white + (orange - white) * (share * 2 - 1))
    pixels = colours.round().astype(np.uint8)
    if hole is not None:
        pixels[hole[stride[0], stride[1]]] = _GREY
    return _encoded(pixels)


def _encoded(pixels: NDArray[np.uint8]) -> str:
    """(H, W, 3) bytes as a PNG in a data URI."""
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return "data:image/png;base64," + base64.b64encode(data).decode()


def _range(*arrays: Any, zero: bool = False) -> tuple[float, float]:
    low = min(float(np.min(a)) for a in arrays)
    high = max(float(np.max(a)) for a in arrays)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _y(value: float, low: float, high: float) -> float:
    return _TOP + (1 - (value - low) / (high - low)) * (_HEIGHT - _TOP - _BOTTOM)


def _chart(about: str, parts: list[str], low: float, high: float, below: str = "", *, power: bool = False) -> str:
    top, bottom = (10**high, 10**low) if power else (high, low)
    frame = [
        f'<text class="yours" x="{_LEFT}" y="16">yours</text>',
        f'<text class="right" x="{_LEFT + 60}" y="16">expected</text>',
        f'<text x="0" y="{_TOP + 4}">{top:.3g}</text>',
        f'<text x="0" y="{_HEIGHT - _BOTTOM + 4}">{bottom:.3g}</text>',
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH}" y1="{_HEIGHT - _BOTTOM}" y2="{_HEIGHT - _BOTTOM}"/>',
        f'<text x="{_LEFT}" y="{_HEIGHT - 8}">{below}</text>',
    ]
    return _svg(about, frame + parts, _HEIGHT)


def _svg(about: str, parts: list[str], height: float) -> str:
    opening = f'<svg class="picture" role="img" viewBox="0 0 {_WIDTH} {height:.0f}" xmlns="http://www.w3.org/2000/svg">'
    return opening + f"<title>{about}</title>" + "".join(parts) + "</svg>"
