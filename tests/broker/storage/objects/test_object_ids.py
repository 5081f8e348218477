"""Ids are used once, come from blocks, and are there before they are needed."""

import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.storage.objects.object_ids import ObjectIdBlocks
from tests.broker.storage.objects.remote_worlds import CountedIds


class FailingIds:
    async def lease_object_ids(self, count: int) -> int:
        raise StorageUnavailable("the catalog is away")


async def test_ids_follow_one_another_and_none_comes_twice() -> None:
    """Across blocks, for those who wait and those who cannot."""
    blocks = ObjectIdBlocks(CountedIds(), block=8)
    taken = [await blocks.take() for _ in range(30)]
    assert taken == sorted(set(taken))
    await blocks.lease()
    whole = blocks.take_now()
    assert whole > WHOLE_OBJECTS
    assert whole - WHOLE_OBJECTS not in taken


async def test_many_at_once_lease_once() -> None:
    """One block is enough for them."""
    ids = CountedIds()
    blocks = ObjectIdBlocks(ids, block=100)
    found: list[int] = []

    async def take() -> None:
        found.append(await blocks.take())

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(take)
    assert len(set(found)) == 50
    assert ids.leases == 1


async def test_the_next_block_is_leased_while_there_are_some() -> None:
    """Nobody waits for the catalog then (D2)."""
    ids = CountedIds()
    blocks = ObjectIdBlocks(ids, block=8)
    await blocks.lease()
    for _ in range(6):
        await blocks.take()
    assert blocks.is_short
    await blocks.lease_ahead()
    assert (ids.leases, blocks.left) == (2, 10)
    await blocks.lease_ahead()
    assert ids.leases == 2


async def test_a_catalog_that_is_away_stops_only_who_has_none() -> None:
    """Leasing ahead is silent."""
    blocks = ObjectIdBlocks(FailingIds())
    await blocks.lease_ahead()
    with pytest.raises(StorageUnavailable):
        await blocks.take()
    with pytest.raises(StorageUnavailable):
        blocks.take_now()


async def test_ids_that_an_earlier_server_leased_are_not_used() -> None:
    """The one that has the catalog now may lack the lease, and give them to another broker (D1)."""
    epoch, incarnation = 1, 1
    blocks = ObjectIdBlocks(CountedIds(), lambda: (epoch, incarnation), block=8)
    assert await blocks.take() == 1
    incarnation = 2
    assert blocks.left == 0
    assert await blocks.take() == 9


async def test_ids_of_a_registration_that_ended_are_not_used() -> None:
    """The orphan sweep may take them for abandoned (D1)."""
    epoch = 1
    ids = CountedIds()
    blocks = ObjectIdBlocks(ids, lambda: epoch, block=8)
    assert await blocks.take() == 1
    epoch = 2
    assert await blocks.take() == 9
    blocks.forget()
    assert await blocks.take() == 17
