"""Has reads far from the ends of logs give way when the broker is short of CPU: producers and readers who keep up come first.

What a reader of a backlog costs is mostly CPU: its own, the store's, the client's. When the event loop comes to its work late, there is too
little of it for everybody, and each such read rests before it begins, the longer the later the loop is. While others want something of the loop too, far reads also
rest when the loop is busy for much of its time, before anybody is late. A rest is bounded, so that a reader gets on however busy
the machine is with other things. Nothing of this is measured while nobody reads.

While there are producers, far reads come in bursts, with rests between them as long as :mod:`broker.log.giving_way` finds necessary. But whoever reads must come
nearer to the end: he gets twice as much as is written meanwhile, whatever that costs.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import anyio

from broker.log.giving_way import SLOWED, GivingWay

SAMPLE_S: Final = 0.01
LATE_S: Final = 0.003
"""An event loop that is late by no more than this is not short of anything."""

BUSY: Final = 0.4
"""An event loop that works for no more than this part of its time has time for everybody. Far reads alone may have all of it."""

OTHERS_S: Final = 1.0
"""Whoever wanted something so lately is there still."""

BURST_S: Final = 0.05
AFTER_S: Final = 0.05
"""What was read so lately is still on its way to the client, and what comes next to memory."""

APART_S: Final = 0.3
"""A commit that begins so long after the last read owes it nothing. Clients and disks are busy with it until then."""

ALONE_EVERY_S: Final = 10.0
ALONE_FOR_S: Final = 1.0
"""How often, where there always are readers, they rest for so long, to see what commits take without."""

OWED_A_BYTE: Final = 2
"""Bytes that every reader may read for one that is written."""

LOOK_AGAIN_S: Final = 0.1
"""A rest may end early because of what was written meanwhile."""

OWED_LEAST: Final = 1 << 20
OWED_MAX: Final = 64 << 20

REST_A_LATENESS: Final = 20
REST_MAX_S: Final = 0.25
_WEIGHT: Final = 0.2


class ReadPacer:
    """Owns how late the event loop is. :meth:`run` measures it while somebody reads, and ends by being cancelled."""

    def __init__(
        self,
        clock: Callable[[], float] = anyio.current_time,
        cpu_clock: Callable[[], float] = time.thread_time,
        *,
        slowed: float = SLOWED,
    ) -> None:
        """``slowed`` is for :class:`broker.log.giving_way.GivingWay`. ``clock`` tells seconds, ``cpu_clock`` for how many this thread has worked; the event loop's, but for tests."""
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._others_until = -1.0
        self.others_worked = False
        """Set by whoever serves producers, and readers near the ends of logs."""
        self.busy = 0.0
        self._readers = 0
        self._begun = anyio.Event()
        self.lateness_s = 0.0
        self.giving_way = GivingWay(slowed)
        self._reads = 0
        self._burst_began: float | None = None
        self._read_until = self._rests_until = -AFTER_S
        self._committed_at = -OTHERS_S
        self._alone_at = -ALONE_EVERY_S
        self._owed = 0

    def committed(self, took_s: float, size: int) -> None:
        """``size`` bytes of producers became visible after so long."""
        self.others_worked = True
        if self._readers:
            self._owed = min(self._owed + OWED_A_BYTE * self._readers * size, OWED_MAX)
        self._committed_at = self._clock()
        apart_s = 0.0 if self._reads else self._committed_at - took_s - self._read_until
        if self._readers or apart_s < AFTER_S:
            self.giving_way.beside(took_s)
        if apart_s >= APART_S:
            self._alone_at = self._committed_at
            self.giving_way.alone(took_s)

    @property
    def rest_s(self) -> float:
        """How long a read must rest now."""
        rest_s = max(self.lateness_s - LATE_S, 0.0) * REST_A_LATENESS
        if self.busy > BUSY and (self.others_worked or self._clock() < self._others_until):
            rest_s = max(rest_s, (self.busy - BUSY) / (1 - BUSY) * REST_MAX_S)
        return min(rest_s, REST_MAX_S)

    def has_read(self, size: int) -> None:
        """So many bytes were read in a turn."""
        self._owed = max(self._owed - size, 0)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Rest as long as must be, and read while the block runs."""
        self._readers += 1
        self._begun.set()
        try:
            if rest_s := self.rest_s:
                await anyio.sleep(rest_s)
            while True:
                rest_s = self._take_turn()
                if not rest_s:
                    break
                await anyio.sleep(rest_s)
            self._reads += 1
            try:
                yield
            finally:
                self._reads -= 1
                self._read_until = self._clock()
        finally:
            self._readers -= 1

    def _take_turn(self) -> float:
        """For how long there is to be no read yet. 0: now there may be one, and a burst has begun unless there was one."""
        now = self._clock()
        if self._burst_began is not None and now >= self._burst_began + BURST_S:
            end = (now if self._reads else self._read_until) + AFTER_S
            took_s = end - self._burst_began
            self._burst_began = None
            self.giving_way.read_for(took_s)
            if now < self._committed_at + OTHERS_S:
                share = self.giving_way.share
                self._rests_until = end + took_s * (1 - share) / share if share < 1 else now
                if now > self._alone_at + ALONE_EVERY_S and self.giving_way.slowed < 1:
                    self._alone_at = now
                    self._rests_until = max(self._rests_until, end + ALONE_FOR_S)
        if now < self._rests_until and self._owed < OWED_LEAST:
            return min(self._rests_until - now, LOOK_AGAIN_S)
        if self._burst_began is None:
            self._burst_began = now
        return 0.0

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
