"""The processes below one, read from /proc: who they are, what they used, what they hold."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """cpu: seconds, of the process and of the children that it has waited for."""

    pid: int
    parent: int
    cpu: float

    def is_fork_of(self, other: Process) -> bool:
        """Whether it runs the same program with the same arguments."""
        mine, its = (Path(f"/proc/{process.pid}/cmdline").read_bytes() for process in (self, other))
        return mine == its

    def memory(self) -> float:
        """MiB of its own: private pages, and its share of those in common with others (PSS); 0 once it has ended."""
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text("ascii").splitlines():
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
        return 0.0


def below(pid: int) -> list[Process]:
    """The process `pid` and all its descendants, parents first."""
    everybody: dict[int, list[Process]] = {}
    found: list[Process] = []
    for folder in Path("/proc").iterdir():
        try:
            fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except (OSError, ValueError):
            continue  # no process, or one that has just ended
        if folder.name.isdigit():
            process = Process(pid=int(folder.name), parent=int(fields[1]), cpu=sum(map(int, fields[11:15])) / _TICK)
            everybody.setdefault(process.parent, []).append(process)
            found += [process] if process.pid == pid else []
    for process in found:  # grows while it is walked
        found += everybody.get(process.pid, [])
    return found
