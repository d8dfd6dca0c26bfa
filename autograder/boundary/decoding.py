"""Turn a frame into a message. The bytes are hostile."""

from __future__ import annotations

import gc
import math
import struct
from collections.abc import Callable
from typing import Any

import msgpack
import numpy as np

from autograder.boundary import kinds
from autograder.boundary.tensors import DTYPES
from autograder.boundary.wire import (
    ARRAY,
    BIG_INT,
    BYTES,
    CALLBACK,
    COMPLEX,
    DICT,
    FRAME,
    HANDLE,
    KIND,
    LIST,
    MAX_CONTROL,
    MAX_DEPTH,
    MAX_INT_BYTES,
    MAX_ITEMS,
    MAX_KEYS,
    MAX_NAME,
    MAX_NDIM,
    MAX_TENSORS,
    MEMBER,
    NAME,
    TENSOR,
    TUPLE,
    Adopt,
    WireError,
    plain_key,
)

_ARRIVED = frozenset({float, bool, type(None), int})


def decode(frame: bytearray, control_size: int, adopt: Adopt, text: Callable[[str], str] | None = None) -> list[Any]:
    """Turn a frame's body back into a message, or raise WireError.

    adopt(kind, number, name): what a CALLBACK, HANDLE or NAME of the other side becomes. text: applied to every text.
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
        self.hashed = 0

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
        if tag == LIST and type(tag) is int:
            return raw
        if tag == TUPLE:
            return tuple(raw)
        if tag == DICT and len(raw) % 2 == 0:
            return self._dict(raw)
        if tag == KIND and raw and type(raw[0]) is int:
            return self._kind(*raw)
        raise WireError("not a container")

    def _kind(self, kind: int, *parts: Any) -> Any:
        if kind in (kinds.SET, kinds.FROZENSET):
            self.hashed += kinds.hashed(list(parts))
            if self.hashed > kinds.MAX_HASHED:
                raise WireError("too many items whose hash can be chosen")
        return kinds.together(
            kind, list(parts), lambda name: self.adopt(MEMBER, 0, name), lambda: self.adopt(FRAME, 0, "")
        )

    def _dict(self, flat: list[Any]) -> dict[Any, Any]:
        self.keys += len(flat) // 2
        if self.keys > MAX_KEYS or not all(map(plain_key, flat[::2])):
            raise WireError("too many keys, or a key that is not plain")
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def _extension(self, kind: int, data: bytes) -> Any:
        if kind in (TENSOR, ARRAY):
            return self._tensor(kind, data)
        if kind == BYTES and len(data) == 4:
            return bytes(self._take(struct.unpack("<I", data)[0]))
        if kind == COMPLEX:
            return complex(*struct.unpack("<dd", data))
        if kind == BIG_INT:
            return int.from_bytes(data, "little", signed=True)
        if kind in (CALLBACK, HANDLE, NAME) and 8 <= len(data) <= 8 + MAX_NAME:
            name = data[8:].decode("utf-8", "replace")
            return self.adopt(kind, struct.unpack_from("<Q", data)[0], self.text(name) if self.text else name)
        raise WireError("an unknown kind of value")

    def _tensor(self, kind: int, data: bytes) -> Any:
        code, ndim = struct.unpack_from("<BB", data)
        if code >= len(DTYPES) or ndim > MAX_NDIM or len(data) != 2 + 8 * ndim + 4:
            raise WireError("not a tensor's header")
        *shape, size = struct.unpack_from(f"<{ndim}QI", data, 2)
        own, name = DTYPES[code]
        if any(axis > 1 << 31 for axis in shape) or math.prod(shape) * np.dtype(name).itemsize != size:
            raise WireError("a tensor whose size does not match its shape")
        raw = self._take(size)
        is_bool = own == "bool"  # a byte other than 0 and 1 would be a bool that is neither
        array = np.frombuffer(raw, dtype=np.uint8) != 0 if is_bool else np.frombuffer(bytearray(raw), dtype=name)
        array = array.reshape(shape)
        if kind == ARRAY:
            if own == "bfloat16":
                raise WireError("numpy has no bfloat16")
            return array
        import torch

        tensor = torch.from_numpy(array)
        return tensor.view(torch.bfloat16) if own == "bfloat16" else tensor

    def _take(self, size: int) -> memoryview:
        self.tensors += 1
        start, self.read = self.read, self.read + size
        if self.read > len(self.blob) or self.tensors > MAX_TENSORS:
            raise WireError("too many tensors, or bytes missing")
        return self.blob[start : self.read]
