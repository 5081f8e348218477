"""A PostgreSQL catalog is made as a whole or not at all."""

import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.checking.postgres_restore import PostgresRestore
from broker.storage.checking.restore import NotEmpty, RestoredTopic
from tests.support.postgres import postgres_server

TOPIC = RestoredTopic(b"t" * 16, "orders", [4, 9], 5)


async def test_what_is_abandoned_is_not_there() -> None:
    """And what was finished is, for good; numbers that were given are not given again."""
    database = await postgres_server().new_database()
    first = await PostgresRestore.open(database)
    await first.add_topic(TOPIC)
    await first.abandon()
    second = await PostgresRestore.open(database)
    await second.add_topic(TOPIC)
    await second.finish(cluster_id="the-cluster", next_producer_id=77, next_object_id=5000)
    await second.abandon()
    with pytest.raises(NotEmpty):
        await PostgresRestore.open(database)

    async with postgres_server().connected(database.rpartition("/")[2]) as connection:
        assert await connection.fetchval("SELECT next_id FROM object_id_counter") == 5000
    catalog = await PostgresCatalog.open(database)
    assert await catalog.meta("cluster.id", "another") == "the-cluster"
    assert await catalog.allocate_producer_ids(1) >= 77
    topic = await catalog.create_topic("users", b"u" * 16, 1, 1, {}, 5)
    assert topic.partitions[0] > 9
    assert {each.name: each.partitions for each in await catalog.load_topics()}["orders"] == (4, 9)
    await catalog.aclose()


async def test_a_database_that_is_away_is_said() -> None:
    """With nothing secret."""
    with pytest.raises(StorageUnavailable) as refused:
        await PostgresRestore.open("postgresql://me:hunter2@127.0.0.1:1/none")
    assert "hunter2" not in str(refused.value)
