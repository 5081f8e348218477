"""Turns by name: who works on something waits until nobody else does. Nothing is kept of names that nobody works on."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio


class TurnKeeper:
    """One at a time for each name, in the order in which they came."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[anyio.Lock, int]] = {}

    def __len__(self) -> int:
        """Names that somebody works on."""
        return len(self._locks)

    def of(self, name: str) -> AbstractAsyncContextManager[None]:
        """``async with turns.of(name):`` while it is this one's turn."""
        return self._turn(name)

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[None]:
        lock, users = self._locks.get(name, (anyio.Lock(), 0))
        self._locks[name] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks[name]
            if users == 1:
                del self._locks[name]
            else:
                self._locks[name] = (lock, users - 1)
