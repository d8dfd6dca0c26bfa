"""Lay the data of an assignment out where the code runs."""

from __future__ import annotations

import os


def lay_out(data: str, scratch: str) -> None:
    """Put a link to each file of the folder `data` into the folder that a worker runs in, before its walls stand.

    What the links show is read-only. Where there is no folder to write in, the data's own is the one to run in.
    """
    if not data:
        return
    if not scratch:
        os.chdir(data)
        return
    for name in os.listdir(data):  # noqa: PTH208
        os.symlink(os.path.join(data, name), os.path.join(scratch, name))  # noqa: PTH118, PTH211
