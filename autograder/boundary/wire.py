"""Values on the line between the grader and a worker: msgpack for structure, raw bytes for tensors, never pickle.

A frame is an 8-byte header, a control part (msgpack, at most 1 MiB) and a blob (the bytes of its tensors, in order).
Both sides read this one file. It trusts nothing it decodes: every size, depth, count, type, dtype and shape is checked,
and the limits are the same on the way out, so that an honest but unusual value is refused where it was made, in words.
"""

from __future__ import annotations

import gc
import math
import struct
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np
import torch

MAX_CONTROL = 1 << 20
MAX_BLOB = 64 << 20
MAX_ITEMS = 100_000
MAX_KEYS = 4_096
MAX_TENSORS = 10_000
MAX_DEPTH = 24
MAX_NDIM = 16
MAX_INT_BYTES = 512
MAX_NAME = 100

# What a message's first item says it is. The grader sends requests and its two replies to MODEL, the worker the rest.
LOAD, CALL, METHOD, HAS, REPLACE, RESTORE, RESULT, RAISE, LEND = range(9)
READY, ANNOUNCE, REPORT, ANSWER, ERROR, MODEL = range(10, 16)

HEADER = struct.Struct("<II")
_LIST, _TUPLE, _DICT = range(3)
_TENSOR, _ARRAY, _BYTES, _COMPLEX, _BIG_INT, CALLBACK, HANDLE = range(1, 8)

# A dtype's place in this table is its code on the line: torch's name, numpy's name, both with the same bytes.
_DTYPES: tuple[tuple[torch.dtype, str], ...] = (
    (torch.float32, "<f4"),
    (torch.float64, "<f8"),
    (torch.float16, "<f2"),
    (torch.bfloat16, "<i2"),
    (torch.int64, "<i8"),
    (torch.int32, "<i4"),
    (torch.int16, "<i2"),
    (torch.int8, "<i1"),
    (torch.uint8, "<u1"),
    (torch.uint16, "<u2"),
    (torch.uint32, "<u4"),
    (torch.uint64, "<u8"),
    (torch.bool, "|b1"),
    (torch.complex64, "<c8"),
    (torch.complex128, "<c16"),
)
_TORCH_CODE = {dtype: code for code, (dtype, _) in enumerate(_DTYPES)}
_NUMPY_CODE = {np.dtype(name): code for code, (dtype, name) in enumerate(_DTYPES) if dtype is not torch.bfloat16}

_IMMEDIATE = frozenset({float, bool, type(None)})
_ARRIVED = frozenset({float, bool, type(None), int})
_KEYS = (type(None), bool, int, float, str)


class Refused(TypeError):
    """This value cannot cross; the text says what to return or pass instead."""


class TooMuch(Refused):
    """Nothing but its size keeps it from crossing."""


class WireError(Exception):
    """The other side said something that is not the protocol: malformed, oversized or forbidden."""


class PeerGone(Exception):
    """The other side closed the line."""


class DeadlinePassed(Exception):
    """Nothing came, or nothing could be sent, before the deadline."""


Export = Callable[[object], msgpack.ExtType]
Adopt = Callable[[int, int, str], object]


