"""Server-sent events: who looks at a hand-in, or at the queue, is told when it changes, without asking again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

_BEAT_SECONDS = 15.0  # a line now and then keeps proxies from closing what is silent
MOST_A_PERSON = 12


class Hub:
    """Wakes those who look. `changed` may be called from any thread, everything else from the server's loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: dict[int, set[asyncio.Event]] = {}
        self._people: dict[str, int] = {}
        self._closed = False

    def open(self) -> None:
        """Begin, on the loop that runs."""
        self._loop = asyncio.get_running_loop()

    def close(self) -> None:
        """End every stream; browsers ask again by themselves."""
        self._closed = True
        self._wake_all()

    def changed(self, id: int) -> None:
        """A hand-in changed; 0: the pages of the class did."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, id)

    def may_look(self, who: str) -> bool:
        """Whether a person has room for one more stream."""
        return self._people.get(who, 0) < MOST_A_PERSON

    async def stream(
        self, who: str, ids: tuple[int, ...], tell: Callable[[], Awaitable[tuple[dict[str, Any], bool]]]
    ) -> AsyncIterator[bytes]:
        """Events, one at once and one for each change of what ids name; 0 is everything.

        tell: what to say now, and whether it is the last word.
        """
        event = asyncio.Event()
        for id in ids:
            self._looking.setdefault(id, set()).add(event)
        self._people[who] = self._people.get(who, 0) + 1
        said: dict[str, Any] | None = None
        try:
            yield b"retry: 2000\n\n"
            while not self._closed:
                event.clear()
                now, is_last = await tell()
                if now != said:
                    said = now
                    yield f"data: {json.dumps(now)}\n\n".encode()
                if is_last:
                    return
                try:
                    await asyncio.wait_for(event.wait(), _BEAT_SECONDS)
                except TimeoutError:
                    yield b": still here\n\n"
        finally:
            self._people[who] -= 1
            for id in ids:
                self._looking[id].discard(event)
                if not self._looking[id]:
                    del self._looking[id]

    def _wake(self, id: int) -> None:
        for each in {id, 0}:
            for event in self._looking.get(each, ()):
                event.set()

    def _wake_all(self) -> None:
        for events in self._looking.values():
            for event in events:
                event.set()
