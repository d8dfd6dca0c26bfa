"""Which libraries a submission needs that are slow to import and that not every submission uses.

The zygote imports them once, before it forks a worker for such a submission: a worker that imported them itself would
pay for it in each submission, and finds no folder to write its caches to. Only the names below are ever told to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_USING_TORCH = rb"(?:torch|diffusers|transformers|safetensors|accelerate|lightning|timm|functorch)"
# Library -> a sign of it in the files of a submission that uses it. A sign that is there for another reason costs one
# import a class; a library that is used without a sign is imported by the worker.
_SIGNS = {
    "torch": re.compile(rb"\b(?:import\b[^\n]*|__import__[^\n]*|import_module[^\n]*|from[ \t]+)" + _USING_TORCH),
    "matplotlib.pyplot": re.compile(rb"matplotlib|pylab|seaborn|pandas|\bplt\b"),
    "torch._dynamo": re.compile(rb"_dynamo|torch\.compile|torch\.export|torch\.func|functorch|vmap"),
}


def has_sign_of(library: str, file: Path) -> bool:
    """Whether a file may use the library. A file that cannot be read has no sign; whoever needs it says so."""
    try:
        return bool(_SIGNS[library].search(file.read_bytes()))
    except OSError:
        return False


def needed_by(files: Iterable[bytes], *others: str) -> list[str]:
    """Name the libraries that these files may use, in a fixed order. others: what a suite needs besides."""
    contents = list(files)
    found = [name for name, sign in _SIGNS.items() if name in others or any(sign.search(each) for each in contents)]
    return found if "torch" in found else [name for name in found if not name.startswith("torch")]
