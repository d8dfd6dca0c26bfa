"""From any value that a student's code returned to numbers, and to a short text about it.

Every function here is total: whatever comes in (handles, dicts, ragged or endless nesting, subclasses that lie about
themselves), it answers with a value or a sentence and never raises or warns.
"""

from __future__ import annotations

import itertools
import sys
import warnings
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.suite import kinds
from autograder.suite.objects import is_object, type_name_of

MAX_DEPTH = 32
MAX_VALUES = 1 << 24  # as many float32 as can cross at once
MAX_LIST_VALUES = 1 << 23
_HEAD, _TAIL = 5, 2  # numbers shown of a long row, from either end
_SHORT = 280

# From narrow to wide: a mixed list is of the widest family in it.
FAMILIES = ("bool", "int", "float", "complex")
_KIND_TO_FAMILY = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}
_SCALARS: dict[type, str] = {bool: "bool", int: "int", float: "float", complex: "complex"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Numbers of one shape. raw: as they came, any numeric dtype; family: "bool", "int", "float" or "complex"."""

    raw: NDArray[Any]
    family: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The length along each axis; () for a single number."""
        return tuple(int(n) for n in self.raw.shape)

    def floats(self) -> NDArray[np.float64]:
        """The values as float64; a complex number loses its imaginary part."""
        if self.raw.dtype == np.float64:
            return self.raw
        with np.errstate(all="ignore"):
            raw = self.raw.real if self.family == "complex" else self.raw
            return np.asarray(raw, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNumbers:
    """Why a value is not an array of numbers, as a phrase that follows "is" ("a dictionary", "None")."""

    why: str


def size_of(value: Any, depth: int = 0) -> int:
    """About how many bytes a value holds."""
    if is_tensor(value) or is_a(value, np.ndarray):
        return int(value.nbytes)
    if is_a(value, (str, bytes)):
        return len(value)
    if depth < MAX_DEPTH and is_a(value, dict):
        return sum(size_of(item, depth + 1) for item in dict.values(value))
    if depth < MAX_DEPTH and is_sequence(value):
        return sum(size_of(item, depth + 1) for item in items_of(value))
    return 32


def to_numbers(value: Any) -> Numbers | NotNumbers:
    """Numbers of one shape, from a number, an array, a tensor or lists and tuples of them; else the reason why not."""
    try:
        if type(value) in _SCALARS or (type(value) is np.ndarray and value.dtype.kind in "iuf"):
            return _gather(value, 0, itertools.count())  # the usual cases, in which nothing warns
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return _gather(value, 0, itertools.count())
    except Exception:  # noqa: BLE001 - a value made by a student's class may raise anything at all
        return NotNumbers(why=f"a value that cannot be read as numbers ({type_name(value)})")


def is_a(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """isinstance by the true type: an object's `__class__` may lie or raise."""
    return issubclass(type(value), kinds)


def is_tensor(value: Any) -> bool:
    """Whether this is a torch tensor; torch is not imported for the question."""
    torch = sys.modules.get("torch")
    return torch is not None and is_a(value, torch.Tensor)


def is_sequence(value: Any) -> bool:
    """Whether this is a list or a tuple."""
    return is_a(value, (list, tuple))


def items_of(value: list[Any] | tuple[Any, ...]) -> list[Any]:
    """The items of a list or tuple, whatever its class says that they are."""
    return list.copy(value) if isinstance(value, list) else list(tuple.__iter__(value))


def type_name(value: Any) -> str:
    """The name of a value's class, cut and cleaned."""
    name = str(type.__dict__["__name__"].__get__(type(value)))
    return "".join(c for c in name[:40] if c.isprintable())


def _gather(value: Any, depth: int, seen: itertools.count[int]) -> Numbers | NotNumbers:
    if next(seen) > MAX_LIST_VALUES:
        return NotNumbers(why=f"nested lists of more than {MAX_LIST_VALUES:,} values")
    if type(value) in _SCALARS:
        return Numbers(raw=_scalar(value), family=_SCALARS[type(value)])
    if is_tensor(value):
        return _from_tensor(value)
    if is_a(value, (np.ndarray, np.generic)):
        return _from_array(np.asarray(value), depth, seen)
    if is_sequence(value):
        return _from_sequence(value, depth, seen)
    if is_a(value, int):  # a subclass, such as an enum of whole numbers
        return _gather(int.__add__(value, 0), depth, seen)
    if is_a(value, float):
        return _gather(float.__add__(value, 0.0), depth, seen)
    if is_a(value, complex):
        return _gather(complex.__add__(value, 0j), depth, seen)
    if is_a(value, kinds.EXACT):
        return _gather(float(value), depth, seen)
    if (column := kinds.column_of(value)) is not None:
        return _from_array(column, depth, seen)
    return NotNumbers(why=describe_kind(value))


def _scalar(value: bool | int | float | complex) -> NDArray[Any]:
    if type(value) is int and not -(2**63) <= value < 2**63:
        try:
            return np.array(float(value))
        except OverflowError:
            return np.array(np.inf if value > 0 else -np.inf)
    return np.array(value)


def _from_tensor(value: Any) -> Numbers | NotNumbers:
    torch = sys.modules["torch"]
    shape = tuple(value.shape)
    if value.numel() > MAX_VALUES:
        return NotNumbers(why=f"far too large: its shape is {shape}")
    plain = value.detach()
    if plain.layout is not torch.strided:
        plain = plain.to_dense()
    if plain.is_quantized:
        plain = plain.dequantize()
    plain = plain.cpu().resolve_conj().resolve_neg()
    if plain.dtype in (torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64):
        array = plain.numpy()
    elif plain.is_complex():
        array = plain.to(torch.complex128).numpy()
    elif plain.is_floating_point():
        array = plain.numpy() if plain.dtype in (torch.float32, torch.float64) else plain.to(torch.float64).numpy()
    else:
        array = plain.to(torch.int64).numpy()
    return Numbers(raw=array, family=_KIND_TO_FAMILY[array.dtype.kind])


def _from_array(array: NDArray[Any], depth: int, seen: itertools.count[int]) -> Numbers | NotNumbers:
    if array.size > MAX_VALUES:
        return NotNumbers(why=f"far too large: its shape is {array.shape}")
    if array.dtype.kind == "O":
        if array.ndim == 0:
            return _gather(array.item(), depth + 1, seen) if depth < MAX_DEPTH else NotNumbers(why="nested too deeply")
        if array.size > MAX_LIST_VALUES:
            return NotNumbers(why=f"far too large: its shape is {array.shape}")
        return _from_sequence(array.tolist(), depth, seen)
    family = _KIND_TO_FAMILY.get(array.dtype.kind)
    if family is None:
        return NotNumbers(why=f"an array of {array.dtype.name[:20]}, not of numbers")
    return Numbers(raw=array, family=family)


def _from_sequence(value: Any, depth: int, seen: itertools.count[int]) -> Numbers | NotNumbers:
    if depth >= MAX_DEPTH:
        return NotNumbers(why=f"a list nested more than {MAX_DEPTH} levels deep")
    items = items_of(value)
    if len(items) > MAX_LIST_VALUES:
        return NotNumbers(why=f"a list of more than {MAX_LIST_VALUES:,} values")
    kinds = {type(item) for item in items}
    if items and kinds <= {int, float}:  # the usual case, without a step for each value
        family = "float" if float in kinds else "int"
        try:
            return Numbers(raw=np.array(items, dtype=np.float64 if family == "float" else np.int64), family=family)
        except OverflowError:
            return Numbers(raw=np.array([_scalar(item) for item in items], dtype=np.float64), family=family)
    parts: list[Numbers] = []
    for i, item in enumerate(items):
        part = _gather(item, depth + 1, seen)
        if isinstance(part, NotNumbers):
            return NotNumbers(why=f"a list whose item {i} is {part.why}") if depth < 2 else part
        if parts and part.shape != parts[0].shape:
            why = f"ragged: item 0 has the shape {_shape(parts[0].shape)}, item {i} has {_shape(part.shape)}"
            return NotNumbers(why=why)
        parts.append(part)
    if not parts:
        return Numbers(raw=np.zeros((0,)), family="float")
    if parts[0].raw.size * len(parts) > MAX_VALUES:
        return NotNumbers(why="far too large")
    if parts[0].raw.ndim >= MAX_DEPTH:
        return NotNumbers(why=f"nested more than {MAX_DEPTH} levels deep")
    family = max((part.family for part in parts), key=FAMILIES.index)
    return Numbers(raw=np.stack([part.raw for part in parts]), family=family)


def _shape(shape: tuple[int, ...]) -> str:
    return str(shape) if shape else "() of a single number"


def describe_kind(value: Any) -> str:
    """What sort of thing this is, in the learner's words, as a phrase that follows "is"."""
    if value is None:
        return "None"
    if is_a(value, bool):
        return "True or False"
    if is_a(value, (int, float, complex)):
        return "a number"
    if is_a(value, str):
        return "a text"
    if is_a(value, (bytes, bytearray)):
        return "bytes"
    if is_a(value, dict):
        return "a dictionary"
    if (words := kinds.describe(value)) is not None:
        return words
    if is_a(value, tuple):
        return f"a tuple of {tuple.__len__(value)}"
    if is_a(value, list):
        return f"a list of {list.__len__(value)}"
    if is_tensor(value):
        return "a tensor"
    if is_a(value, np.ndarray):
        return "an array"
    if is_a(value, (FunctionType, BuiltinFunctionType, MethodType)):
        return "a function"
    return _own_type(value)


_COMMON = {
    "generator": "a generator; make a list of it",
    "type": "a class; return an object or numbers",
    "function": "a function",
    "method": "a function",
    "module": "a module",
    "NoneType": "None",
}


def _own_type(value: Any) -> str:
    """An object by its own class, also one that stays in the submission's process and is known here by name only."""
    stays = type_name_of(value) if is_object(value) else type_name(value)
    name = "".join(c for c in stays[:40] if c.isprintable())
    if name in _COMMON:
        return _COMMON[name]
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def sentence(text: str) -> str:
    """With a capital first letter, unless it starts with a name from the code, such as x_t."""
    return text[0].upper() + text[1:] if text.split(" ")[0] in ("result", "item", "your", "the") else text


def number(value: float) -> str:
    """A number as a learner writes it: four significant digits, whole numbers whole."""
    value = float(value)
    if value == int(value) if np.isfinite(value) else False:
        return f"{int(value)}" if abs(value) < 1e7 else f"{value:.4g}"
    return f"{value:.4g}"


def pair(observed: float, expected: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in (4, 6, 9, 17):
        texts = f"{observed:.{digits}g}", f"{expected:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return (number(observed), number(expected)) if digits == 4 else texts


def render(value: Any) -> str:
    """At most 300 characters on a value: what it is, its shape and dtype, and its first and last numbers."""
    try:
        with np.errstate(all="ignore"):
            text = _render(value)
    except Exception:  # noqa: BLE001 - a value made by a student's class may raise anything at all
        text = describe_kind(value)
    return text if len(text) <= _SHORT else text[: _SHORT - 4] + " ..."


def _render(value: Any) -> str:
    if value is None or type(value) in (bool, complex):
        return str(value)
    if type(value) in (int, float):
        return number(value) if type(value) is float or abs(value) < 10**7 else str(value)[:40]
    if is_a(value, str):
        return "".join(c for c in repr(str(value[:200])) if c.isprintable())
    if is_a(value, dict):
        shown = list(itertools.islice(dict.items(value), 6))
        more = ", ..." if dict.__len__(value) > len(shown) else ""
        return "{" + ", ".join(f"{render(k)[:40]}: {render(v)[:60]}" for k, v in shown) + more + "}"
    if (text := kinds.show(value)) is not None:
        return "".join(c for c in text if c.isprintable())
    numbers = to_numbers(value)
    if isinstance(numbers, Numbers):
        return _render_numbers(value, numbers)
    if is_sequence(value):
        items = items_of(value)
        more = ", ..." if len(items) > 4 else ""
        inner = ", ".join(render(item)[:120] if not is_sequence(item) else describe_kind(item) for item in items[:4])
        return f"{describe_kind(value)}: {inner}{more}"
    return describe_kind(value)


def _render_numbers(value: Any, numbers: Numbers) -> str:
    flat = numbers.floats().ravel()
    texts = [str(bool(v)) if numbers.family == "bool" else number(v) for v in _ends(flat)]
    if len(flat) > len(texts):
        texts.insert(_HEAD, "...")
    listed = "[" + ", ".join(texts) + "]"
    if is_tensor(value):
        kind = f"tensor {numbers.shape} {str(value.dtype).removeprefix('torch.')}"
    elif is_a(value, np.ndarray):
        kind = f"array {numbers.shape} {value.dtype}"
    elif is_a(value, np.generic):
        return texts[0]
    elif numbers.raw.ndim == 1:
        return f"{describe_kind(value)}: {listed}"
    else:
        kind = f"nested {'tuple' if is_a(value, tuple) else 'list'} {numbers.shape}"
    return f"{kind}: {listed}" if numbers.shape else f"{kind}: {texts[0]}"


def _ends(flat: NDArray[np.float64]) -> list[float]:
    if len(flat) <= _HEAD + _TAIL + 1:
        return [float(v) for v in flat]
    return [float(v) for v in (*flat[:_HEAD], *flat[-_TAIL:])]
