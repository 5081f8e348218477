from broker.storage.catalog.postgres.catalog import PostgresCatalog
from tests.broker.storage.catalog.groups_of_batches import NOW


async def version(catalog: PostgresCatalog) -> tuple[int, int]:
    return tuple(await catalog._connections.fetchrow("SELECT version, configs FROM metadata_version"))


async def test_every_change_takes_the_next_version(database_url: str) -> None:
    """Of topics and of configurations; other brokers ask for what came after the one they know."""
    catalog = await PostgresCatalog.open(database_url)
    assert await version(catalog) == (0, 0)
    await catalog.create_topic("one", b"1" * 16, 1, 1, {}, NOW)
    await catalog.create_topic("two", b"2" * 16, 1, 1, {}, NOW)
    await catalog.add_partitions(b"1" * 16, 3)
    await catalog.set_config(4, "", {"a": "b"})
    await catalog.set_topic_config(b"2" * 16, {"a": "b"})
    await catalog.delete_topic(b"1" * 16)

    assert await version(catalog) == (6, 4)
    fetch = catalog._connections.fetch
    assert [tuple(row) for row in await fetch("SELECT name, version FROM topic")] == [("two", 5)]
    assert [tuple(row) for row in await fetch("SELECT version, topic_id FROM topic_removal")] == [(6, b"1" * 16)]
    await catalog.aclose()


async def test_what_is_refused_takes_none(database_url: str) -> None:
    """Nothing has changed."""
    catalog = await PostgresCatalog.open(database_url)
    await catalog.create_topic("one", b"1" * 16, 1, 1, {}, NOW)
    for refused in (
        catalog.create_topic("one", b"2" * 16, 1, 1, {}, NOW),
        catalog.add_partitions(b"1" * 16, 1),
        catalog.delete_topic(b"9" * 16),
    ):
        try:
            await refused
        except Exception:
            pass

    assert await version(catalog) == (1, 0)
    await catalog.aclose()
