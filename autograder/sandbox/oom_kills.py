"""How often the kernel killed for want of memory, on this machine or in our control group.

A worker that ends by SIGKILL did so itself, or somebody else ended it. If the count of kills rose meanwhile, it
was the kernel for want of memory that course.yml promises: our fault, however often it happens.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_PROC = Path("/proc")


def kills(proc: Path = _PROC, cgroups: Path = _CGROUPS) -> int:
    """How many processes the kernel has killed for want of memory, here and in our control groups. It only rises."""
    count = 0
    files = [proc / "vmstat"]
    for folder in _own_groups(proc, cgroups):
        files += [folder / "memory.events", folder / "memory.oom_control"]
    for file in files:
        count += sum(int(line.split()[1]) for line in _text(file).splitlines() if line.startswith("oom_kill "))
    return count


def _own_groups(proc: Path, cgroups: Path) -> Iterator[Path]:
    """The folders of the control groups that we are in, from the innermost up, in either version of them."""
    for line in _text(proc / "self" / "cgroup").splitlines():
        _, _, rest = line.partition(":")
        kinds, _, path = rest.partition(":")
        if kinds and "memory" not in kinds.split(","):
            continue
        root = cgroups / "memory" if kinds else cgroups
        inner = root / path.lstrip("/")
        yield from (folder for folder in (inner, *inner.parents) if folder.is_relative_to(root))


def _text(file: Path) -> str:
    try:
        return file.read_text("ascii", "replace")
    except OSError:
        return ""
