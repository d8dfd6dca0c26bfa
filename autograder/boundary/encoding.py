"""Turn a message into a frame."""

from __future__ import annotations

import enum
import struct
from typing import Any

import msgpack
import numpy as np

from autograder.boundary import kinds
from autograder.boundary.tensors import DTYPES, is_tensor
from autograder.boundary.wire import (
    ARRAY,
    BIG_INT,
    BYTES,
    COMPLEX,
    DICT,
    HEADER,
    KIND,
    LIST,
    MAX_BLOB,
    MAX_CONTROL,
    MAX_DEPTH,
    MAX_INT_BYTES,
    MAX_ITEMS,
    MAX_KEYS,
    MAX_NAME,
    MAX_NDIM,
    MAX_TENSORS,
    TENSOR,
    TUPLE,
    Export,
    Refused,
    TooMuch,
    plain_key,
)

_TORCH_CODE = {f"torch.{name}": code for code, (name, _) in enumerate(DTYPES)}
_NUMPY_CODE = {np.dtype(name): code for code, (own, name) in enumerate(DTYPES) if own != "bfloat16"}
_IMMEDIATE = frozenset({float, bool, type(None)})


def encode(message: list[object], export: Export) -> list[Any]:
    """Turn a message into one frame, in pieces, so that nothing large is copied.

    `export` names what stays behind. Raises Refused for what cannot cross.
    """
    packing = _Packing(export)
    tree = packing.value(message, 0)
    control: bytes = msgpack.packb(tree, strict_types=True, unicode_errors="replace")
    if len(control) > MAX_CONTROL:
        raise TooMuch(f"too much to send at once: {len(control)} bytes besides tensors, the limit is {MAX_CONTROL}")
    return [HEADER.pack(len(control), packing.blob_bytes) + control, *packing.blobs]


