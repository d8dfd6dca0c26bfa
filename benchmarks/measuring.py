"""What a command costs: wall time, the processor time of every process it started, and memory.

A command's rusage counts only the children that it waits for, and graders that kill their workers wait for few of them.
So the measuring process becomes the reaper of all orphans below it (prctl PR_SET_CHILD_SUBREAPER) and adds up what it
reaps. What dies with a namespace of processes, as our warm jailed process does, is reaped by the kernel and told to
nobody: it is seen as a drop in the sum over all processes, which is looked at ten times a second, and added again.
Nothing that a command started outlives `measure`.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes import below

_SUBREAPER = 36
_LINGER_SECONDS = 10.0
_LOOK_SECONDS = 0.1
_DROP_SECONDS = 0.3  # less is a process that was seen both before and after it was reaped, or not at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one command. wall: until it returned, in seconds; cpu: user + system of all its processes; memory: MiB, of the
    largest.

    whole: MiB of all its processes together at their most, as the kernel counts a cgroup: shared pages once, files that
    were in cache before not at all. 0 where this process may make no cgroup.
    """

    wall: float
    cpu: float
    memory: float
    whole: float
    exit_code: int
    output: str


def measure(command: Sequence[object], folder: Path, *, seconds: float = 300, **variables: str) -> Cost:
    """Run a command in a folder, with more variables in its environment, and count what it costs.

    Raises TimeoutError after `seconds`. Only for a process without other children.
    """
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"} | variables
    with tempfile.TemporaryFile() as output, _memory() as group:
        started = time.monotonic()
        main = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=group.take_in if group else None,
        ).pid
        wall, exit_code, cpu, lost, memory = None, -1, 0.0, 0.0, 0.0
        deadline, look_at, seen = started + seconds, started, 0.0
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                lost += seen - cpu if seen - cpu > _DROP_SECONDS else 0.0
                break
            now = time.monotonic()
            if pid == 0:
                if now > deadline:
                    _kill_children()
                    deadline = now + 1
                if now > look_at:
                    last, seen = seen, cpu + sum(process.cpu for process in below(os.getpid())[1:])
                    lost += last - seen if last - seen > _DROP_SECONDS else 0.0
                    look_at = now + _LOOK_SECONDS
                time.sleep(0.004)
                continue
            cpu += usage.ru_utime + usage.ru_stime
            memory = max(memory, usage.ru_maxrss / 1024)
            if pid == main:
                wall, exit_code, deadline = now - started, os.waitstatus_to_exitcode(status), now + _LINGER_SECONDS
        whole = group.most() if group else 0.0
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if wall is None or wall > seconds:
        raise TimeoutError(f"{command[0]} took longer than {seconds:g} s: {text[-500:]}")
    return Cost(wall=wall, cpu=cpu + lost, memory=memory, whole=whole, exit_code=exit_code, output=text)


@dataclass(frozen=True, slots=True)
class _Group:
    """A cgroup of version 1 or 2 for one command and all that it starts."""

    folder: Path

    def take_in(self) -> None:
        """Put the process that calls this into it."""
        (self.folder / "cgroup.procs").write_text("0")

    def most(self) -> float:
        """MiB."""
        files = (self.folder / name for name in ("memory.peak", "memory.max_usage_in_bytes"))
        return next(int(file.read_text()) / 2**20 for file in files if file.exists())


@contextlib.contextmanager
def _memory() -> Iterator[_Group | None]:
    """A cgroup that counts memory, None where none can be made."""
    for above in (Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")):
        group = _Group(above / f"measured-{os.getpid()}")
        with contextlib.suppress(OSError):
            group.folder.mkdir()
            with contextlib.suppress(StopIteration):
                group.most()
                yield group
                group.folder.rmdir()
                return
            group.folder.rmdir()
    yield None


def _kill_children() -> None:
    for process in below(os.getpid())[1:]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def in_results(folder: Path, field: str) -> list[float]:
    """One number from each result.json below a folder, in the order of their paths."""
    return [json.loads(file.read_bytes())[field] for file in sorted(folder.rglob("result.json"))]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Median and range, for a table."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"
