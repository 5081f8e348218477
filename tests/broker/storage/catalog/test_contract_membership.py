"""What every catalog that brokers share promises of members, shards, jobs, object ids and news. Time passes by the catalog's own clock."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from broker.errors import BrokerError
from broker.storage.catalog.access import AccessEntry, AccessKind
from broker.storage.catalog.base import StoredGroup
from broker.storage.catalog.cluster import ClusterCatalog, Fenced, Member, NodeIdTaken, Registration, ShardLease
from broker.storage.catalog.memory_cluster import KEPT_FOR_THE_FENCED_MS, MemoryCluster
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.shards import shard_of
from broker.wire.error_codes import ErrorCode
from tests.support.postgres import postgres_server

LEASE_MS = 3_000
OBJECT_IDS = 1_000


class Brokers(ABC):
    """The brokers of one cluster, and its clock."""

    @abstractmethod
    async def another(self) -> ClusterCatalog: ...

    @abstractmethod
    async def pass_ms(self, milliseconds: int) -> None: ...

    async def registered(self, instance: str, node_id: int | None = None, **said: Any) -> tuple[ClusterCatalog, Member]:
        catalog = await self.another()
        return catalog, await catalog.register(registration(instance, node_id, **said), LEASE_MS)


class InMemory(Brokers):
    def __init__(self) -> None:
        self._now_ms = 1_700_000_000_000
        self._cluster = MemoryCluster(lambda: self._now_ms)

    async def another(self) -> ClusterCatalog:
        return self._cluster.catalog()

    async def pass_ms(self, milliseconds: int) -> None:
        self._now_ms += milliseconds


class OnPostgres(Brokers):
    """Instead of waiting, everything that the catalog has written down about times is moved into the past."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.opened: list[PostgresCatalog] = []

    async def another(self) -> ClusterCatalog:
        self.opened.append(await PostgresCatalog.open(self._url))
        return self.opened[-1]  # type: ignore[return-value]

    async def pass_ms(self, milliseconds: int) -> None:
        connection = await asyncpg.connect(self._url, ssl=False)
        earlier = f"- {milliseconds} * interval '1 millisecond'"
        await connection.execute(f"UPDATE broker_lease SET lease_until = lease_until {earlier}, gone = gone {earlier}")
        await connection.execute(f"UPDATE job SET lease_until = lease_until {earlier}")
        await connection.close()


@pytest.fixture(params=["memory", "postgres"])
async def brokers(request: pytest.FixtureRequest) -> AsyncIterator[Brokers]:
    """An empty cluster."""
    if request.param == "memory":
        yield InMemory()
        return
    on_postgres = OnPostgres(await postgres_server().new_database())
    yield on_postgres
    for catalog in on_postgres.opened:
        await catalog.aclose()


def registration(instance: str, node_id: int | None = None, **said: Any) -> Registration:
    return Registration(instance=instance, node_id=node_id, rack="z1", listeners={"A": ("h", 9092)}, **said)


# --- members ----------------------------------------------------------------------------------------------------------


async def test_members_see_each_other(brokers: Brokers) -> None:
    """Each with what it said of itself."""
    _, one = await brokers.registered("one")
    two, member = await brokers.registered("two", 7, peer=("p", 1))

    assert (one.node_id, member.node_id) == (1, 7)
    assert (await two.renew(LEASE_MS)).members == [one, member]
    assert member == Member(node_id=7, epoch=1, rack="z1", listeners={"A": ("h", 9092)}, peer=("p", 1))


async def test_who_does_not_serve_yet_says_so_later(brokers: Brokers) -> None:
    """A broker takes its node id before it can be reached."""
    catalog = await brokers.another()
    await catalog.register(Registration(instance="one", node_id=None, rack=None, listeners={}), LEASE_MS)
    (before,) = (await catalog.renew(LEASE_MS)).members
    await catalog.announce({"A": ("h", 1)}, ("p", 2))
    (after,) = (await catalog.renew(LEASE_MS)).members

    assert (before.listeners, before.peer, before.rack) == ({}, None, None)
    assert (after.listeners, after.peer, after.epoch) == ({"A": ("h", 1)}, ("p", 2), before.epoch)


