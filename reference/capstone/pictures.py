"""The capstone's little world: pictures of one shape on a plain ground, drawn by formula and looked at by formula.

A picture is a (3, 64, 64) float tensor in [0, 1]. `render` draws pictures of given scenes, `look` tells what one
picture shows, `score` compares many pictures with their captions. No learned part: the grader is right on every picture
that the renderer can draw, so what it says about a generated picture is trusted.

The colours are deliberately not fully saturated, so that a model that overshoots them can be seen to do so.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

SIDE = 64
PALETTE = {
    "red": (205, 50, 50),
    "green": (50, 155, 70),
    "blue": (50, 80, 205),
    "yellow": (225, 205, 60),
    "orange": (230, 130, 40),
    "purple": (125, 50, 155),
    "cyan": (70, 190, 205),
    "pink": (235, 130, 180),
}
BACKGROUNDS = {"white": (225, 225, 225), "black": (35, 35, 35)}
SHAPES = ("circle", "square", "triangle", "star")
RADII = {"small": (9.0, 10.5), "large": (14.5, 16.5)}  # of the disc of equal area, in pixels
OFFSETS = {"small": 5.0, "large": 2.0}  # how far the middle may lie from the picture's, in pixels along each axis

COLOUR_JITTER, BACKGROUND_JITTER = 12, 8  # of 255, to either side
CLEAN_IOU = 0.8  # a shape is clean if it overlaps the perfect one at least so much
VISIBLE = 35  # of 255: a picture whose strongest contrast is weaker shows nothing
OFF_PALETTE = (
    25  # of 255: farther than this from every blend of a named colour and a ground, a pixel is off the palette
)
_PALETTE = torch.tensor(list(PALETTE.values())).float()
_Y, _X = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a caption asks for, or what a picture shows; None is "not said" or "not seen"."""

    colour: str | None = None
    shape: str | None = None
    size: str | None = None
    background: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What `look` saw in one picture.

    iou: overlap with the perfect shape of that kind, place and area, 0..1. ink, ground: the colours found, (3,) in
    0..255. residual: how far pixels lie from two flat colours and their blend, mean of 255; nan if nothing is seen.
    """

    scene: Scene
    iou: float
    ink: Tensor
    ground: Tensor
    residual: float

    @property
    def clean(self) -> bool:
        """Whether the shape is one of ours, not a blot."""
        return self.iou > CLEAN_IOU

    def answers(self, wanted: Scene) -> bool:
        """Whether the picture has a clean shape of the wanted kind in the wanted colour: what `Scores.right` counts."""
        return self.clean and (self.scene.colour, self.scene.shape) == (wanted.colour, wanted.shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How well many pictures answer their captions: shares 0..1, then means.

    colour, shape, size, background: right, of the captions that say it (nan if none does). clean: a clean shape.
    right: colour and shape right and clean. everything: clean, and all that the caption says is right.
    iou: see Seen. colour_error, background_error: distance of ink and ground from the named and from the nearest ground
    colour, mean of 255. residual: see Seen. off_palette: share of pixels that no blend of our colours explains.
    """

    colour: float
    shape: float
    size: float
    background: float
    clean: float
    right: float
    everything: float
    iou: float
    colour_error: float
    background_error: float
    residual: float
    off_palette: float


# Captions


def write_caption(scene: Scene) -> str:
    """Say a scene: "a red circle", "a small red circle on white". Colour and shape must be named, the others may."""
    size = f"{scene.size} " if scene.size else ""
    background = f" on {scene.background}" if scene.background else ""
    return f"a {size}{scene.colour} {scene.shape}{background}"


def parse_caption(caption: str) -> Scene:
    """The scene that a caption asks for: the first word of each kind counts, other words do not."""
    words = caption.split()

    def first(names: Sequence[str]) -> str | None:
        return next((word for word in words if word in names), None)

    return Scene(colour=first([*PALETTE]), shape=first(SHAPES), size=first([*RADII]), background=first([*BACKGROUNDS]))


def every_caption() -> list[str]:
    """The empty caption and then all 288 others, with size and background said or not."""
    kinds = itertools.product(PALETTE, SHAPES, (None, *RADII), (None, *BACKGROUNDS))
    return ["", *(write_caption(Scene(colour=c, shape=s, size=z, background=b)) for c, s, z, b in kinds)]


# Drawing


