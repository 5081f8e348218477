"""Another server takes over: every log begins a new leader epoch, once."""

import anyio
import pytest

from broker.errors import StorageUnavailable
from broker.log.visibility import EpochEnd, end_of_epoch
from broker.model import LogBounds
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.postgres.connecting import ConnectionOptions
from tests.broker.storage.catalog.groups_of_batches import batch, group, topic
from tests.support.postgres import TEMPLATE, Postgres

_FORGE = "UPDATE meta SET value = '1/1' WHERE key = 'server'"


async def test_the_first_server_is_noted(database_url: str) -> None:
    """And found again: nothing changes by a reconnect."""
    first = await PostgresCatalog.open(database_url)
    second = await PostgresCatalog.open(database_url)

    assert (first.incarnation, second.incarnation) == (0, 0)
    noted = await first.meta("server", "")
    assert noted.partition("/")[0].isdigit()
    assert noted.endswith("/1")
    await first.aclose()
    await second.aclose()


async def test_another_server_begins_new_epochs(database_url: str) -> None:
    """Whoever connects first notices; the others, when they connect. Where an epoch began is said with the bounds."""
    catalog = await PostgresCatalog.open(database_url)
    one, two = await topic(catalog, 2)
    await catalog.commit_spans(group({one: [batch(5)]}, object_id=1))
    await catalog._connections.fetch(_FORGE)

    taken_over = await PostgresCatalog.open(database_url)
    again = await PostgresCatalog.open(database_url)
    assert (taken_over.incarnation, again.incarnation, catalog.incarnation) == (1, 1, 0)
    assert [taken_over.leader_epoch(pid) for pid in (one, two)] == [1, 1]
    assert await taken_over.bounds([one]) == {one: LogBounds(0, 5, 5, 1, 100, ((1, 5),))}
    await taken_over.commit_spans(group({one: [batch(2)]}, object_id=2))
    await catalog._connections.fetch(_FORGE)
    third = await PostgresCatalog.open(database_url)

    bounds = (await third.bounds([one, two]))[one]
    assert bounds == LogBounds(0, 7, 7, 2, 200, ((1, 5), (2, 7)))
    assert [end_of_epoch(bounds, epoch) for epoch in (0, 1, 2, 3)] == [
        EpochEnd(0, 5),
        EpochEnd(1, 7),
        EpochEnd(2, 7),
        EpochEnd(-1, -1),
    ]
    (new,) = await topic(third, name="new")
    assert third.leader_epoch(new) == 0
    for each in (catalog, taken_over, again, third):
        await each.aclose()


async def test_numbers_that_the_server_before_may_have_given_are_passed_over(database_url: str) -> None:
    """Ids of objects, producers and partitions, versions of transactions: the new server may lack the last ones, which are in use."""

    async def given(catalog: PostgresCatalog) -> list[int]:
        (pid,) = await topic(catalog, name=f"of {catalog.incarnation}")
        version = await catalog._connections.fetchval("SELECT nextval('txn_versions')")
        return [await catalog.lease_object_ids(10), await catalog.allocate_producer_ids(1), pid, version]

    catalog = await PostgresCatalog.open(database_url)
    await catalog.register(Registration(instance="i", node_id=1, rack=None, listeners={}), 60_000)
    before = await given(catalog)
    await catalog._connections.fetch(_FORGE)
    taken_over = await PostgresCatalog.open(database_url)
    taken_over.member = catalog.member
    after = await given(taken_over)

    assert [one - other for one, other in zip(after, before, strict=True)] == [10 + (1 << 20), 1_001_000, (1 << 16) + 1, (1 << 16) + 1]
    await catalog.aclose()
    await taken_over.aclose()


async def test_a_promoted_standby_is_another_server() -> None:
    """While it only takes reads it is none at all."""
    server = Postgres()
    try:
        server.start()
        await server.migrate_template()
        catalog = await PostgresCatalog.open(server.url(TEMPLATE), ConnectionOptions(patience_s=0.3, connect_s=2))
        (pid,) = await topic(catalog)
        await catalog.commit_spans(group({pid: [batch(5)]}, object_id=1))
        server.become_standby()
        with pytest.raises(StorageUnavailable):
            await catalog.load_topics()
        with pytest.raises(StorageUnavailable):
            await catalog.commit_spans(group({pid: [batch(5)]}, object_id=2))
        await server.promote()
        with anyio.fail_after(10):
            while True:
                try:
                    await catalog.commit_spans(group({pid: [batch(2)]}, object_id=3))
                    break
                except StorageUnavailable:
                    await anyio.sleep(0.05)

        assert (catalog.incarnation, catalog.leader_epoch(pid)) == (1, 1)
        assert await catalog.bounds([pid]) == {pid: LogBounds(0, 7, 7, 1, 200, ((1, 5),))}
        await catalog.aclose()
    finally:
        server.remove()


async def test_a_server_that_was_replaced_is_not_used(database_url: str) -> None:
    """It does not know of it: the timeline that it writes is behind the one that was seen."""
    catalog = await PostgresCatalog.open(database_url)
    system, _, timeline = (await catalog.meta("server", "")).partition("/")
    catalog._incarnations._server = (system, int(timeline) + 1)

    with pytest.raises(StorageUnavailable, match="was replaced"):
        async with catalog._connections.apart():
            pass
    await catalog.aclose()
