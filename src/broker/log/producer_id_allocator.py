"""Hands out producer ids, each once in the cluster's life, from blocks that the catalog reserves."""

from typing import Final

import anyio

from broker.storage.catalog.base import LogCatalog

BLOCK_SIZE: Final = 1000
"""Kafka's block size. What is left of a block when the broker stops is never used: there are 2^63 ids."""


class ProducerIdAllocator:
    """Owns the current block. A new one is reserved when it is used up, by one request; the others wait for it."""

    def __init__(self, catalog: LogCatalog, block_size: int = BLOCK_SIZE) -> None:
        self._catalog = catalog
        self._block_size = block_size
        self._next = 0
        self._end = 0
        self._reserving = anyio.Lock()

    async def next(self) -> int:
        """A fresh producer id. Raises what the catalog raises when a block cannot be had; nothing is used up then."""
        if self._next == self._end:
            async with self._reserving:
                if self._next == self._end:
                    first = await self._catalog.allocate_producer_ids(self._block_size)
                    self._next, self._end = first, first + self._block_size
        producer_id = self._next
        self._next += 1
        return producer_id
