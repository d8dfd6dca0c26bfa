"""What one attack is, and the helpers that attack sources share."""

from __future__ import annotations

from dataclasses import dataclass

VALUE, ERROR, DIED, TIMEOUT = "value", "StudentError", "StudentDied", "StudentTimeout"

# For sources that write to the line themselves: `say` sends a frame, truthful about its sizes unless told otherwise.
RAW = """
import os, struct, time, msgpack

READY, ANNOUNCE, REPORT, ANSWER, ERROR, MODEL = range(10, 16)
TENSOR, ARRAY, BYTES, COMPLEX, BIG_INT, CALLBACK, HANDLE = range(1, 8)
EXT = msgpack.ExtType

def push(data):
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(3, view):]
        except BlockingIOError:
            time.sleep(0.001)

def say(message, blob=b"", control_size=None, blob_size=None):
    control = message if isinstance(message, bytes) else msgpack.packb(message)
    head = struct.pack("<II", len(control) if control_size is None else control_size,
                       len(blob) if blob_size is None else blob_size)
    push(head + control + blob)
    time.sleep(60)

def answer(value, blob=b""):
    say([0, ANSWER, value, [0], [0]], blob)

def tensor(code, shape, size):
    return EXT(TENSOR, struct.pack(f"<BB{len(shape)}QI", code, len(shape), *shape, size))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One hostile submission and what the trusted side must see of it.

    source: the file that is handed in; the test loads it and calls `attack(model)`. sees: "value" if the call returns
    (and gains nothing by it), else the class of the fault. shows: a pattern in the fault's text or the value's repr.
    without_namespaces, sees_without_namespaces: that pattern and class in the landlock tier, where they are others.
    """

    name: str
    source: str
    sees: str
    shows: str = ""
    without_namespaces: str | None = None
    sees_without_namespaces: str | None = None
