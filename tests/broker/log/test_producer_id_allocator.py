"""Producer ids: never twice, from blocks."""

import anyio
import anyio.lowlevel
import pytest

from broker.errors import StorageUnavailable
from broker.log.producer_id_allocator import ProducerIdAllocator
from tests.broker.log.harness import FaultyCatalog

pytestmark = pytest.mark.anyio


class SlowCatalog(FaultyCatalog):
    """Counts the blocks it gives, each after others had a turn."""

    blocks = 0
    fails = False

    async def allocate_producer_ids(self, count: int) -> int:
        await anyio.lowlevel.checkpoint()
        if self.fails:
            raise StorageUnavailable("full")
        self.blocks += 1
        return await super().allocate_producer_ids(count)


async def test_concurrent_requests_share_a_block_and_never_an_id() -> None:
    """One reservation serves all that wait for it."""
    catalog = SlowCatalog()
    allocator = ProducerIdAllocator(catalog, block_size=10)
    ids: list[int] = []

    async def take() -> None:
        ids.append(await allocator.next())

    async with anyio.create_task_group() as tasks:
        for _ in range(25):
            tasks.start_soon(take)
    assert len(set(ids)) == 25
    assert catalog.blocks == 3


async def test_a_second_broker_gets_other_ids() -> None:
    """Blocks are reserved in the catalog; what is left of one is never given again."""
    catalog = SlowCatalog()
    first, second = ProducerIdAllocator(catalog, 10), ProducerIdAllocator(catalog, 10)
    assert await first.next() != await second.next()


async def test_what_another_server_may_give_again_is_not_used() -> None:
    """It has taken the catalog over, and may lack the reservation of what is left; also of a block that was reserved while that happened."""
    catalog, incarnation = SlowCatalog(), 1
    allocator = ProducerIdAllocator(catalog, 10, lambda: incarnation)
    first = await allocator.next()
    incarnation = 2
    assert await allocator.next() == first + 10
    assert await allocator.next() == first + 11

    reserve = catalog.allocate_producer_ids

    async def fail_over_meanwhile(count: int) -> int:
        nonlocal incarnation
        catalog.allocate_producer_ids = reserve  # type: ignore[method-assign]
        given = await reserve(count)
        incarnation += 1
        return given

    catalog.allocate_producer_ids = fail_over_meanwhile  # type: ignore[method-assign]
    incarnation = 3
    assert await allocator.next() == first + 30
    assert catalog.blocks == 4


async def test_a_failed_reservation_uses_nothing_up() -> None:
    """The error goes to the caller; the next one tries again."""
    catalog = SlowCatalog()
    allocator = ProducerIdAllocator(catalog, 10)
    catalog.fails = True
    with pytest.raises(StorageUnavailable):
        await allocator.next()
    catalog.fails = False
    assert await allocator.next() >= 0
