"""What is particular to the shared catalog in memory; what it promises as every shared catalog does is in test_contract_membership."""

import pytest

from broker.errors import StorageUnavailable
from broker.storage.catalog.base import BatchEntry, CommitGroup, SpanEntry
from broker.storage.catalog.cluster import Fenced, Registration
from broker.storage.catalog.memory_cluster import MemoryCluster, MemoryClusterCatalog


class World:
    def __init__(self) -> None:
        self.now_ms = 0
        self.cluster = MemoryCluster(lambda: self.now_ms)

    async def broker(self, instance: str) -> MemoryClusterCatalog:
        catalog = self.cluster.catalog()
        await catalog.register(Registration(instance=instance, node_id=None, rack=None, listeners={}), 1000)
        return catalog


def group(pid: int, object_id: int) -> CommitGroup:
    return CommitGroup(object_id, 0, 10, [SpanEntry(pid, 0, [BatchEntry(3, 10, 5)])], 0)


async def test_all_brokers_see_one_state() -> None:
    """What one commits, creates or sets is there for the others, offsets go on, and ids are never given twice."""
    world = World()
    one, two = await world.broker("one"), await world.broker("two")
    topic = await one.create_topic("t", b"t" * 16, 1, 1, {}, 0)
    (pid,) = topic.partitions
    first = await one.commit_spans(group(pid, 1))
    second = await two.commit_spans(group(pid, 2))

    assert [answers[0][0].base_offset for answers in (first, second)] == [0, 3]
    assert (await one.bounds([pid]))[pid].high_watermark == 6
    assert await two.load_topics() == [topic]
    assert await one.allocate_producer_ids(5) != await two.allocate_producer_ids(5)


async def test_nothing_is_known_without_asking() -> None:
    """Another broker may have changed it."""
    world = World()
    one = await world.broker("one")
    topic = await one.create_topic("t", b"t" * 16, 1, 1, {}, 0)

    assert one.peek_bounds(topic.partitions[0]) is None
    assert one.find_spans_now([]) is None
    assert one.peek_aborted(topic.partitions[0], 0, 1) is None


async def test_a_fenced_broker_changes_nothing() -> None:
    """Of whatever kind the change is (I8)."""
    world = World()
    one = await world.broker("one")
    topic = await one.create_topic("t", b"t" * 16, 1, 1, {}, 0)
    world.now_ms += 2000
    await world.broker("two")
    for change in (
        one.commit_spans(group(topic.partitions[0], 1)),
        one.commit_groups([group(topic.partitions[0], 1)]),
        one.create_topic("u", b"u" * 16, 1, 1, {}, 0),
        one.set_config(4, "", {}),
        one.allocate_producer_ids(1),
        one.init_transaction("x", 1, -1, -1, 0, 1),
    ):
        with pytest.raises(Fenced):
            await change
    assert (await one.bounds(topic.partitions))[topic.partitions[0]].high_watermark == 0


async def test_a_catalog_that_is_away_changes_nothing() -> None:
    """And says so."""
    world = World()
    one = await world.broker("one")
    one.reachable = False
    for call in (one.create_topic("t", b"t" * 16, 1, 1, {}, 0), one.renew(1000), one.changes_since(0), one.lease_object_ids(1)):
        with pytest.raises(StorageUnavailable):
            await call


async def test_transactions_are_looked_at_only_where_they_were_loaded() -> None:
    """By shard, or one by one; whoever forgets a shard does not see them any more."""
    world = World()
    one, two = await world.broker("one"), await world.broker("two")
    await one.init_transaction("x", 1000, -1, -1, 0, 7)
    assert two.peek_transaction("x") is None
    assert await two.look_up_transaction("x") is not None
    assert two.peek_transaction("x") is not None
    two.forget_transactions(range(64))
    assert two.peek_transaction("x") is None
    await two.load_transactions(range(64))
    assert two.peek_transaction("x") is not None
    assert len(two.peek_transactions()) == 1


async def test_another_incarnation_begins_new_leader_epochs() -> None:
    """In every log: what was read of the one before may be more than there is."""
    world = World()
    one = await world.broker("one")
    topic = await one.create_topic("t", b"t" * 16, 2, 1, {}, 0)
    before = (await one.renew(1000)).incarnation
    world.cluster.new_incarnation()

    assert (await one.renew(1000)).incarnation == before + 1
    assert [bounds.leader_epoch for bounds in (await one.bounds(topic.partitions)).values()] == [1, 1]


async def test_tools_need_not_register() -> None:
    """Nothing is checked of who is no broker."""
    world = World()
    tool = world.cluster.catalog()
    topic = await tool.create_topic("t", b"t" * 16, 1, 1, {}, 0)
    await tool.delete_group("g")
    await tool.aclose()

    assert await (await world.broker("one")).load_topics() == [topic]
    with pytest.raises(StorageUnavailable):
        await tool.delete_group("g")