def reference(kind: int, number: int, name: str) -> msgpack.ExtType:
    """Name something that stays behind: a CALLBACK on the grader's side or a HANDLE on the worker's."""
    return msgpack.ExtType(kind, struct.pack("<Q", number) + name.encode("utf-8", "replace")[:MAX_NAME])


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
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, (list, tuple, range)):
            return self._sequence(value, depth)
        if isinstance(value, dict):
            return self._dict(value, depth)
        if isinstance(value, np.generic):
            return self._numpy_scalar(value, depth)
        return self._other(value, depth)

    def _other(self, value: Any, depth: int) -> Any:
        """A subclass of a plain type crosses as the plain type, whatever methods it overrides."""
        if isinstance(value, int):
            return self.value(int.__pos__(value), depth)
        if isinstance(value, float):
            return float.__pos__(value)
        if isinstance(value, str):
            return self._text(str.__str__(value))
        if isinstance(value, complex):
            plain = complex.__complex__(value)
            return msgpack.ExtType(_COMPLEX, struct.pack("<dd", plain.real, plain.imag))
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self._blob(_BYTES, b"", bytes(value), "bytes")
        if isinstance(value, (set, frozenset)):
            raise Refused("a set has no order and cannot cross: use a sorted list")
        return self.export(value)

    def _text(self, value: str) -> str:
        if len(value) > MAX_CONTROL:
            raise TooMuch(f"a text of {len(value)} characters is too much: the limit is {MAX_CONTROL}")
        return value

    def _sequence(self, value: Any, depth: int) -> list[Any]:
        """A subclass may override __iter__; its real items are what crosses."""
        tag, items = _LIST, value
        if isinstance(value, list):
            items = list(list.__iter__(value))
        elif isinstance(value, tuple):
            tag, items = _TUPLE, list(tuple.__iter__(value))
        self._room(len(items), depth)
        if _IMMEDIATE.issuperset(map(type, items)):
            return [tag, *items]
        return [tag, *[self.value(item, depth + 1) for item in items]]

    def _dict(self, value: dict[Any, Any], depth: int) -> list[Any]:
        if dict.__len__(value) > MAX_KEYS:
            raise TooMuch(f"a dict of {dict.__len__(value)} keys is too large: the limit is {MAX_KEYS}")
        self._room(2 * dict.__len__(value), depth)
        flat: list[Any] = [_DICT]
        for key, item in dict.items(value):
            if not _plain_key(key):
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
        return msgpack.ExtType(_BIG_INT, value.to_bytes(MAX_INT_BYTES, "little", signed=True))

    def _numpy_scalar(self, value: Any, depth: int) -> Any:
        if value.dtype.kind == "f":
            return float(value)
        if value.dtype.kind == "c":
            return self.value(complex(value), depth)
        if value.dtype.kind in "biuUS":
            return self.value(value.item(), depth)
        raise Refused(f"a numpy {value.dtype} cannot cross: use a number")

    def _tensor(self, value: torch.Tensor) -> msgpack.ExtType:
        with torch._C.DisableTorchFunctionSubclass():
            if value.layout is not torch.strided or value.is_quantized or value.device.type == "meta":
                raise Refused("a sparse, quantized, nested or meta tensor cannot cross: use an ordinary one")
            code = _TORCH_CODE.get(value.dtype)
            if code is None:
                raise Refused(f"a tensor of {value.dtype} cannot cross: use float32")
            self._fits(value.numel() * value.element_size(), tuple(value.shape))
            plain = value.detach().cpu().as_subclass(torch.Tensor).resolve_conj().resolve_neg()
            array = (plain.view(torch.int16) if plain.dtype is torch.bfloat16 else plain).numpy()
        return self._raw(_TENSOR, code, array)

    def _array(self, value: Any) -> msgpack.ExtType:
        array = np.asarray(value)
        if array.dtype.kind in "fc" and array.dtype.itemsize > (8 if array.dtype.kind == "f" else 16):
            array = array.astype(np.float64 if array.dtype.kind == "f" else np.complex128)
        code = _NUMPY_CODE.get(array.dtype.newbyteorder("<") if array.dtype.byteorder == ">" else array.dtype)
        if code is None:
            raise Refused(f"an array of {array.dtype} cannot cross: use an array of numbers")
        self._fits(array.nbytes, array.shape)
        return self._raw(_ARRAY, code, array)

    def _raw(self, kind: int, code: int, array: Any) -> msgpack.ExtType:
        shape = array.shape
        raw = np.ascontiguousarray(array, dtype=_DTYPES[code][1]).reshape(-1).view(np.uint8)
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


