"""What this machine really gives: processors and memory, by its control groups' limits and not by its host's size.

A container, a batch job or a pod sees all processors and all memory of its host, and the kernel throttles or kills it
when it takes more than its group may have. Both versions of control groups are read, every group from this process's
own up to the outermost that can be seen.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GRADER_MIB = 1024  # of a grader, its zygote and its suite's, with the largest assignment; without a submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """processors: how many run at once, at least 1. memory_mib: how much there may be in use, None if nobody knows.

    whose_processors, whose_memory: "machine", or "control group" where that gives less.
    """

    processors: int
    memory_mib: int | None
    whose_processors: str = "machine"
    whose_memory: str = "machine"


def this_machine(root: Path = Path("/"), *, processors: int | None = None) -> Machine:
    """What there is. root: where /proc and the control groups lie; processors: those that this process may run on."""
    allowed = processors or len(os.sched_getaffinity(0))
    memory = _installed(root)
    quotas = [quota for group in _groups(root, "cpu") if (quota := _quota(group)) is not None]
    limits = [limit for group in _groups(root, "memory") if (limit := _limit(group)) is not None]
    by_quota = max(1, math.ceil(min(quotas))) if quotas else allowed
    least = min(limits) >> 20 if limits else None
    capped = least is not None and (memory is None or least < memory)
    return Machine(
        processors=min(allowed, by_quota),
        memory_mib=least if capped else memory,
        whose_processors="control group" if by_quota < allowed else "machine",
        whose_memory="control group" if capped else "machine",
    )


def graders(machine: Machine, memory_mib: int) -> int:
    """How many graders to run side by side: one for each processor, as far as memory goes.

    Counted is what all graders need and one submission that uses all that `memory_mib` allows; that several do so at
    once is rare, and then what the kernel kills is graded again.
    """
    if machine.memory_mib is None:
        return machine.processors
    return max(1, min(machine.processors, (machine.memory_mib - memory_mib) // GRADER_MIB))


def lack_of_memory(machine: Machine, memory_mib: int) -> str:
    """What may happen, and what to do about it, if a submission may use more than there is; else ""."""
    needed = memory_mib + GRADER_MIB
    if machine.memory_mib is None or machine.memory_mib >= needed:
        return ""
    left = machine.memory_mib - GRADER_MIB
    lower = (
        f", or write a `memory_mib` of {left} or less under `limits` in course.yml" if left >= GRADER_MIB // 4 else ""
    )
    return (
        f"this {machine.whose_memory} has {machine.memory_mib:,} MiB of memory; a grader needs some {GRADER_MIB:,} and "
        f"course.yml allows a submission {memory_mib:,}. One that uses them may be killed by the kernel, and is then "
        f"ungraded. Give it {needed:,} MiB{lower}"
    )


def _installed(root: Path) -> int | None:
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) >> 10
    return None


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of the groups that limit this process in one thing, its own first. Both versions may be mounted."""
    mounts = [line.split() for line in _text(root / "proc/self/mountinfo").splitlines()]
    for entry in _text(root / "proc/self/cgroup").splitlines():
        number, _, rest = entry.partition(":")
        controllers, _, path = rest.partition(":")
        version_2 = number == "0" and not controllers
        if not version_2 and controller not in controllers.split(","):
            continue
        for fields in mounts:
            kind, _, options = fields[fields.index("-") + 1 :]
            if kind != ("cgroup2" if version_2 else "cgroup") or not (version_2 or controller in options.split(",")):
                continue
            shown, place = fields[3].rstrip("/"), root / fields[4].lstrip("/")
            inside = path.removeprefix(shown).strip("/") if path == shown or path.startswith(f"{shown}/") else ""
            folder = place / inside if ".." not in inside.split("/") else place
            while folder != place:
                yield folder
                folder = folder.parent
            yield place
            break


def _quota(group: Path) -> float | None:
    """Processors' worth of time."""
    of_version_2 = _text(group / "cpu.max").split()
    quota, period = of_version_2 or (_text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us"))
    if not quota.strip().isdigit() or not period.strip().isdigit() or int(period) == 0:
        return None  # "max", -1, or no such file
    return int(quota) / int(period)


def _limit(group: Path) -> int | None:
    """Bytes."""
    text = (_text(group / "memory.max") or _text(group / "memory.limit_in_bytes")).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
