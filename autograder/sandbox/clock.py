"""A clock that stands still while a submission, or we who judge it, wait for a processor.

What it counts is running and sleeping. So a busy machine fails no right work, an endless loop has used its seconds when
the processor has spent them on it, and one that sleeps or waits for nothing is stopped as soon as on an idle machine.
Nor does one gain time whose own threads make it wait: what they compute counts, up to wall time. The kernel keeps these
times (/proc/<pid>/schedstat, clocks), out of a submission's reach. Where it does not, this is wall time.
"""

from __future__ import annotations

import contextlib
import os
import time

# A second of wall time counts at least a tenth, however busy the machine: whatever happens, every wait has an end.
SLOWEST = 10.0


class SubmissionClock:
    """Seconds since it was made, less those that the worker it follows, or this thread, waited for a processor."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._ours = _open("thread-self")
        self._ours_at_first = _waited(self._ours)
        self._worker = -1
        self._pid = 0
        self._waited_of_earlier_workers = 0.0
        self._computed_by_earlier_workers = 0.0
        self._last_seen = 0.0

    def now(self) -> float:
        """Seconds so far. A wait is known once it is over, so this may go back by the length of one."""
        wall = time.monotonic() - self._began
        return max(wall - self.waited(), min(wall, self._computed()), wall / SLOWEST)

    def waited(self) -> float:
        """Seconds in which a processor was waited for."""
        self._last_seen = max(self._last_seen, _waited(self._worker))
        ours = _waited(self._ours) - self._ours_at_first
        return ours + self._waited_of_earlier_workers + self._last_seen

    def _computed(self) -> float:
        """Seconds for which all threads of the workers had a processor."""
        return self._computed_by_earlier_workers + _computed(self._pid)

    def follow(self, pidfd: int) -> None:
        """From now on this worker's waiting counts, besides what earlier workers waited."""
        self.leave()
        for line in _fdinfo(pidfd).splitlines():
            if line.startswith("Pid:"):
                self._worker, self._pid = _open(line.split()[1]), int(line.split()[1])

    def close(self) -> None:
        """Give up the descriptors. The time goes on as wall time."""
        self.leave()
        if self._ours >= 0:
            self._waited_of_earlier_workers += _waited(self._ours) - self._ours_at_first
            os.close(self._ours)
            self._ours, self._ours_at_first = -1, 0.0

    def leave(self) -> None:
        """The worker that was followed is about to go. What it waited and computed stays known."""
        self._computed_by_earlier_workers += _computed(self._pid)
        self._pid = 0
        if self._worker >= 0:
            self._last_seen = max(self._last_seen, _waited(self._worker))
            os.close(self._worker)
        self._worker = -1
        self._waited_of_earlier_workers += self._last_seen
        self._last_seen = 0.0


def _open(process: str) -> int:
    try:
        return os.open(f"/proc/{process}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1


def _fdinfo(pidfd: int) -> str:
    with contextlib.suppress(OSError):
        descriptor = os.open(f"/proc/self/fdinfo/{pidfd}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.read(descriptor, 4096).decode("ascii", "replace")
        finally:
            os.close(descriptor)
    return ""


def _computed(pid: int) -> float:
    """Seconds for which the threads of a process, together, had a processor; 0 if it is gone, or none."""
    if pid <= 0:
        return 0.0
    try:
        return time.clock_gettime(~pid << 3 | 2)  # the clock that clock_getcpuclockid gives of it
    except OSError:
        return 0.0


def _waited(descriptor: int) -> float:
    """Seconds on the run queue of the process whose schedstat this is; 0 if it is gone or cannot be read."""
    if descriptor < 0:
        return 0.0
    try:
        return int(os.pread(descriptor, 100, 0).split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