class _Packing:
    """One message on its way out: its tree, and the tensor bytes that follow it."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self.blobs: list[Any] = []
        self.blob_bytes = 0
        self.items = 0

    def value(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind in _IMMEDIATE:
            return value
        if kind is str:
            return self._text(value)
        if kind is int:
            return value if -(2**63) <= value < 2**64 else self._big_int(value)
        if is_tensor(value):
            return self._tensor(value)
        if isinstance(value, np.ndarray):
            return self._array(value, depth)
        if isinstance(value, (list, tuple, range)):
            return self._sequence(value, depth)
        if isinstance(value, dict):
            return self._dict(value, depth)
        if isinstance(value, np.generic):
            return self._numpy_scalar(value, depth)
        return self._other(value, depth)

    def _other(self, value: Any, depth: int) -> Any:
        """A subclass of a plain type crosses as the plain type, whatever methods it overrides."""
        if isinstance(value, enum.Enum) and (taken := kinds.apart(value)):
            return self._kind(*taken, depth)
        if isinstance(value, int):
            return self.value(int.__pos__(value), depth)
        if isinstance(value, float):
            return float.__pos__(value)
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, complex):
            plain = complex.__complex__(value)
            return msgpack.ExtType(COMPLEX, struct.pack("<dd", plain.real, plain.imag))
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._blob(BYTES, b"", bytes(value), "bytes")
        taken = kinds.apart(value)
        return self.export(value) if taken is None else self._kind(*taken, depth)

    def _kind(self, kind: int, parts: list[Any], depth: int) -> list[Any]:
        """What `kinds` takes apart: its parts cross as any value does."""
        self._room(len(parts), depth)
        return [KIND, kind, *[self.value(part, depth + 1) for part in parts]]

    def _text(self, value: str) -> str:
        if len(value) > MAX_CONTROL:
            raise TooMuch(f"a text of {len(value)} characters is too much: the limit is {MAX_CONTROL}")
        return value

    def _sequence(self, value: Any, depth: int) -> list[Any]:
        """A subclass may override __iter__; its real items are what crosses."""
        tag, items = LIST, value
        if isinstance(value, list):
            items = list(list.__iter__(value))
        elif isinstance(value, tuple):
            tag, items = TUPLE, list(tuple.__iter__(value))
        self._room(len(items), depth)
        if _IMMEDIATE.issuperset(map(type, items)):
            return [tag, *items]
        return [tag, *[self.value(item, depth + 1) for item in items]]

    def _dict(self, value: dict[Any, Any], depth: int) -> list[Any]:
        if dict.__len__(value) > MAX_KEYS:
            raise TooMuch(f"a dict of {dict.__len__(value)} keys is too large: the limit is {MAX_KEYS}")
        self._room(2 * dict.__len__(value), depth)
        flat: list[Any] = [DICT]
        for key, item in dict.items(value):
            if not plain_key(key):
                raise Refused(f"a dict key must be a number, a text or a tuple of them, not {_type_name(key)}")
            flat += [self.value(key, depth + 1), self.value(item, depth + 1)]
        return flat

    def _room(self, items: int, depth: int) -> None:
        self.items += items
        if self.items > MAX_ITEMS:
            raise TooMuch(f"more than {MAX_ITEMS} items at once: use a tensor or an array")
        if depth > MAX_DEPTH:
            raise TooMuch(f"nested more than {MAX_DEPTH} deep")

    def _big_int(self, value: int) -> msgpack.ExtType:
        if value.bit_length() > 8 * MAX_INT_BYTES - 1:
            raise TooMuch(f"an integer of {value.bit_length()} bits is too large")
        return msgpack.ExtType(BIG_INT, value.to_bytes(MAX_INT_BYTES, "little", signed=True))

    def _numpy_scalar(self, value: Any, depth: int) -> Any:
        if value.dtype.kind == "f":
            return float(value)
        if value.dtype.kind == "c":
            return self.value(complex(value), depth)
        if value.dtype.kind in "biuUS":
            return self.value(value.item(), depth)
        return self._kind(*kinds.array_apart(np.asarray(value)), depth)

    def _tensor(self, value: Any) -> msgpack.ExtType:
        import torch

        with torch._C.DisableTorchFunctionSubclass():
            if value.layout is not torch.strided or value.is_quantized or value.device.type == "meta":
                raise Refused("a sparse, quantized, nested or meta tensor cannot cross: use an ordinary one")
            code = _TORCH_CODE.get(str(value.dtype))
            if code is None:
                raise Refused(f"a tensor of {value.dtype} cannot cross: use float32")
            self._fits(value.numel() * value.element_size(), tuple(value.shape))
            plain = value.detach().cpu().as_subclass(torch.Tensor).resolve_conj().resolve_neg()
            array = (plain.view(torch.int16) if plain.dtype is torch.bfloat16 else plain).numpy()
        return self._raw(TENSOR, code, array)

    def _array(self, value: Any, depth: int) -> Any:
        if kinds.is_masked(value):
            return self._kind(*kinds.array_apart(value), depth)
        array = np.asarray(value)
        if array.dtype.kind in "fc" and array.dtype.itemsize > (8 if array.dtype.kind == "f" else 16):
            array = array.astype(np.float64 if array.dtype.kind == "f" else np.complex128)
        code = _NUMPY_CODE.get(array.dtype.newbyteorder("<") if array.dtype.byteorder == ">" else array.dtype)
        if code is None:
            return self._kind(*kinds.array_apart(array), depth)
        self._fits(array.nbytes, array.shape)
        return self._raw(ARRAY, code, array)

    def _raw(self, kind: int, code: int, array: Any) -> msgpack.ExtType:
        shape = array.shape
        raw = np.ascontiguousarray(array, dtype=DTYPES[code][1]).reshape(-1).view(np.uint8)
        return self._blob(kind, struct.pack(f"<BB{len(shape)}Q", code, len(shape), *shape), raw, f"shape {shape}")

    def _fits(self, size: int, shape: tuple[int, ...]) -> None:
        if len(shape) > MAX_NDIM:
            raise TooMuch(f"a tensor of {len(shape)} axes has too many: the limit is {MAX_NDIM}")
        if self.blob_bytes + size > MAX_BLOB:
            raise TooMuch(f"a tensor of shape {shape} is too large: {MAX_BLOB >> 20} MiB can cross at once")

    def _blob(self, kind: int, head: bytes, raw: Any, what: str) -> msgpack.ExtType:
        self.blob_bytes += len(raw)
        self.blobs.append(raw)
        if self.blob_bytes > MAX_BLOB or len(self.blobs) > MAX_TENSORS:
            raise TooMuch(f"too much at once (at {what}): {MAX_BLOB >> 20} MiB and {MAX_TENSORS} tensors can cross")
        return msgpack.ExtType(kind, head + struct.pack("<I", len(raw)))


def _type_name(value: object) -> str:
    return type(value).__name__[:MAX_NAME]
