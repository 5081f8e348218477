"""Bounds reads from the store that go on at once, in number and in bytes. Who comes first goes first, so that readers take turns.

A reader asks for one fetch at a time, and a fetch for a bounded number of bytes; whoever has had his waits behind all others for the next.
"""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio


class _Turn:
    __slots__ = ("event", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.event = anyio.Event()


class ReadLimiter:
    """``reads`` at once, of ``bytes_max`` together. One that asks for more than that alone waits until it is alone."""

    def __init__(self, reads: int, bytes_max: int) -> None:
        self._reads_left = reads
        self._bytes_max = self._bytes_left = bytes_max
        self._waiting: deque[_Turn] = deque()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def bytes_used(self) -> int:
        """Of those that are under way."""
        return self._bytes_max - self._bytes_left

    @asynccontextmanager
    async def turn(self, size: int) -> AsyncIterator[None]:
        """Wait for a turn to read ``size`` bytes, and have it while the block runs."""
        size = min(size, self._bytes_max)
        if self._waiting or not self._fits(size):
            await self._wait(size)
        else:
            self._take(size)
        try:
            yield
        finally:
            self._give_back(size)

    async def _wait(self, size: int) -> None:
        turn = _Turn(size)
        self._waiting.append(turn)
        try:
            await turn.event.wait()
        except BaseException:
            if turn.event.is_set():
                self._give_back(size)
            else:
                self._waiting.remove(turn)
                self._admit()  # those behind may be smaller
            raise

    def _fits(self, size: int) -> bool:
        return self._reads_left > 0 and size <= self._bytes_left

    def _take(self, size: int) -> None:
        self._reads_left -= 1
        self._bytes_left -= size

    def _give_back(self, size: int) -> None:
        self._reads_left += 1
        self._bytes_left += size
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._fits(self._waiting[0].size):
            turn = self._waiting.popleft()
            self._take(turn.size)
            turn.event.set()
