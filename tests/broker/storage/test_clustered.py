"""What the brokers of a cluster share, opened together."""

import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.base import BatchEntry
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.postgres.migrating import SchemaUnusable
from broker.storage.cluster_committing import INLINE_IDS_A_LEASE
from broker.storage.clustered import open_catalog, open_store
from broker.storage.committing import UnstoredGroup
from broker.storage.objects.base import TocEntry
from broker.storage.objects.location import BadLocation
from broker.storage.objects.object_ids import BLOCK
from tests.support.postgres import postgres_server


async def test_what_is_committed_can_be_read() -> None:
    """A group that goes to the store, and one that the catalog keeps."""
    catalog = await open_catalog(await postgres_server().new_database(), "one")
    await catalog.register(Registration(instance="one", node_id=None, rack=None, listeners={}), 3000)
    storage = open_store(catalog, "memory://clustered/x", "c", lambda pid: None, slots=2, retry_s=1, on_fenced=lambda: None)
    topic = await catalog.create_topic("t", b"t" * 16, 1, 1, {}, 0)
    (pid,) = topic.partitions
    for number, inline in enumerate((False, True)):
        data = b"%d" % number * 100
        group = UnstoredGroup([data], [TocEntry(pid, 0, 100)], [[BatchEntry(5, 100, 1)]], 0, inline)
        ((answer,),) = await storage.committer.commit(group)
        spans = await catalog.spans_from_timestamp(pid, -1, 10)
        span = spans.spans[-1]
        (read,) = await storage.store.read(span.object_id, [(span.position, span.length)])

        assert answer.base_offset == 5 * number
        assert bytes(read) == data
    await storage.aclose()


async def test_ids_that_an_earlier_server_leased_are_not_used() -> None:
    """Not for objects in the store, nor for those that the catalog keeps: the server that has the catalog now may lack the lease."""
    catalog = await open_catalog(await postgres_server().new_database(), "one")
    await catalog.register(Registration(instance="one", node_id=None, rack=None, listeners={}), 60_000)
    storage = open_store(catalog, "memory://clustered/y", "c", lambda pid: None, slots=2, retry_s=1, on_fenced=lambda: None)
    topic = await catalog.create_topic("t", b"t" * 16, 1, 1, {}, 0)
    (pid,) = topic.partitions
    ids: dict[bool, list[int]] = {False: [], True: []}
    for _ in range(2):
        for inline, found in ids.items():
            group = UnstoredGroup([b"x" * 100], [TocEntry(pid, 0, 100)], [[BatchEntry(5, 100, 1)]], 0, inline)
            await storage.committer.commit(group)
            found.append((await catalog.spans_from_timestamp(pid, -1, 10)).spans[-1].object_id)
        before = storage.store.new_object_id()
        catalog._incarnations.number += 1
        await storage.store.lease_ids()
        assert storage.store.new_object_id() >= before + BLOCK - 2

    assert all(second - first >= INLINE_IDS_A_LEASE for first, second in ids.values())
    await storage.aclose()


async def test_the_databases_sessions_carry_the_brokers_name() -> None:
    """So that they can be ended when the broker is fenced."""
    catalog = await open_catalog(await postgres_server().new_database(), "abc")

    assert await catalog._connections.fetchval("SHOW application_name") == "penstock abc"
    await catalog.aclose()


async def test_a_database_without_tables_is_refused_with_the_command_that_makes_them() -> None:
    """A broker never makes them itself: releases run side by side."""
    with pytest.raises(SchemaUnusable, match="penstock catalog migrate"):
        await open_catalog(await postgres_server().new_database(migrated=False), "one")


async def test_a_database_that_is_not_there_is_named_without_its_password() -> None:
    """Where it was looked for, and nothing secret."""
    with pytest.raises(StorageUnavailable) as refused:
        await open_catalog("postgresql://me:hidden@127.0.0.1:1/x", "one")

    assert "127.0.0.1:1" in str(refused.value)
    assert "hidden" not in str(refused.value)


async def test_a_store_that_is_none_is_refused() -> None:
    """At the start, and not with the first record."""
    catalog = await open_catalog(await postgres_server().new_database(), "one")
    with pytest.raises(BadLocation):
        open_store(catalog, "ftp://x", "c", lambda pid: None, slots=1, retry_s=1, on_fenced=lambda: None)
    await catalog.aclose()
