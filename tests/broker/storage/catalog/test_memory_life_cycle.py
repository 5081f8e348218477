"""What only the catalog in memory has: the clock of a shared one is set by hand."""

import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.memory_cluster import MemoryCluster
from broker.storage.objects.base import WHOLE_OBJECTS
from tests.broker.storage.catalog.groups_of_batches import batch, group, topic


async def test_dead_objects_have_a_grace_where_brokers_share_the_catalog() -> None:
    """By the catalog's clock."""
    now_ms = 1000
    catalog = MemoryCluster(lambda: now_ms).catalog()
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(5)]}, object_id=1))
    await catalog.commit_spans(group({pid: [batch(5)]}, object_id=2))
    await catalog.advance_log_start(pid, 5)
    now_ms = 1999
    assert await catalog.take_dead_objects(10, 1000) == []
    now_ms = 2000
    assert await catalog.take_dead_objects(10, 1000) == [1]
    assert await catalog.clock_ms() == 2000


async def test_ids_are_told_by_whose_they_are() -> None:
    """A member's, somebody's who is gone, or nobody's; whole objects have the same numbers."""
    cluster = MemoryCluster(lambda: 1000)
    catalog = cluster.catalog()
    await catalog.register(Registration(instance="a", node_id=1, rack=None, listeners={}), 1000)
    first = await catalog.lease_object_ids(10)
    other = cluster.catalog()
    await other.register(Registration(instance="b", node_id=2, rack=None, listeners={}), 1000)
    second = await other.lease_object_ids(10)
    await other.leave()
    asked = [first, WHOLE_OBJECTS + first, second, WHOLE_OBJECTS + second + 9, second + 10]
    found = await catalog.sort_unnamed(asked)
    assert found.orphans == [second, WHOLE_OBJECTS + second + 9]
    assert found.foreign == [second + 10]


async def test_nothing_is_committed_that_was_condemned() -> None:
    """Neither a flush nor a merge."""
    catalog = MemoryCluster(lambda: 1000).catalog()
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(5)]}, object_id=1))
    assert await catalog.condemn([1, 2]) == [2]
    with pytest.raises(StorageUnavailable):
        await catalog.commit_spans(group({pid: [batch(5)]}, object_id=2))