async def test_a_lease_that_is_renewed_never_ends(brokers: Brokers) -> None:
    """However long it has been."""
    catalog, member = await brokers.registered("one")
    for _ in range(5):
        await brokers.pass_ms(LEASE_MS - 500)
        assert (await catalog.renew(LEASE_MS)).members == [member]


async def test_a_member_that_is_not_heard_of_is_fenced_by_whoever_looks(brokers: Brokers) -> None:
    """It leaves the view, what it had is free, and nothing that it says counts any more (I8)."""
    silent, _ = await brokers.registered("silent")
    await silent.claim_shards([1, 2])
    await silent.claim_job("j", 60_000)
    await brokers.pass_ms(LEASE_MS - 500)
    other, member = await brokers.registered("other")
    await brokers.pass_ms(1_000)
    view = await other.renew(LEASE_MS)

    assert (view.members, view.shards) == ([member], {})
    assert set(await other.claim_shards([1, 2])) == {1, 2}
    assert await other.claim_job("j", 1) is not None
    for call in (
        silent.renew(LEASE_MS),
        silent.begin_leaving(),
        silent.leave(),
        silent.announce({}, None),
        silent.claim_shards([3]),
        silent.claim_job("j", 1),
        silent.lease_object_ids(1),
    ):
        with pytest.raises(Fenced):
            await call


async def test_a_lease_that_nobody_noticed_the_end_of_goes_on(brokers: Brokers) -> None:
    """When all brokers were cut off from the catalog for a while, nothing need be taken from anybody."""
    catalog, member = await brokers.registered("one")
    await catalog.claim_shards([5])
    await brokers.pass_ms(10 * LEASE_MS)
    view = await catalog.renew(LEASE_MS)

    assert (view.members, set(view.shards)) == ([member], {5})


