"""Import nbgrader and nbformat without what neither uses."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

_UNUSED = "rfc3987_syntax"


@contextlib.contextmanager
def without_the_grammar() -> Iterator[None]:
    """Keep `rfc3987_syntax` out while nbgrader or nbformat is imported inside.

    nbformat imports jsonschema, which builds a parser from that package's grammar wherever JupyterLab brought it: 1.6
    of the 3.6 CPU seconds of `import nbgrader.api` (rfc3987-syntax 1.1.0, jsonschema 4.26.0), to check a format of
    addresses that no notebook has. jsonschema does without it where it is missing.
    """
    modules: dict[str, Any] = sys.modules
    absent = _UNUSED not in modules
    if absent:
        modules[_UNUSED] = None  # so that importing it raises ModuleNotFoundError
    try:
        yield
    finally:
        if absent:
            del modules[_UNUSED]