def decode(frame: bytearray, control_size: int, adopt: Adopt, text: Callable[[str], str] | None = None) -> list[Any]:
    """Turn a frame's body back into a message, or raise WireError.

    adopt(kind, number, name): what a CALLBACK or HANDLE from the other side becomes. text: applied to every string.
    Garbage collection rests meanwhile: a megabyte of small lists would otherwise be walked again and again.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        unpacking = _Unpacking(memoryview(frame)[control_size:], adopt, text)
        message = unpacking.tree(memoryview(frame)[:control_size])
    except WireError:
        raise
    except Exception as error:  # noqa: BLE001  the bytes are hostile: whatever they provoke is their sender's fault
        raise WireError(f"malformed frame ({type(error).__name__})") from None
    finally:
        if collecting:
            gc.enable()
    if type(message) is not list or not message or type(message[0]) is not int:
        raise WireError("not a message")
    return message


class _Unpacking:
    """One frame on its way in."""

    def __init__(self, blob: memoryview, adopt: Adopt, text: Callable[[str], str] | None) -> None:
        self.blob = blob
        self.adopt = adopt
        self.text = text
        self.read = 0
        self.tensors = 0
        self.items = 0
        self.keys = 0

    def tree(self, control: memoryview) -> Any:
        raw = msgpack.unpackb(
            control,
            ext_hook=self._extension,
            unicode_errors="replace",
            max_str_len=MAX_CONTROL,
            max_bin_len=0,
            max_array_len=MAX_ITEMS + 1,
            max_map_len=0,
            max_ext_len=MAX_INT_BYTES,
        )
        message = self._value(raw, 0)
        if self.read != len(self.blob):
            raise WireError("bytes left over")
        return message

    def _value(self, raw: Any, depth: int) -> Any:
        kind = type(raw)
        if kind is list:
            return self._container(raw, depth)
        if kind is str:
            return self.text(raw) if self.text else raw
        if kind in (dict, msgpack.Timestamp, msgpack.ExtType):
            raise WireError("a kind of value that never crosses")
        return raw

    def _container(self, raw: list[Any], depth: int) -> Any:
        self.items += len(raw) - 1
        if self.items > MAX_ITEMS or depth > MAX_DEPTH + 1 or not raw:
            raise WireError("too many items, or nested too deep")
        tag = raw.pop(0)
        if not _ARRIVED.issuperset(map(type, raw)):
            raw = [self._value(item, depth + 1) for item in raw]
        if tag == _LIST and type(tag) is int:
            return raw
        if tag == _TUPLE:
            return tuple(raw)
        if tag == _DICT and len(raw) % 2 == 0:
            return self._dict(raw)
        raise WireError("not a container")

    def _dict(self, flat: list[Any]) -> dict[Any, Any]:
        self.keys += len(flat) // 2
        if self.keys > MAX_KEYS or not all(map(_plain_key, flat[::2])):
            raise WireError("too many keys, or a key that is not plain")
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def _extension(self, kind: int, data: bytes) -> Any:
        if kind in (_TENSOR, _ARRAY):
            return self._tensor(kind, data)
        if kind == _BYTES and len(data) == 4:
            return bytes(self._take(struct.unpack("<I", data)[0]))
        if kind == _COMPLEX:
            return complex(*struct.unpack("<dd", data))
        if kind == _BIG_INT:
            return int.from_bytes(data, "little", signed=True)
        if kind in (CALLBACK, HANDLE) and 8 <= len(data) <= 8 + MAX_NAME:
            name = data[8:].decode("utf-8", "replace")
            return self.adopt(kind, struct.unpack_from("<Q", data)[0], self.text(name) if self.text else name)
        raise WireError("an unknown kind of value")

    def _tensor(self, kind: int, data: bytes) -> Any:
        code, ndim = struct.unpack_from("<BB", data)
        if code >= len(_DTYPES) or ndim > MAX_NDIM or len(data) != 2 + 8 * ndim + 4:
            raise WireError("not a tensor's header")
        *shape, size = struct.unpack_from(f"<{ndim}QI", data, 2)
        dtype, name = _DTYPES[code]
        if any(axis > 1 << 31 for axis in shape) or math.prod(shape) * np.dtype(name).itemsize != size:
            raise WireError("a tensor whose size does not match its shape")
        raw = self._take(size)
        if dtype is torch.bool:  # a byte other than 0 and 1 would be a bool that is neither
            array = np.frombuffer(raw, dtype=np.uint8) != 0
        else:
            array = np.frombuffer(bytearray(raw), dtype=name)
        array = array.reshape(shape)
        if kind == _ARRAY:
            if dtype is torch.bfloat16:
                raise WireError("numpy has no bfloat16")
            return array
        tensor = torch.from_numpy(array)
        return tensor.view(torch.bfloat16) if dtype is torch.bfloat16 else tensor

    def _take(self, size: int) -> memoryview:
        self.tensors += 1
        start, self.read = self.read, self.read + size
        if self.read > len(self.blob) or self.tensors > MAX_TENSORS:
            raise WireError("too many tensors, or bytes missing")
        return self.blob[start : self.read]


def _plain_key(key: object) -> bool:
    """Whether a dict may have this key: bounded integers only, so that nobody can choose thousands of equal hashes."""
    if type(key) is tuple:
        return len(key) <= 8 and all(type(part) in _KEYS and _plain_key(part) for part in key)
    return type(key) in _KEYS and (type(key) is not int or -(2**63) <= key < 2**64)


def _type_name(value: object) -> str:
    return type(value).__name__[:MAX_NAME]
