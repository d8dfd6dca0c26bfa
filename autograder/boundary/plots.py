"""What stands in a plot, as values: the side that drew it runs this, with the matplotlib that it has imported."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

MAX_AXES = 32
MAX_ARTISTS = 200
MAX_POINTS = 20_000


def forget() -> None:
    """Close the figures that are open, so that what is drawn next is alone."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


def drawn(value: Any) -> list[dict[str, Any]]:
    """The axes of all open figures, and of a figure or of axes that a function returned, in the order of making."""
    if "matplotlib.figure" not in sys.modules:
        return []
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    pyplot = sys.modules.get("matplotlib.pyplot")
    figures = [] if pyplot is None else [pyplot.figure(number) for number in pyplot.get_fignums()]
    for one in _flat(value):
        figure = one.get_figure() if isinstance(one, Axes) else one
        if isinstance(figure, Figure) and figure not in figures:
            figures.append(figure)
    found = [axes for figure in figures for axes in figure.axes if axes.get_label() != "<colorbar>"]
    return [_told(axes) for axes in found[:MAX_AXES]]


def _flat(value: Any) -> list[Any]:
    """What was returned, or what stands in a tuple, a list or an array of axes."""
    if isinstance(value, np.ndarray):
        return value.ravel().tolist()[:MAX_AXES] if value.dtype == object else []
    return [one for item in value[:MAX_AXES] for one in _flat(item)] if isinstance(value, (list, tuple)) else [value]


def _told(axes: Any) -> dict[str, Any]:
    from matplotlib.collections import PathCollection
    from matplotlib.container import BarContainer

    legend = axes.get_legend()
    bars = [container for container in axes.containers if isinstance(container, BarContainer)]
    scattered = [one for one in axes.collections if isinstance(one, PathCollection)]
    return {
        "title": axes.get_title(),
        "xlabel": axes.get_xlabel(),
        "ylabel": axes.get_ylabel(),
        "xlim": tuple(map(float, axes.get_xlim())),
        "ylim": tuple(map(float, axes.get_ylim())),
        "xscale": axes.get_xscale(),
        "yscale": axes.get_yscale(),
        "xticks": [text.get_text() for text in axes.get_xticklabels()[:MAX_ARTISTS]],
        "legend": [] if legend is None else [text.get_text() for text in legend.get_texts()[:MAX_ARTISTS]],
        "lines": [
            _series(line, line.get_xdata(orig=False), line.get_ydata(orig=False)) for line in axes.lines[:MAX_ARTISTS]
        ],
        "bars": [
            _series(group, [bar.get_x() + bar.get_width() / 2 for bar in group], [bar.get_height() for bar in group])
            for group in bars[:MAX_ARTISTS]
        ],
        "points": [_series(one, *np.ma.asarray(one.get_offsets()).T) for one in scattered[:MAX_ARTISTS]],
    }


def _series(artist: Any, x: Any, y: Any) -> dict[str, Any]:
    label = str(artist.get_label())
    shown = "" if label.startswith("_") else label  # matplotlib makes up names of its own
    return {"label": shown, "x": _numbers(x), "y": _numbers(y)}


def _numbers(values: Any) -> Any:
    return np.asarray(np.ma.filled(np.ma.asarray(values, dtype=float), np.nan))[:MAX_POINTS]