def draw_scenes(count: int, generator: Generator) -> list[Scene]:
    """Scenes with everything named, each value equally likely."""
    kinds = ([*PALETTE], SHAPES, [*RADII], [*BACKGROUNDS])
    columns = ([kind[i] for i in torch.randint(len(kind), (count,), generator=generator).tolist()] for kind in kinds)
    return [Scene(colour=c, shape=s, size=z, background=b) for c, s, z, b in zip(*columns, strict=True)]


def render(scenes: Sequence[Scene], generator: Generator) -> Tensor:
    """Pictures (B, 3, 64, 64) of scenes with everything named; radius, place and shade vary a little."""
    return render_with_masks(scenes, generator)[0]


def render_with_masks(scenes: Sequence[Scene], generator: Generator) -> tuple[Tensor, Tensor]:
    """`render`, and how much of each pixel the shape covers, (B, 1, 64, 64) in [0, 1]."""
    count = len(scenes)
    low, high = torch.tensor([RADII[scene.size] for scene in scenes]).T
    offset = torch.tensor([OFFSETS[scene.size] for scene in scenes])
    u = torch.rand(count, 3, generator=generator)
    middle = SIDE / 2 + offset[:, None] * (2 * u[:, 1:] - 1)
    masks = cover([scene.shape for scene in scenes], middle, low + (high - low) * u[:, 0])[:, None]
    ink = torch.tensor([PALETTE[scene.colour] for scene in scenes]).float()
    ground = torch.tensor([BACKGROUNDS[scene.background] for scene in scenes]).float()
    ink = ink + COLOUR_JITTER * (2 * torch.rand(count, 3, generator=generator) - 1)
    ground = ground + BACKGROUND_JITTER * (2 * torch.rand(count, 1, generator=generator) - 1)
    pictures = masks * ink[:, :, None, None] + (1 - masks) * ground[:, :, None, None]
    return pictures / 255, masks


def cover(shapes: Sequence[str], middle: Tensor, radius: Tensor) -> Tensor:
    """How much of each pixel a shape covers, (B, 64, 64) in [0, 1].

    middle: (B, 2), x to the right and y down, in pixels. radius: (B,), of the disc of equal area: all four shapes of
    one radius have the same area, so size says nothing about kind.
    """
    x = _X - middle[:, 0, None, None]
    y = middle[:, 1, None, None] - _Y  # upwards
    radius = radius[:, None, None]
    depth = torch.empty_like(x)  # signed distance inwards, in pixels
    for shape in set(shapes):
        rows = torch.tensor([shape == other for other in shapes])
        depth[rows] = -_DISTANCES[shape](x[rows], y[rows], radius[rows])
    return (0.5 + depth).clamp(0, 1)


def _circle(x: Tensor, y: Tensor, radius: Tensor) -> Tensor:
    return torch.hypot(x, y) - radius


def _square(x: Tensor, y: Tensor, radius: Tensor) -> Tensor:
    return torch.maximum(x.abs(), y.abs()) - radius * math.sqrt(math.pi) / 2


def _triangle(x: Tensor, y: Tensor, radius: Tensor) -> Tensor:
    inradius = radius * math.sqrt(math.pi / (3 * math.sqrt(3)))
    return torch.maximum(-y, y / 2 + x.abs() * math.sqrt(3) / 2) - inradius


def _star(x: Tensor, y: Tensor, radius: Tensor) -> Tensor:
    """Five points, the inner corners at 0.45 of the outer radius. Folded into one tenth, it has one straight edge."""
    inner = 0.45
    outer = radius * math.sqrt(math.pi / (5 * inner * math.sin(math.pi / 5)))
    angle = torch.remainder(torch.atan2(x, y) + math.pi / 5, 2 * math.pi / 5) - math.pi / 5
    reach = torch.hypot(x, y)
    across, along = reach * angle.abs().sin(), reach * angle.cos()
    normal = (1 - inner * math.cos(math.pi / 5), inner * math.sin(math.pi / 5))
    return (across * normal[0] + (along - outer) * normal[1]) / math.hypot(*normal)


_DISTANCES = {"circle": _circle, "square": _square, "triangle": _triangle, "star": _star}


# Looking


