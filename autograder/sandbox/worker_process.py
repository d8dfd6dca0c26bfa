"""One forked worker as the trusted side holds it, and what a session asks of the process that forks them."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from autograder.records import Limits

OUTPUT_KEPT = 64 << 10


class ZygoteGone(Exception):
    """The zygote ended or no longer answers. It is replaced by the next `spawn`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerProcess:
    """One forked worker as the trusted side holds it. Its pid is the zygote's own numbering, not ours."""

    line: socket.socket
    pid: int
    pidfd: int
    stdout: int
    stderr: int

    def kill(self) -> None:
        """End it, whatever it is doing. It cannot have children."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def close(self) -> None:
        """Give up the descriptors."""
        self.line.close()
        for descriptor in (self.pidfd, self.stdout, self.stderr):
            os.close(descriptor)


class Workers(Protocol):
    """Where a session's workers come from: a `Zygote`."""

    def spawn(self, limits: Limits | None = None, libraries: Sequence[str] = ()) -> WorkerProcess:
        """Fork one worker, from a process that has imported these libraries."""

    def reap(self, worker: WorkerProcess) -> tuple[int, float]:
        """End a worker; its wait status and the CPU seconds it used. Raises ZygoteGone."""
