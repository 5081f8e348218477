"""Hands out producer ids, each once in the cluster's life, from blocks that the catalog reserves."""

from collections.abc import Callable
from typing import Final

import anyio

from broker.storage.catalog.base import LogCatalog

BLOCK_SIZE: Final = 1000
"""Kafka's block size. What is left of a block when the broker stops is never used: there are 2^63 ids."""


class ProducerIdAllocator:
    """Owns the current block. A new one is reserved when it is used up, by one request; the others wait for it. ``incarnation`` is the catalog's: what is
    left of a block is not used once another server has taken over, which may lack its reservation."""

    def __init__(self, catalog: LogCatalog, block_size: int = BLOCK_SIZE, incarnation: Callable[[], int] = lambda: 0) -> None:
        self._catalog = catalog
        self._block_size = block_size
        self._incarnation = incarnation
        self._reserved_in = incarnation()
        self._next = 0
        self._end = 0
        self._reserving = anyio.Lock()

    async def next(self) -> int:
        """A fresh producer id. Raises what the catalog raises when a block cannot be had; nothing is used up then."""
        while self._is_used_up():
            async with self._reserving:
                if self._is_used_up():
                    reserved_in = self._incarnation()
                    first = await self._catalog.allocate_producer_ids(self._block_size)
                    self._next, self._end, self._reserved_in = first, first + self._block_size, reserved_in
        producer_id = self._next
        self._next += 1
        return producer_id

    def _is_used_up(self) -> bool:
        return self._next == self._end or self._reserved_in != self._incarnation()