def look(picture: Tensor) -> Seen:
    """What one picture (3, 64, 64) in [0, 1] shows.

    The ground is the median of the rim, the ink the median of the pixels that differ most from it. How much of each
    pixel is ink follows from the two, and the shape is the one of equal area and middle that overlaps that best.
    """
    pixels = picture.detach().float().cpu() * 255
    ground = _rim(pixels).median(1).values
    background = min(BACKGROUNDS, key=lambda name: abs(float(ground.mean()) - BACKGROUNDS[name][0]))
    contrast = (pixels - ground[:, None, None]).norm(dim=0)
    strongest = contrast.flatten().topk(SIDE).values.median()
    if not strongest > VISIBLE:
        return Seen(scene=Scene(background=background), iou=0.0, ink=ground, ground=ground, residual=math.nan)
    ink = pixels[:, contrast > 0.75 * strongest].median(1).values
    towards = ink - ground
    share = torch.einsum("cyx,c->yx", pixels - ground[:, None, None], towards) / (towards @ towards)
    share = share.clamp(0, 1)
    shape, iou, radius = _best_shape(share)
    flat = share * ink[:, None, None] + (1 - share) * ground[:, None, None]
    colour = list(PALETTE)[int((_PALETTE - ink).norm(dim=1).argmin())]
    size = "large" if radius > (RADII["small"][1] + RADII["large"][0]) / 2 else "small"
    scene = Scene(colour=colour, shape=shape, size=size, background=background)
    return Seen(scene=scene, iou=iou, ink=ink, ground=ground, residual=float((pixels - flat).abs().mean()))


def score(pictures: Tensor, captions: Sequence[str]) -> Scores:
    """How well pictures (B, 3, 64, 64) in [0, 1] answer their B captions; each must name a colour and a shape."""
    seen = [look(picture) for picture in pictures]
    wanted = [parse_caption(caption) for caption in captions]
    pairs = list(zip(seen, wanted, strict=True))

    def rate(kind: str) -> float:
        said = [(getattr(s.scene, kind), getattr(w, kind)) for s, w in pairs if getattr(w, kind) is not None]
        return _mean([shown == asked for shown, asked in said])

    named = torch.tensor([PALETTE[w.colour] for w in wanted]).float()
    near = torch.tensor([BACKGROUNDS[s.scene.background] for s in seen]).float()
    return Scores(
        colour=rate("colour"),
        shape=rate("shape"),
        size=rate("size"),
        background=rate("background"),
        clean=_mean([s.clean for s in seen]),
        right=_mean([s.answers(w) for s, w in pairs]),
        everything=_mean([s.answers(w) and _agrees(s.scene, w) for s, w in pairs]),
        iou=_mean([s.iou for s in seen]),
        colour_error=float((torch.stack([s.ink for s in seen]) - named).abs().mean()),
        background_error=float((torch.stack([s.ground for s in seen]) - near).abs().mean()),
        residual=_mean([s.residual for s in seen if not math.isnan(s.residual)]),
        off_palette=off_palette(pictures),
    )


def off_palette(pictures: Tensor) -> float:
    """The share of pixels farther than 25 (of 255) from every blend of one of our colours with one of our grounds.

    0.0 for what the renderer draws; mottled and tinted pictures have more.
    """
    pixels = pictures.detach().float().cpu().movedim(1, -1).reshape(-1, 3) * 255
    nearest = torch.full((len(pixels),), math.inf)
    for ground, ink in itertools.product(torch.tensor(list(BACKGROUNDS.values())).float(), _PALETTE):
        line = ink - ground
        along = ((pixels - ground) @ line / (line @ line)).clamp(0, 1)
        nearest = torch.minimum(nearest, (pixels - ground - along[:, None] * line).norm(dim=1))
    return float((nearest > OFF_PALETTE).float().mean())


def _best_shape(share: Tensor) -> tuple[str, float, float]:
    """(kind, overlap, radius) of the perfect shape that fits a (64, 64) map of coverage best."""
    solid = share * (share > 0.25)  # faint texture of the ground is no part of the shape
    area = solid.sum()
    middle = torch.stack([(solid * _X).sum(), (solid * _Y).sum()]) / area
    radius = (area / math.pi).sqrt()
    perfect = cover(SHAPES, middle.repeat(len(SHAPES), 1), radius.repeat(len(SHAPES)))
    overlap = torch.minimum(perfect, share).sum((1, 2)) / torch.maximum(perfect, share).sum((1, 2))
    best = int(overlap.argmax())
    return SHAPES[best], float(overlap[best]), float(radius)


def _agrees(shown: Scene, wanted: Scene) -> bool:
    return wanted.size in (None, shown.size) and wanted.background in (None, shown.background)


def _rim(pixels: Tensor) -> Tensor:
    """The two outermost rows and columns, (3, n)."""
    sides = (pixels[:, :2], pixels[:, -2:], pixels[:, :, :2], pixels[:, :, -2:])
    return torch.cat([side.reshape(3, -1) for side in sides], dim=1)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan
