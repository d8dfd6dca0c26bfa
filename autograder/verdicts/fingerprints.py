"""Equal wrong answers on equal questions: how unnamed mistakes of a class are put into groups.

A failed check that no known misconception explains is asked once more, with inputs that are the same for the whole
class. What comes back, to three digits, is the mistake's fingerprint: students who share it very likely share the idea,
and an instructor who reads one of them can name it by adding an entry to the bank.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.errors import StudentError
from autograder.suite.student import RecordedCall
from autograder.suite.values import NotNumbers, is_sequence, to_numbers, type_name

_DIGITS = 3


def fingerprint(calls: Sequence[RecordedCall]) -> str:
    """A short name for what these calls gave back; "" if nothing was called."""
    if not calls:
        return ""
    digest = hashlib.sha256()
    for call in calls:
        digest.update(call.function.encode())
        if call.fault is None:
            digest.update(_gist(call.value))
        else:
            kind = call.fault.kind if isinstance(call.fault, StudentError) else type(call.fault).__name__
            digest.update(kind.encode("utf-8", "replace"))
    return digest.hexdigest()[:12]


def _gist(value: Any, depth: int = 0) -> bytes:
    numbers = to_numbers(value)
    if isinstance(numbers, NotNumbers):
        if is_sequence(value) and depth < 4:
            return b"[" + b",".join(_gist(item, depth + 1) for item in list(value)[:1000]) + b"]"
        return type_name(value).encode("utf-8", "replace")
    if numbers.family == "complex":
        return b"complex" + repr(numbers.shape).encode()
    with np.errstate(all="ignore"):
        rounded = [f"{float(v):.{_DIGITS}g}" for v in np.ravel(numbers.floats())[:4096]]
    # -0 and 0 are one answer
    text = ",".join("0" if r == "-0" else r for r in rounded)
    return f"{numbers.shape}:{text}".encode()
