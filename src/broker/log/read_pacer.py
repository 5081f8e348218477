"""Has reads far from the ends of logs give way when the broker is short of CPU: producers and readers who keep up come first.

What a reader of a backlog costs is mostly CPU: its own, the store's, the client's. When the event loop comes to its work late, there is too
little of it for everybody, and each such read rests before it begins, the longer the later the loop is. A rest is bounded, so that a reader gets on however busy
the machine is with other things. Nothing is measured while nobody reads.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio

SAMPLE_S: Final = 0.01
LATE_S: Final = 0.003
"""An event loop that is late by no more than this is not short of anything."""

REST_A_LATENESS: Final = 20
REST_MAX_S: Final = 0.25
_WEIGHT: Final = 0.2


class ReadPacer:
    """Owns how late the event loop is. :meth:`run` measures it while somebody reads, and ends by being cancelled."""

    def __init__(self, clock: Callable[[], float] = anyio.current_time) -> None:
        """``clock`` tells seconds; the event loop's, but for tests."""
        self._clock = clock
        self._readers = 0
        self._begun = anyio.Event()
        self.lateness_s = 0.0

    @property
    def rest_s(self) -> float:
        """How long a read must rest now."""
        return min(max(self.lateness_s - LATE_S, 0.0) * REST_A_LATENESS, REST_MAX_S)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Rest as long as must be, and read while the block runs."""
        self._readers += 1
        self._begun.set()
        try:
            if rest_s := self.rest_s:
                await anyio.sleep(rest_s)
            yield
        finally:
            self._readers -= 1

    def observe(self, late_s: float) -> None:
        """The event loop came so late to something."""
        self.lateness_s += (max(late_s, 0.0) - self.lateness_s) * _WEIGHT

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            if not self._readers and self.lateness_s < LATE_S:
                self._begun = anyio.Event()
                await self._begun.wait()
            began = self._clock()
            await anyio.sleep(SAMPLE_S)
            self.observe(self._clock() - began - SAMPLE_S)
