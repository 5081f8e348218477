"""A PostgreSQL catalog is read in one snapshot, while brokers write to it."""

import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.postgres.migrating import SchemaUnusable
from broker.storage.checking.postgres_dump import PostgresDump
from tests.broker.storage.checking.worlds import SharedWorld, batch
from tests.support.postgres import postgres_server


async def test_what_comes_later_is_not_seen() -> None:
    """But whether an object is named still, is asked anew (K1)."""
    world = await SharedWorld.open()
    await world.fill()
    dump = await PostgresDump.open(world.database)
    before = [each async for each in dump.spans(1)]
    await world.commit((1, [batch(500)]))

    assert [each async for each in dump.spans(1)] == before
    assert [log.pid async for log in dump.logs()] == [1, 2, 3]
    assert [(each.producer_id, len(each.window)) async for each in dump.producers(1)] == [(7, 5)]
    assert await dump.still_names(before[0].object_id)
    assert not await dump.still_names(12345)
    assert await dump.known_objects([before[0].object_id, 12345]) == {before[0].object_id}
    assert await dump.meta("nothing") is None
    await dump.aclose()
    await world.aclose()


async def test_what_is_no_catalog_is_refused() -> None:
    """A database without tables; none at all, with nothing secret said of it."""
    with pytest.raises(SchemaUnusable):
        await PostgresDump.open(await postgres_server().new_database(migrated=False))
    with pytest.raises(StorageUnavailable) as refused:
        await PostgresDump.open("postgresql://me:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(refused.value)
