"""Garbage, orphans and rows of the past in the database."""

from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.life_cycle import RetentionLimit
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.objects.base import INLINE_OBJECTS, WHOLE_OBJECTS
from tests.broker.storage.catalog.groups_of_batches import NOW, batch, group, topic


async def registered(url: str, instance: str, node_id: int) -> PostgresCatalog:
    catalog = await PostgresCatalog.open(url)
    await catalog.register(Registration(instance=instance, node_id=node_id, rack=None, listeners={}), 60_000)
    return catalog


async def test_ids_are_told_by_whose_they_are(database_url: str) -> None:
    """A member's, somebody's who is gone, or nobody's; whole and inline objects have the same numbers."""
    catalog = await registered(database_url, "a", 1)
    other = await registered(database_url, "b", 2)
    first, second = await catalog.lease_object_ids(10), await other.lease_object_ids(10)
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(1)]}, object_id=first))
    await other.commit_spans(group({pid: [batch(1)]}, object_id=second))
    await other.leave()
    await catalog.condemn([first + 3])
    asked = [
        *(first, first + 1, WHOLE_OBJECTS + first + 1, first + 3),
        *(second, second + 1, WHOLE_OBJECTS + second + 2, INLINE_OBJECTS + second + 3, second + 10, WHOLE_OBJECTS - 1),
    ]
    found = await catalog.sort_unnamed(asked)
    assert sorted(found.orphans) == sorted(
        [first + 3, second + 1, WHOLE_OBJECTS + second + 2, INLINE_OBJECTS + second + 3]
    )
    assert sorted(found.foreign) == [second + 10, WHOLE_OBJECTS - 1]
    assert await catalog.forget_settled(10) == 1, "the block of the broker that is gone"
    assert sorted((await catalog.sort_unnamed(asked)).orphans) == sorted(found.orphans), "and nothing changes by that"
    await catalog.aclose()
    await other.aclose()


async def test_the_grace_is_by_the_databases_clock(database_url: str) -> None:
    """Nothing younger is given."""
    catalog = await PostgresCatalog.open(database_url)
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(1)]}, object_id=1))
    await catalog.advance_log_start(pid, 1)
    assert await catalog.take_dead_objects(10, 60_000) == []
    await catalog._connections.change_once("UPDATE object SET deleted_at = deleted_at - interval '61 s'")
    assert await catalog.take_dead_objects(10, 60_000) == [1]
    await catalog.aclose()


async def test_the_size_of_a_log_counts_once_it_is_known(database_url: str) -> None:
    """Spans that are left to be dropped are in it, and nothing more must go for them."""
    catalog = await PostgresCatalog.open(database_url)
    (pid,) = await topic(catalog)
    for number in range(4):
        await catalog.commit_spans(group({pid: [batch(1)]}, object_id=number + 1))
    limit = RetentionLimit(pid, None, 100)
    assert await catalog.retention_offsets([limit]) == {pid: 3}
    await catalog._connections.change_once("INSERT INTO trim VALUES ($1, 0)", pid)
    assert await catalog.retention_offsets([limit]) == {}
    assert await catalog.retention_offsets([RetentionLimit(pid, NOW + 1, 100)]) == {pid: 4}
    while await catalog.drain(10):
        pass
    assert await catalog.retention_offsets([limit]) == {pid: 3}
    await catalog.aclose()


async def test_leader_epochs_before_the_logs_start_go(database_url: str) -> None:
    """The one that the start lies in stays, and those behind it."""
    catalog = await PostgresCatalog.open(database_url)
    (pid,) = await topic(catalog)
    await catalog.commit_spans(group({pid: [batch(50)]}, object_id=1))
    await catalog._connections.change_once("UPDATE part SET leader_epoch = 4, epoch_starts = '{1,0,2,10,3,20,4,30}'")
    await catalog.advance_log_start(pid, 25)
    while await catalog.forget_settled(10):
        pass
    assert (await catalog.bounds([pid]))[pid].epoch_starts == ((3, 20), (4, 30))
    await catalog.aclose()


async def test_rows_of_the_past_go(database_url: str) -> None:
    """A day after anybody could ask for them; some of each kind at a time."""
    catalog = await registered(database_url, "a", 1)
    created = await catalog.create_topic("t", b"t" * 16, 1, 1, {}, NOW)
    await catalog.delete_topic(created.topic_id)
    await catalog.claim_job("old", 1000)
    await catalog.condemn([5, 6, 7])
    assert await catalog.forget_settled(10) == 0
    change = catalog._connections.change_once
    await change("UPDATE topic_removal SET removed = removed - interval '2 days'")
    await change("UPDATE job SET lease_until = lease_until - interval '2 days'")
    await change("UPDATE object SET deleted_at = deleted_at - interval '2 hours'")
    assert await catalog.forget_settled(2) == 4
    assert await catalog.forget_settled(2) == 1
    assert await catalog.forget_settled(2) == 0
    await catalog.aclose()
