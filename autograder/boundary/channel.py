"""One end of the line between the grader and a worker: whole frames over a stream socket, every wait bounded."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from autograder.boundary import wire
from autograder.boundary.decoding import decode
from autograder.boundary.encoding import encode

_AT_ONCE = 1024  # pieces that the kernel takes in one call (IOV_MAX)


class Channel:
    """One end of the line: whole frames over a stream socket, each wait bounded by a deadline on the clock `now`."""

    def __init__(
        self,
        line: socket.socket,
        *,
        export: wire.Export,
        adopt: wire.Adopt,
        text: Callable[[str], str] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        line.setblocking(False)
        self._line = line
        self._export = export
        self._adopt = adopt
        self._text = text
        self._now = now
        self.received = 0

    def close(self) -> None:
        """Hang up. The other side reads end-of-file."""
        self._line.close()

    def send(self, message: list[object], deadline: float | None = None) -> int:
        """Send one message, return its size in bytes. Raises Refused, PeerGone or DeadlinePassed."""
        rest = [memoryview(piece) for piece in encode(message, self._export)]
        size = sum(map(len, rest))
        while rest:
            try:
                rest = _after(os.writev(self._line.fileno(), rest[:_AT_ONCE]), rest)
            except BlockingIOError:
                self._wait(select.POLLOUT, deadline)
            except OSError:
                raise wire.PeerGone from None
            if deadline is not None and rest and self._now() > deadline:
                raise wire.DeadlinePassed
        return size

    def receive(self, deadline: float | None = None) -> list[Any]:
        """Wait for one message; `received` is then its size. Raises WireError, PeerGone or DeadlinePassed."""
        control_size, blob_size = wire.HEADER.unpack(self._read(wire.HEADER.size, deadline))
        if control_size > wire.MAX_CONTROL or blob_size > wire.MAX_BLOB:
            raise wire.WireError("a frame over the limit")
        self.received = control_size + blob_size
        return decode(self._read(self.received, deadline), control_size, self._adopt, self._text)

    def _read(self, size: int, deadline: float | None) -> bytearray:
        buffer = bytearray(size)
        rest = memoryview(buffer)
        while rest:
            try:
                count = self._line.recv_into(rest)
            except BlockingIOError:
                self._wait(select.POLLIN, deadline)
                continue
            except OSError:
                raise wire.PeerGone from None
            if not count:
                raise wire.PeerGone
            rest = rest[count:]
            if deadline is not None and rest and self._now() > deadline:
                raise wire.DeadlinePassed
        return buffer

    def _wait(self, event: int, deadline: float | None) -> None:
        poll = select.poll()
        poll.register(self._line, event)
        while deadline is not None:
            left = deadline - self._now()
            if poll.poll(max(0.0, left) * 1000):
                return
            if left <= 0:
                raise wire.DeadlinePassed
        poll.poll()


def _after(sent: int, pieces: list[memoryview]) -> list[memoryview]:
    """What is left of pieces of bytes when so many were sent."""
    for place, piece in enumerate(pieces):
        if sent < len(piece):
            return [piece[sent:], *pieces[place + 1 :]]
        sent -= len(piece)
    return []
