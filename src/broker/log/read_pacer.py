"""Has reads far from the ends of logs give way when the broker is short of CPU: producers and readers who keep up come first.

What a reader of a backlog costs is mostly CPU: its own, the store's, the client's. When the event loop comes to its work late, there is too
little of it for everybody, and each such read rests before it begins, the longer the later the loop is. While others want something of the loop too, far reads also
rest when the loop is busy for much of its time, before anybody is late. A rest is bounded, so that a reader gets on however busy
the machine is with other things. Nothing is measured while nobody reads.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio

SAMPLE_S: Final = 0.01
LATE_S: Final = 0.003
"""An event loop that is late by no more than this is not short of anything."""

BUSY: Final = 0.4
"""An event loop that works for no more than this part of its time has time for everybody. Far reads alone may have all of it."""

OTHERS_S: Final = 1.0
"""Whoever wanted something so lately is there still."""

REST_A_LATENESS: Final = 20
REST_MAX_S: Final = 0.25
_WEIGHT: Final = 0.2


class ReadPacer:
    """Owns how late the event loop is. :meth:`run` measures it while somebody reads, and ends by being cancelled."""

    def __init__(
        self, clock: Callable[[], float] = anyio.current_time, cpu_clock: Callable[[], float] = time.thread_time
    ) -> None:
        """``clock`` tells seconds, ``cpu_clock`` for how many this thread has worked; the event loop's, but for tests."""
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._others_until = -1.0
        self.others_worked = False
        """Set by whoever serves producers, and readers near the ends of logs."""
        self.busy = 0.0
        self._readers = 0
        self._begun = anyio.Event()
        self.lateness_s = 0.0

    @property
    def rest_s(self) -> float:
        """How long a read must rest now."""
        rest_s = max(self.lateness_s - LATE_S, 0.0) * REST_A_LATENESS
        if self.busy > BUSY and (self.others_worked or self._clock() < self._others_until):
            rest_s = max(rest_s, (self.busy - BUSY) / (1 - BUSY) * REST_MAX_S)
        return min(rest_s, REST_MAX_S)

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

    def observe(self, late_s: float, busy: float = 0.0) -> None:
        """The event loop came so late to something, and had worked for so large a part of the time before."""
        self.lateness_s += (max(late_s, 0.0) - self.lateness_s) * _WEIGHT
        self.busy += (min(max(busy, 0.0), 1.0) - self.busy) * _WEIGHT
        if self.others_worked:
            self.others_worked = False
            self._others_until = self._clock() + OTHERS_S

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            if not self._readers and self.lateness_s < LATE_S:
                self._begun = anyio.Event()
                await self._begun.wait()
                self.busy = 0.0
            began, worked = self._clock(), self._cpu_clock()
            await anyio.sleep(SAMPLE_S)
            took = self._clock() - began
            self.observe(took - SAMPLE_S, (self._cpu_clock() - worked) / max(took, SAMPLE_S))
