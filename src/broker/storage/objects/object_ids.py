"""Ids for new objects, from blocks that the catalog leases to this broker.

D1  An id is used for one object only: blocks are never given twice, and what is left of one is forgotten when the broker registers anew, or another
    server has the catalog. The orphan sweep takes objects of a registration that has ended for abandoned, and another server may lack the lease.
D2  Taking an id waits for the catalog only when none is left; the next block is fetched while there still are some.
"""

from collections.abc import Callable, Hashable
from typing import Final

import anyio

from broker.errors import BrokerError, StorageUnavailable
from broker.storage.catalog.cluster import ObjectIds
from broker.storage.objects.base import WHOLE_OBJECTS

BLOCK: Final = 4096
_KEPT: Final = BLOCK // 4
"""How many are kept for those who cannot wait."""

LeasedUnder = Callable[[], Hashable]
"""What leases rest on now: the broker's epoch and the catalog's incarnation. A block is good for as long as it says the same."""


def always() -> Hashable:
    """Where leases never end."""
    return None


class ObjectIdBlocks:
    """Owns the blocks leased; ``rests_on`` tells whether they still are (D1)."""

    def __init__(self, ids: ObjectIds, rests_on: LeasedUnder = always, block: int = BLOCK) -> None:
        self._ids = ids
        self._rests_on = rests_on
        self._block = block
        self._kept = min(_KEPT, block // 4)
        self._blocks: list[range] = []
        self._leased_under = rests_on()
        self._leasing = anyio.Lock()

    @property
    def left(self) -> int:
        """How many ids can be taken at once."""
        self._forget_foreign()
        return sum(map(len, self._blocks))

    @property
    def is_short(self) -> bool:
        """Whether it is time to lease more (D2)."""
        return self.left <= self._kept

    async def take(self) -> int:
        """The next id. Raises StorageUnavailable and Fenced, from the catalog."""
        while not self.left:
            await self.lease()
        return self._next()

    def take_now(self) -> int:
        """The next id, for an object that is written as a whole. Raises StorageUnavailable when none is left."""
        if not self.left:
            raise StorageUnavailable("no object ids are left; more are fetched with the next write")
        return WHOLE_OBJECTS + self._next()

    async def lease(self) -> None:
        """Have more, unless somebody else just saw to it."""
        async with self._leasing:
            if not self.is_short:
                return
            under = self._rests_on()
            first = await self._ids.lease_object_ids(self._block)
            if under == self._rests_on():
                self._leased_under = under
                self._blocks.append(range(first, first + self._block))

    async def lease_ahead(self) -> None:
        """:meth:`lease` for the next ones: a failure is left to whoever needs an id and finds none."""
        try:
            await self.lease()
        except BrokerError:
            pass

    def forget(self) -> None:
        """What they rest on has ended (D1)."""
        self._blocks.clear()

    def _next(self) -> int:
        block = self._blocks[0]
        self._blocks[0] = block[1:]
        if len(block) == 1:
            del self._blocks[0]
        return block[0]

    def _forget_foreign(self) -> None:
        if self._blocks and self._leased_under != self._rests_on():
            self.forget()
