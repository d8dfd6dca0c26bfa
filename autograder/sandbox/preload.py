"""Which libraries a submission needs that are slow to import and that few submissions use.

The zygote imports them once, before it forks a worker for such a submission: a worker that imported them itself would
pay for it in each submission, and finds no folder to write its caches to. Only the names below are ever told to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Library -> a sign of it in the files of a submission that uses it. A sign that is there for another reason costs one
# import a class; a library that is used without a sign is imported by the worker.
_SIGNS = {
    "matplotlib.pyplot": re.compile(rb"matplotlib|pylab|seaborn|pandas|\bplt\b"),
    "torch._dynamo": re.compile(rb"_dynamo|torch\.compile|torch\.export|torch\.func|functorch|vmap"),
}


def needed_by(files: Iterable[bytes]) -> list[str]:
    """Name the libraries that these files may use, in a fixed order."""
    contents = list(files)
    return [library for library, sign in _SIGNS.items() if any(sign.search(content) for content in contents)]