async def test_an_outage_for_everybody_takes_nothing_from_anybody(brokers: Brokers) -> None:
    """Whoever comes back first finds nobody's lease running, and gives everybody another one; who is not back by its end is fenced after all."""
    (first, one), (second, two), (dead, three) = [await brokers.registered(name) for name in ("first", "second", "dead")]
    await second.claim_shards([5])
    await dead.claim_shards([6])
    await brokers.pass_ms(10 * LEASE_MS)
    view = await first.renew(LEASE_MS)
    assert (view.members, set(view.shards)) == ([one, two, three], {5, 6})

    await brokers.pass_ms(LEASE_MS // 2)
    assert (await second.renew(LEASE_MS)).members == [one, two, three]
    await first.renew(LEASE_MS)
    await brokers.pass_ms(LEASE_MS // 2)
    view = await second.renew(LEASE_MS)
    assert (view.members, set(view.shards)) == ([one, two], {5})
    with pytest.raises(Fenced):
        await dead.renew(LEASE_MS)


async def test_a_broker_that_is_none_any_more_prolongs_nobodys_lease(brokers: Brokers) -> None:
    """It left, and comes back when nobody's lease runs."""
    (silent, _), (left, _) = await brokers.registered("silent"), await brokers.registered("left")
    await left.leave()
    await brokers.pass_ms(2 * LEASE_MS)
    with pytest.raises(Fenced):
        await left.renew(LEASE_MS)
    new, member = await brokers.registered("new", 9)

    assert (await new.renew(LEASE_MS)).members == [member]
    with pytest.raises(Fenced):
        await silent.renew(LEASE_MS)


async def test_a_fenced_broker_comes_back_under_another_epoch(brokers: Brokers) -> None:
    """As the same node, for nobody else is given its id soon."""
    back, member = await brokers.registered("back")
    await brokers.pass_ms(2 * LEASE_MS)
    _, new = await brokers.registered("new")
    again = await back.register(registration("back"), LEASE_MS)

    assert new.node_id != member.node_id
    assert again.node_id == member.node_id
    assert again.epoch > member.epoch
    assert len((await back.renew(LEASE_MS)).members) == 2


async def test_ids_of_brokers_that_left_are_given_again(brokers: Brokers) -> None:
    """At once when they left in order, after a while when they were never heard of again."""
    left, member = await brokers.registered("left")
    await left.leave()
    _, second = await brokers.registered("second")
    await brokers.pass_ms(2 * LEASE_MS)
    _, third = await brokers.registered("third")
    await brokers.pass_ms(KEPT_FOR_THE_FENCED_MS + LEASE_MS)
    _, fourth = await brokers.registered("fourth")
    await brokers.pass_ms(KEPT_FOR_THE_FENCED_MS + LEASE_MS)
    _, fifth = await brokers.registered("fifth")

    assert [each.node_id for each in (member, second, third, fourth, fifth)] == [1, 1, 2, 1, 2]
    assert second.epoch > member.epoch


async def test_a_node_id_that_is_set_is_taken_from_whoever_has_it(brokers: Brokers) -> None:
    """A broker that was killed and started again need not wait for its own lease to end; the older one can never take it back."""
    older, _ = await brokers.registered("older", 4)
    newer, member = await brokers.registered("newer", 4)

    assert (await newer.renew(LEASE_MS)).members == [member]
    with pytest.raises(Fenced):
        await older.renew(LEASE_MS)
    with pytest.raises(NodeIdTaken):
        await older.register(registration("older", 4, again=True), LEASE_MS)
    assert (await newer.renew(LEASE_MS)).members == [member]


async def test_who_leaves_says_so_first(brokers: Brokers) -> None:
    """Others see that it hands over, then that it is gone, and what it had is free."""
    leaving, _ = await brokers.registered("leaving")
    other, member = await brokers.registered("other")
    await leaving.claim_shards([9])
    await leaving.begin_leaving()
    seen = (await other.renew(LEASE_MS)).members
    await leaving.leave()
    view = await other.renew(LEASE_MS)

    assert [each.leaving for each in seen] == [True, False]
    assert (view.members, view.shards) == ([member], {})
    assert set(await other.claim_shards([9])) == {9}


# --- shards -----------------------------------------------------------------------------------------------------------


async def test_a_shard_has_one_coordinator(brokers: Brokers) -> None:
    """Whoever comes second gets nothing, and whoever has it may ask again."""
    one, first = await brokers.registered("one")
    two, _ = await brokers.registered("two")
    tokens = await one.claim_shards([3, 4])

    assert await two.claim_shards([3, 4, 5]) == {5: 1}
    assert await one.claim_shards([3]) == {3: tokens[3]}
    assert (await two.renew(LEASE_MS)).shards[3] == ShardLease(first.node_id, tokens[3])


async def test_a_token_grows_with_every_change_of_hands(brokers: Brokers) -> None:
    """So what is saved under an older one can be told."""
    one, _ = await brokers.registered("one")
    two, _ = await brokers.registered("two")
    tokens = [(await one.claim_shards([3]))[3]]
    for giver, taker in ((one, two), (two, one)):
        await giver.release_shards([3, 10])
        tokens.append((await taker.claim_shards([3]))[3])

    assert tokens == sorted(set(tokens))


async def test_only_the_coordinator_saves_groups(brokers: Brokers) -> None:
    """Whoever has lost the shard is refused, and nothing is changed."""
    one, _ = await brokers.registered("one")
    two, _ = await brokers.registered("two")
    one.checks_shards = two.checks_shards = True  # type: ignore[attr-defined]
    shard = shard_of("g")
    group = StoredGroup(group_id="g", protocol_type="consumer", generation=1, protocol=None, leader=None)
    await one.claim_shards([shard])
    await one.save_group(group)
    await one.release_shards([shard])
    for catalog in (one, two):
        with pytest.raises(BrokerError) as refused:
            await catalog.save_group(group)
        assert refused.value.code is ErrorCode.NOT_COORDINATOR
    await two.claim_shards([shard])
    await two.save_group(group)


# --- jobs and object ids ----------------------------------------------------------------------------------------------


async def test_a_job_is_done_by_one_broker_at_a_time(brokers: Brokers) -> None:
    """Until it is done, or its lease runs out; whoever has it prolongs it."""
    one, _ = await brokers.registered("one")
    two, _ = await brokers.registered("two")
    token = await one.claim_job("merge", 2_000)

    assert token is not None
    assert await two.claim_job("merge", 2_000) is None
    await brokers.pass_ms(1_500)
    assert await one.claim_job("merge", 2_000) == token
    await brokers.pass_ms(1_000)
    await one.renew(LEASE_MS)
    await two.renew(LEASE_MS)
    assert await two.claim_job("merge", 2_000) is None
    await brokers.pass_ms(1_500)
    taken = await two.claim_job("merge", 2_000)
    assert taken is not None
    assert taken > token
    await one.release_job("merge", token)  # too late: it is another's
    assert await one.claim_job("merge", 2_000) is None
    await two.release_job("merge", taken)
    assert await one.claim_job("merge", 2_000) is not None


async def test_object_ids_are_given_once(brokers: Brokers) -> None:
    """Whoever asks, no two ranges touch."""
    one, _ = await brokers.registered("one")
    two, _ = await brokers.registered("two")
    firsts = [await catalog.lease_object_ids(OBJECT_IDS) for catalog in (one, two, one, two)]

    assert min(firsts) >= 1
    assert all(later - earlier >= OBJECT_IDS for earlier, later in zip(sorted(firsts), sorted(firsts)[1:], strict=False))


# --- news -------------------------------------------------------------------------------------------------------------


async def test_changes_are_heard_of_once(brokers: Brokers) -> None:
    """Topics that were made, changed and deleted, and configurations, since a version."""
    one, _ = await brokers.registered("one")
    two, _ = await brokers.registered("two")
    start = (await two.renew(LEASE_MS)).metadata_version
    kept = await one.create_topic("kept", b"k" * 16, 2, 1, {"retention.ms": "5"}, 1)
    await one.create_topic("gone", b"g" * 16, 1, 1, {}, 1)
    first = await two.changes_since(start)
    await one.delete_topic(b"g" * 16)
    kept = await one.add_partitions(kept.topic_id, 3)
    await one.set_config(4, "", {"log.retention.ms": "7"})
    second = await two.changes_since(first.version)

    assert {topic.name for topic in first.changed} == {"kept", "gone"}
    assert (first.removed, first.configs) == ([], None)
    assert (list(second.changed), list(second.removed)) == ([kept], [b"g" * 16])
    assert second.configs == {(4, ""): {"log.retention.ms": "7"}}
    assert (await two.renew(LEASE_MS)).metadata_version == second.version
    nothing = await two.changes_since(second.version)
    assert (list(nothing.changed), list(nothing.removed), nothing.configs) == ([], [], None)


async def test_access_entries_are_news_like_topics(brokers: Brokers) -> None:
    """What was put and what was removed since a version, and nothing else."""
    one, _ = await brokers.registered("one")
    two, _ = await brokers.registered("two")
    rule, user = AccessEntry(AccessKind.ACL, "rule", "{}"), AccessEntry(AccessKind.SCRAM, "user", "{}")
    await one.change_access([rule, user])
    first = await two.changes_since(0)
    assert sorted(first.access, key=lambda entry: entry.kind) == [rule, user]

    gone = AccessEntry(AccessKind.ACL, "rule", None)
    await one.change_access([gone])
    second = await two.changes_since(first.version)
    assert list(second.access) == [gone]
    assert second.configs is None
