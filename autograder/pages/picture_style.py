"""Our pictures outside our own pages: an SVG that brings its colours along, light and dark."""

from __future__ import annotations

_STYLE = (
    "<style>"
    ".picture{font:12px system-ui,sans-serif;fill:#44403c;max-width:640px}"
    ".picture .yours{fill:#c2410c}.picture .right{fill:#1d4ed8}"
    ".picture .line{fill:none;stroke-width:2}"
    ".picture .line.yours{stroke:#c2410c}.picture .line.right{stroke:#1d4ed8}"
    ".picture .axis{stroke:#78716c}.picture .pixels{image-rendering:pixelated}"
    "@media (prefers-color-scheme:dark){.picture{fill:#b5afa9}.picture .yours{fill:#fb923c}"
    ".picture .right{fill:#93c5fd}.picture .line.yours{stroke:#fb923c}.picture .line.right{stroke:#93c5fd}}"
    "</style>"
)


def standalone(picture: str) -> str:
    """The SVG with a style of its own behind its opening tag."""
    opening, bracket, rest = picture.partition(">")
    return f"{opening}{bracket}{_STYLE}{rest}"
