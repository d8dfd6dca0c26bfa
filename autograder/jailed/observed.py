"""What a call changed besides its answer: its arguments and the global generators."""

from __future__ import annotations

import inspect
import itertools
import random
import time
import types
import zlib
from typing import Any

import numpy as np

from autograder.boundary import programs, wire
from autograder.boundary.tensors import is_tensor, torch_in_use

_COPIED = 1 << 20  # bytes


def fingerprint(value: Any) -> Any:
    """Something cheap that changes when the contents of a tensor, array, list or dict change. Never raises."""
    try:
        return _contents(value, 0)
    except Exception:  # noqa: BLE001  a student may have turned an argument into anything
        return "unreadable"


def _contents(value: Any, depth: int) -> Any:
    if is_tensor(value):
        raw: Any = value.detach().contiguous().reshape(-1).view(torch_in_use().uint8).numpy()
        return "tensor", tuple(value.shape), str(value.dtype), _bytes(raw)
    if isinstance(value, np.ndarray):
        raw = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        return "array", value.shape, str(value.dtype), _bytes(raw)
    if isinstance(value, (list, tuple)) and depth < wire.MAX_DEPTH:
        return [_contents(item, depth + 1) for item in value]
    if isinstance(value, dict) and depth < wire.MAX_DEPTH:
        return [(key, _contents(item, depth + 1)) for key, item in value.items()]
    if isinstance(value, set):
        return frozenset(value)
    return value if isinstance(value, (int, float, str, bytes, type(None))) and value == value else type(value)


def _bytes(raw: Any) -> bytes | int:
    """A copy, which costs a tenth of a checksum, or a checksum where a copy would take too much memory."""
    return raw.tobytes() if raw.nbytes <= _COPIED else zlib.crc32(raw)


def parameter_names(function: Any, args: Any, kwargs: dict[str, Any], places: list[int | str]) -> list[str]:
    """Name the parameters at these places of a call."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return [
        place if isinstance(place, str) else names[place] if place < len(names) else f"argument {place + 1}"
        for place in places
    ]


def seed_generators(seed: int) -> None:
    """Start the global generators where the grader says, so that a run can be repeated."""
    if torch := torch_in_use():
        torch.default_generator.manual_seed(seed % 2**63)  # torch.manual_seed: 2 ms, for devices that nobody has
    np.random.seed(seed % 2**32)
    random.seed(seed)


def generator_states() -> dict[str, int | None]:
    """A checksum of each global generator's state, None for one that has not been imported."""
    legacy: Any = np.random.get_state(legacy=True)
    torch = torch_in_use()
    return {
        "torch": zlib.crc32(torch.get_rng_state().numpy().data) if torch else None,
        "numpy": hash((zlib.crc32(legacy[1]), *legacy[2:])),
        "random": hash(random.getstate()),
    }


_ONE_BY_ONE: tuple[type, ...] = (types.GeneratorType, map, filter, zip, enumerate, type({}.values()), type({}.keys()))
_ONE_BY_ONE += (reversed, type(iter([])), type(reversed([])), type(iter(())), type(iter(range(0))))
_ONE_BY_ONE += (itertools.accumulate, itertools.chain, itertools.islice, itertools.starmap, itertools.takewhile)
_MOST = 1_000  # items that are taken at once from what may have no end
_LONGEST = 0.5  # seconds of processor time that this may take


def listed(value: Any) -> Any:
    """What gives its items one by one, as a list; what a coroutine gives. Anything else as it is.

    What gives many, or takes long, stays an iterator: it may have no end, or each item may be longer than the last.
    """
    value = programs.settled(value)
    if isinstance(value, _ONE_BY_ONE):
        items: list[Any] = []
        given: Any = value
        iterator, ends = iter(given), time.process_time() + _LONGEST
        for item in iterator:
            items.append(listed(item))
            if len(items) >= _MOST or time.process_time() > ends:
                return itertools.chain(items, iterator)
        return items
    return value
