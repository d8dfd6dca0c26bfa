"""Whether an answer was made of what it should be made of: the form of a right answer alone earns nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.suite.assertions import as_array, require
from autograder.suite.values import sentence

# Of its own length, what must be left of a part beyond the others, so that one can tell whether it was used.
_OF_ITS_OWN = 0.01
# More than rounding in float32 leaves.
_ROUNDING = 1e-5


def assert_uses(
    value: Any,
    parts: Mapping[str, Any],
    *,
    name: str = "result",
    needs: tuple[str, ...] | None = None,
    most: float = 0.7,
    credit: float = 0.0,
) -> None:
    """Fail if `value` was made of something else than these parts, or without one of them.

    parts: what it is ("the model's answer") to an array of as many values as `value` has. needs: the parts that must
    have been used, None for all. How they were put together is not judged. Any factors do, wrong ones included, and so
    does any formula that is near a sum of multiples of the parts and a number: at most a share `most` of the values'
    spread may be left over. Values that are all alike come from nothing. A value was made without a part if the others
    leave nothing over. A part that is nearly a sum of multiples of the others itself is not judged. Fails too if
    `value` is no array of finite numbers of that size.
    """
    columns = {part: as_array(values).ravel() for part, values in parts.items()}
    size = len(next(iter(columns.values())))
    made = as_array(value, name=name, credit=credit).ravel()
    require(made.size == size, f"{sentence(name)} holds {made.size} values; it should hold {size}.", credit=credit)
    of = " and ".join(columns)
    told = f"{sentence(name)} does not come from {of}."
    spread = float(np.linalg.norm(made - made.mean()))
    left = _rest(made, list(columns.values())) * float(np.linalg.norm(made))
    varies = spread > _ROUNDING * float(np.linalg.norm(made))
    require(varies and left <= most * spread * (1 + _ROUNDING), told, credit=credit, about="behaviour")
    for part in columns if needs is None else needs:
        others = [column for key, column in columns.items() if key != part]
        if _rest(columns[part], others) > _OF_ITS_OWN:
            used = _rest(made, others) > _ROUNDING
            require(used, f"{sentence(name)} was made without {part}.", credit=credit, about="behaviour")


def _rest(values: NDArray[np.float64], columns: list[NDArray[np.float64]]) -> float:
    """The share of values' length that no sum of multiples of the columns and of 1 reaches."""
    length = float(np.linalg.norm(values))
    if not length:
        return 0.0
    table = np.stack([np.ones(len(values)), *columns], axis=1)
    return float(np.linalg.norm(values - table @ np.linalg.lstsq(table, values, rcond=None)[0])) / length
