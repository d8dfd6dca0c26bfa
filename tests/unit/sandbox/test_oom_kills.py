"""The kernel's kills for want of memory, as its files say them, in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.sandbox.oom_kills import kills


def written(root: Path, files: dict[str, str]) -> tuple[Path, Path]:
    """A /proc and a /sys/fs/cgroup with these files."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root / "proc", root / "cgroup"


MACHINE = {"proc/vmstat": "pgpgin 7\noom_kill 2\n"}
SECOND = {
    "proc/self/cgroup": "0::/jobs/ours\n",
    "cgroup/jobs/ours/memory.events": "low 0\nmax 9\noom 1\noom_kill 3\noom_group_kill 0\n",
}
FIRST = {
    "proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/ours\n",
    "cgroup/memory/ours/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
}


@pytest.mark.parametrize(
    ("files", "count"),
    [(MACHINE, 2), (MACHINE | SECOND, 5), (MACHINE | FIRST, 6), ({}, 0)],
    ids=["a machine", "second version", "first version", "nothing to read"],
)
def test_kills_are_counted_wherever_the_kernel_does(tmp_path: Path, files: dict[str, str], count: int) -> None:
    """Every kill that the machine or one of our control groups counted."""
    assert kills(*written(tmp_path, files)) == count
