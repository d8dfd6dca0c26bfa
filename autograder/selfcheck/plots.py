"""What the notebooks draw a student's answers with. Nothing here raises: a wrong answer must not stop "Run All"."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLANK = "___"


def attempt(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What the function answers; None, with a line that says why, if it is not written yet or raises."""
    name = getattr(function, "__name__", "the function")
    try:
        return function(*arguments, **named)
    except NotImplementedError:
        _say(f"{name} is not written yet, so there is nothing to draw")
    except Exception as error:  # noqa: BLE001  the student's code may raise anything
        if _has_blank(function):  # in a notebook a blank is a text of its own, so it raises anything
            _say(f"{name} is not written yet, so there is nothing to draw")
        else:
            _say(f"{name} raised {type(error).__name__}: {error}".rstrip(": ") + "; so there is nothing to draw")
    return None


def _has_blank(function: Callable[..., Any]) -> bool:
    with contextlib.suppress(OSError, TypeError):
        return _BLANK in inspect.getsource(function)
    return False


def _say(text: str) -> None:
    print(text)  # noqa: T201  below the cell is where a student looks


def _drawn(draw: Callable[..., None]) -> Callable[..., None]:
    """A drawing that says what is missing or wrong instead of raising."""

    @functools.wraps(draw)
    def told(title: str, *arguments: Any, **named: Any) -> None:
        try:
            import matplotlib.pyplot as plt
        except ImportError:
            _say(f"{title}: install matplotlib to see the picture")
            return
        try:
            draw(title, *arguments, **named)
            plt.show()
        except Exception as error:  # noqa: BLE001  values of any shape arrive here
            plt.close("all")
            _say(f"{title}: cannot be drawn: {type(error).__name__}: {error}".rstrip(": "))

    return told


@_drawn
def show(title: str, curves: Mapping[str, Any], log: bool = False, marks: str = "") -> None:
    """Draw lists of numbers as curves.

    curves: label to a list, or to a pair of lists (x, y) as a tuple. log: a logarithmic axis upwards. marks:
    matplotlib's format, such as "o-".
    """
    import matplotlib.pyplot as plt

    for label, values in curves.items():
        x, y = values if isinstance(values, tuple) else (range(len(values)), values)
        plt.plot(_array(x), _array(y), marks, label=label)
    if log:
        plt.yscale("log")
    plt.title(title)
    plt.legend()


@_drawn
def show_histogram(title: str, values: Any, limits: tuple[float, float] = (-3.0, 3.0)) -> None:
    """Draw how often each value occurs between the limits."""
    import matplotlib.pyplot as plt

    plt.hist(_array(values).ravel(), bins=60, range=limits)
    plt.title(title)


@_drawn
def show_clouds(title: str, clouds: Mapping[str, Any]) -> None:
    """Draw sets of points in the plane: clouds is {label: (n, 2) array}."""
    import matplotlib.pyplot as plt

    for label, points in clouds.items():
        at = _array(points)
        plt.scatter(at[:, 0], at[:, 1], s=6, label=label)
    plt.title(title)
    plt.legend()


@_drawn
def show_pictures(
    title: str,
    pictures: Sequence[Any] | Mapping[str, Sequence[Any]],
    limits: tuple[float, float] | None = None,
) -> None:
    """Draw a row of pictures, or with {label: pictures} a row for each label.

    A picture is an (H, W) array of greys, or (3, H, W) of colours in [0, 1]. limits: the values that are black and
    white; without them each picture's own darkest and lightest.
    """
    import matplotlib.pyplot as plt

    rows = pictures if isinstance(pictures, Mapping) else {"": pictures}
    low, high = limits or (None, None)
    height, width = len(rows), max(len(row) for row in rows.values())
    size = (1.3 * width, 1.45 * height) if isinstance(pictures, Mapping) else None
    figure, axes = plt.subplots(height, width, figsize=size, squeeze=False)
    for line, (label, row) in zip(axes, rows.items(), strict=True):
        for place in line:
            place.axis("off")
        for place, picture in zip(line, row, strict=False):
            values = _array(picture)
            if values.ndim == 3:
                place.imshow(np.clip(np.moveaxis(values, 0, -1), 0, 1))
            else:
                place.imshow(values, cmap="gray", vmin=low, vmax=high)
        line[0].set_title(label, loc="left", fontsize=9)
    figure.suptitle(title)


def _array(values: Any) -> NDArray[Any]:
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
