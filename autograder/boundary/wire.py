"""Values on the line between the grader and a worker: msgpack for structure, raw bytes for tensors, never pickle.

A frame is an 8-byte header, a control part (msgpack, at most 1 MiB) and a blob (the bytes of its tensors, in order).
Both sides read this one file. It trusts nothing it decodes: every size, depth, count, type, dtype and shape is checked,
and the limits are the same on the way out, so that an honest but unusual value is refused where it was made, in words.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import msgpack

MAX_CONTROL = 1 << 20
MAX_BLOB = 64 << 20
MAX_ITEMS = 100_000
MAX_KEYS = 4_096
MAX_TENSORS = 10_000
MAX_DEPTH = 24
MAX_NDIM = 16
MAX_INT_BYTES = 512
MAX_NAME = 100

# What a message's first item says it is. The grader sends requests and its three replies to MODEL, the worker the rest.
LOAD, CALL, USE, HAS, REPLACE, RESTORE, RESULT, RAISE, LEND, OWN = range(10)
READY, ANNOUNCE, REPORT, ANSWER, ERROR, MODEL = range(10, 16)

HEADER = struct.Struct("<II")
LIST, TUPLE, DICT, KIND = range(4)  # KIND: a value of `kinds`, as the number of its kind and its parts
TENSOR, ARRAY, BYTES, COMPLEX, BIG_INT, CALLBACK, HANDLE, NAME, MEMBER, FRAME = range(1, 11)

KEYS = (type(None), bool, int, float, str)


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
    """Name something that stays behind: a CALLBACK on the grader's side, a HANDLE or a NAME on the worker's."""
    return msgpack.ExtType(kind, struct.pack("<Q", number) + name.encode("utf-8", "replace")[:MAX_NAME])


def plain_key(key: object) -> bool:
    """Whether a dict may have this key: bounded integers only, so that nobody can choose thousands of equal hashes."""
    if type(key) is tuple:
        return len(key) <= 8 and all(type(part) in KEYS and plain_key(part) for part in key)
    return type(key) in KEYS and (type(key) is not int or -(2**63) <= key < 2**64)
