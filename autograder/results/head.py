"""The head of a result.json: all of it but its checks and its log, from the first bytes of the file.

What a run must know of results that still stand is in the head, so a class of any size is looked through quickly.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

_BYTES = 4096
_CHECKS = b',\n  "checks": ['


def read_head(file: Path) -> dict[str, Any]:
    """The document without `checks` and `log`, or with them where somebody else wrote the file.

    FileNotFoundError if there is none; another OSError, or ValueError, if it cannot be read, or its end is missing.
    """
    with file.open("rb") as stream:
        start = stream.read(_BYTES)
        stream.seek(-min(2, len(start)), os.SEEK_END)
        if not stream.read().rstrip().endswith(b"}"):
            raise ValueError("its end is missing")
    end = start.find(_CHECKS)
    document = json.loads(file.read_bytes() if end < 0 else start[:end] + b"}")
    if not isinstance(document, dict):
        raise ValueError("it is no object")
    return document
