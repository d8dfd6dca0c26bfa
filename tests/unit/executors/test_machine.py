"""Processors and memory are what the control group gives. The trees are as the kernel writes them, in both versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.executors.machine import Machine, graders, lack_of_memory, this_machine

MEMINFO = "MemTotal:       33554432 kB\nMemFree:        1 kB\n"
UNLIMITED = "9223372036854771712\n"  # what version 1 says where there is no limit
V2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
V1 = (
    "31 30 0:27 {shown} /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "32 30 0:28 {shown} /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "33 30 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
)


def machine(root: Path, files: dict[str, str]) -> Machine:
    """One of 16 processors and 32 GiB, with these files besides."""
    for name, text in {"proc/meminfo": MEMINFO, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return this_machine(root, processors=16)


def test_without_control_groups_it_is_the_machine(tmp_path: Path) -> None:
    """And where /proc says nothing, memory is unknown."""
    assert machine(tmp_path, {}) == Machine(processors=16, memory_mib=32768)
    assert this_machine(tmp_path / "nowhere", processors=3) == Machine(processors=3, memory_mib=None)


def test_this_very_machine_is_read() -> None:
    """A smoke test on the real /proc."""
    seen = this_machine()
    assert seen.processors >= 1 and seen.memory_mib is not None and seen.memory_mib > 256


@pytest.mark.parametrize(("quota", "processors"), [("150000 100000", 2), ("50000 100000", 1), ("max 100000", 16)])
def test_version_2_in_a_container(tmp_path: Path, quota: str, processors: int) -> None:
    """With a namespace of control groups, as containers have: the own group is the root of what is mounted."""
    files = {"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": V2}
    files |= {"sys/fs/cgroup/cpu.max": f"{quota}\n", "sys/fs/cgroup/memory.max": f"{1 << 30}\n"}
    seen = machine(tmp_path, files)
    assert (seen.processors, seen.memory_mib, seen.whose_memory) == (processors, 1024, "control group")


def test_the_strictest_group_above_counts(tmp_path: Path) -> None:
    """As for a service of systemd or a job of Slurm: the limit may lie two groups up, and `max` is none."""
    files = {"proc/self/cgroup": "0::/slurm/job_7/step_0\n", "proc/self/mountinfo": V2}
    files |= {f"sys/fs/cgroup/slurm/{place}memory.max": "max\n" for place in ("job_7/step_0/", "")}
    files |= {"sys/fs/cgroup/slurm/job_7/memory.max": f"{4 << 30}\n", "sys/fs/cgroup/slurm/cpu.max": "400000 100000\n"}
    seen = machine(tmp_path, files)
    assert (seen.processors, seen.memory_mib, seen.whose_processors) == (4, 4096, "control group")


@pytest.mark.parametrize("shown", ["/", "/docker/abc"])
def test_version_1_in_a_container(tmp_path: Path, shown: str) -> None:
    """Docker shows a container its own group as the root, and says its path from the host's root all the same."""
    files = {
        "proc/self/mountinfo": V1.format(shown=shown),
        "proc/self/cgroup": "9:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/system.slice\n",
    }
    inside = "" if shown == "/docker/abc" else "docker/abc/"
    files |= {f"sys/fs/cgroup/memory/{inside}memory.limit_in_bytes": f"{3 << 30}\n"}
    files |= {"sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED} if inside else {}
    files |= {f"sys/fs/cgroup/cpu,cpuacct/{inside}cpu.cfs_quota_us": "250000\n"}
    files |= {f"sys/fs/cgroup/cpu,cpuacct/{inside}cpu.cfs_period_us": "100000\n"}
    seen = machine(tmp_path, files)
    assert (seen.processors, seen.memory_mib) == (3, 3072)


def test_version_1_without_limits(tmp_path: Path) -> None:
    """-1 and a number beyond all memory are no limits."""
    files = {"proc/self/mountinfo": V1.format(shown="/"), "proc/self/cgroup": "9:memory:/\n4:cpu,cpuacct:/\n"}
    files |= {"sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED}
    files |= {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n"}
    files |= {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n"}
    assert machine(tmp_path, files) == Machine(processors=16, memory_mib=32768)


@pytest.mark.parametrize(
    ("memory", "many"), [(None, 8), (64 << 10, 8), (8 << 10, 6), (4 << 10, 2), (1 << 10, 1), (256, 1)]
)
def test_graders_are_as_many_as_processors_and_memory_allow(memory: int | None, many: int) -> None:
    """One at least: what happens then is told, not refused."""
    assert graders(Machine(processors=8, memory_mib=memory), 2048) == many


def test_a_submission_that_may_use_more_than_there_is_is_told_with_what_to_write() -> None:
    """And nothing is said where all fits, or nobody knows."""
    assert lack_of_memory(Machine(processors=1, memory_mib=None), 2048) == ""
    assert lack_of_memory(Machine(processors=1, memory_mib=3072), 2048) == ""
    said = lack_of_memory(Machine(processors=1, memory_mib=2048, whose_memory="control group"), 2048)
    assert "this control group has 2,048 MiB" in said and "Give it 3,072 MiB, or write a `memory_mib` of 1024" in said
    assert "memory_mib" not in lack_of_memory(Machine(processors=1, memory_mib=1024), 2048)
