"""Two brokers of a cluster in one process, over a catalog and a store in memory: what one does, the other knows."""

import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import TaskGroup

from broker.admin.config_rules import Operation
from broker.admin.topic_administrator import NewTopic
from broker.assembler import Agents, Sharing, assemble
from broker.cluster.membership_keeper import MembershipKeeper
from broker.cluster_assembler import NEWEST, Cluster
from broker.config.settings import Settings
from broker.log.fetch_plan import Wanted
from broker.model import Appended
from broker.storage.catalog.base import BatchEntry
from broker.storage.catalog.cluster import Registration
from broker.storage.catalog.memory_cluster import MemoryCluster, MemoryClusterCatalog
from broker.storage.catalog.shards import SHARDS, shard_of
from broker.storage.cluster_committing import ClusterCommitter
from broker.storage.objects.base import WHOLE_OBJECTS
from broker.storage.objects.memory import MemoryObjectStore
from broker.storage.objects.with_inline import StoreWithInline
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import iter_batches
from broker.wire.records.record import iter_records
from security.sasl.scram_credentials import ScramMechanism, from_salted_password
from tests.broker.log.harness import batch, entry

LEASE_MS = 600
SECRET = b"s" * 32
PLAIN = BatchEntry(1, 100, 5)


class World:
    """What both brokers share."""

    def __init__(self) -> None:
        self.offset_ms = 0
        self.catalog = MemoryCluster(lambda: self.offset_ms + int(anyio.current_time() * 1000))
        self.store = MemoryObjectStore()


class Store(StoreWithInline):
    """One broker's access to the store: what it writes anew has ids that the catalog leased to it."""

    def __init__(self, store: MemoryObjectStore, catalog: MemoryClusterCatalog) -> None:
        super().__init__(store, catalog, 1000)
        self._ids = catalog
        self._leased = 0

    async def lease_ids(self) -> None:
        self._leased = WHOLE_OBJECTS + await self._ids.lease_object_ids(1)

    def new_object_id(self) -> int:
        return self._leased


class Broker:
    """One of them."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.world = world
        self.catalog: MemoryClusterCatalog = world.catalog.catalog()
        registration = Registration(instance=name, node_id=None, rack=None, listeners={})
        self.keeper = MembershipKeeper(self.catalog, registration, LEASE_MS, lambda reason: None)
        self.scope = anyio.CancelScope()
        self.agents: Agents
        self.cluster: Cluster

    async def start(self, tasks: TaskGroup) -> None:
        member = await self.keeper.join()
        started = anyio.Event()
        tasks.start_soon(self._run, started, member.node_id)
        await started.wait()

    async def _run(self, started: anyio.Event, node_id: int) -> None:
        with self.scope:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.keeper.run)
                version = (await self.catalog.changes_since(NEWEST)).version
                store = Store(self.world.store, self.catalog)
                self.committer = ClusterCommitter(store, self.catalog, slots=4, retry_s=1, on_fenced=self.keeper.hurry)
                self.agents = await assemble(
                    Settings(catalog="postgresql://x/x", objects="s3://x").as_node(node_id),
                    store,
                    self.catalog,
                    self.committer,
                    now_ms=lambda: 1_700_000_000_000,
                    monotonic_ms=lambda: int(anyio.current_time() * 1000),
                    on_fatal=lambda error: None,
                    sharing=Sharing(
                        blocks=store,
                        on_published=lambda fact: self.cluster.published(fact),
                        on_markers=lambda markers: self.cluster.markers_written(markers),
                        on_compacted=lambda pid, below: self.cluster.log_compacted(pid, below),
                        hints_flow=lambda: self.cluster.peers.hints_flow,
                        incarnation=lambda: self.catalog.incarnation,
                    ),
                )
                self.cluster = Cluster(self.catalog, self.keeper, self.agents, self.committer, SECRET, version)
                port = await self.cluster.peers.bind("127.0.0.1", 0)
                tasks.start_soon(self.agents.services.writer.run)
                tasks.start_soon(self.agents.services.reader.run)
                self.cluster.start(tasks)
                await self.keeper.announce({"A": (f"{self.name}.test", 9092)}, ("127.0.0.1", port))
                started.set()

    async def create(self, name: str, **config: str) -> None:
        topics = self.agents.services.topics
        wanted = NewTopic(name=name, partition_count=4, config=config)
        await topics.create(topics.plan(wanted, self.agents.services.identity.node_ids))

    async def append(self, topic: str, entry: BatchEntry = PLAIN, data: bytearray | None = None) -> Appended:
        state = self.agents.services.directory.by_name(topic)
        assert state is not None
        settled = anyio.Event()
        answers: list[Appended] = []

        def on_settled(answer: Appended) -> None:
            answers.append(answer)
            settled.set()

        self.agents.services.writer.enqueue(state.pids[0], bytearray(100) if data is None else data, entry, on_settled)
        await settled.wait()
        return answers[0]

    async def shown(self, pid: int, offset: int = 0) -> list[int]:
        """The offsets of the records that readers of this broker are given, from there to the end of the log."""
        found: list[int] = []
        while True:
            wanted = [Wanted(pid, offset, 1 << 20)]
            look = self.agents.services.reader.look(wanted, 1 << 20, 0)
            if look is not None:
                (answer,) = look.answers
            else:
                reading = self.agents.services.reader.read(wanted, min_bytes=0, max_bytes=1 << 20, max_wait_ms=0, isolation=0)
                (answer,) = await reading
            assert answer.error_code == 0
            if not answer.size:
                return found
            for data in answer.records:
                for at, header in iter_batches(data):
                    found += [record.offset for record in iter_records(data, at, header)]
            offset = answer.next_offset


def keyed(key: bytes) -> dict[str, Any]:
    """One record, to be appended."""
    data = batch(1, key=key)
    return {"data": data, "entry": entry(data)}


async def until(condition: Callable[[], Any]) -> None:
    """For what tells nobody; soon."""
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - several agents have a part in it
            await anyio.sleep(0.005)


@asynccontextmanager
async def two_brokers() -> AsyncIterator[tuple[World, Broker, Broker]]:
    """That know each other, and share the shards."""
    world = World()
    async with anyio.create_task_group() as tasks:
        brokers = [Broker(world, name) for name in ("one", "two")]
        for broker in brokers:
            await broker.start(tasks)
        one, two = brokers
        await until(lambda: one.cluster.peers.hints_flow and two.cluster.peers.hints_flow)
        await until(lambda: len(one.cluster.shards.held | two.cluster.shards.held) == SHARDS and len(two.cluster.shards.held) > 0)
        yield world, one, two
        tasks.cancel_scope.cancel()


async def test_a_topic_is_known_everywhere_when_its_creation_is_answered() -> None:
    """A client that goes to another broker next finds it; so it is with partitions, configurations and deletions."""
    async with two_brokers() as (_, one, two):
        here, there = one.agents.services, two.agents.services
        await one.create("t")
        state = there.directory.by_name("t")
        assert state is not None
        await here.topics.add_partitions(state.topic_id, 6)
        grown = there.directory.by_name("t")
        await there.configs.alter(2, "t", [Operation("max.message.bytes", 0, "4321")], validate_only=False)
        changed = here.directory.by_name("t")
        await there.configs.alter(4, "", [Operation("log.retention.ms", 0, "98765")], validate_only=False)
        assert here.settings.current.log_retention_ms == 98765
        await there.topics.delete(state.topic_id)

        assert grown is not None
        assert len(grown.pids) == 6
        assert changed is not None
        assert changed.config.max_message_bytes == 4321
        assert here.directory.by_name("t") is None


async def test_a_password_holds_nowhere_any_more_when_its_removal_is_answered() -> None:
    """And everywhere when it was answered that it is there."""
    async with two_brokers() as (_, one, two):
        here, there = one.agents.services, two.agents.services
        key = ScramMechanism.SCRAM_SHA_256, "ann"
        await here.credentials.change({key: from_salted_password(key[0], b"p" * 32, b"salt", 4096)}, [])
        known = list(there.credentials.of("ann"))
        await here.credentials.change({}, [key])

        assert known == [ScramMechanism.SCRAM_SHA_256]
        assert not there.credentials.of("ann")


async def test_who_is_not_told_of_a_revocation_looks_for_itself() -> None:
    """Three times a lease: a broker that others do not reach is no refuge."""
    async with two_brokers() as (_, one, two):
        here, there = one.agents.services, two.agents.services
        key = ScramMechanism.SCRAM_SHA_256, "ann"
        await here.credentials.change({key: from_salted_password(key[0], b"p" * 32, b"salt", 4096)}, [])
        here.access_register.tell_others = None
        await here.credentials.change({}, [key])
        answered = anyio.current_time()
        await until(lambda: not there.credentials.of("ann"))

        assert anyio.current_time() - answered < LEASE_MS / 1000


async def test_two_that_create_a_topic_by_asking_for_it_get_the_same() -> None:
    """Whichever broker each of them asked."""
    async with two_brokers() as (_, one, two):
        made: list[bytes] = []

        async def ask(broker: Broker) -> None:
            made.append((await broker.agents.services.topics.auto_create("t", {1, 2})).topic_id)

        async with anyio.create_task_group() as tasks:
            for broker in (one, two, one, two):
                tasks.start_soon(ask, broker)

        assert len(made) == 4
        assert len(set(made)) == 1


async def test_what_is_committed_wakes_readers_at_the_other_broker() -> None:
    """By a hint: long before anybody would have looked."""
    async with two_brokers() as (_, one, two):
        await one.create("t")
        state = two.agents.services.directory.by_name("t")
        assert state is not None
        heard: list[tuple[int, int, int]] = []
        two.agents.services.reader.hinted = lambda *fact: heard.append(fact)  # type: ignore[method-assign]
        assert (await one.append("t")).error_code == 0
        await until(lambda: heard)

        assert heard == [(state.pids[0], 1, 100)]


async def test_the_end_of_a_transaction_wakes_readers_at_the_other_broker() -> None:
    """Whoever coordinates it: the others hear on which partitions it was ended."""
    async with two_brokers() as (_, one, two):
        await one.create("t")
        state = two.agents.services.directory.by_name("t")
        assert state is not None
        heard: list[int] = []
        two.agents.services.reader.markers_hinted = heard.extend  # type: ignore[method-assign]
        names = (f"x{number}" for number in itertools.count())
        name = next(name for name in names if shard_of(name) in one.cluster.shards.held)
        transactions = one.agents.services.transactions
        begun = await transactions.init_producer(name, 60_000, -1, -1)
        who = (begun.producer_id, begun.epoch)
        assert await transactions.add_partitions(name, *who, [state.pids[0]]) is ErrorCode.NONE
        assert (await one.append("t", BatchEntry(1, 100, 5, *who, 0, 0, transactional=True))).error_code == 0
        assert (await transactions.end(name, *who, commit=True, bump=False)).error_code is ErrorCode.NONE
        await until(lambda: heard)

        assert heard == [state.pids[0]]


@pytest.mark.parametrize("writer", ["one", "two"])
async def test_what_one_broker_compacts_the_other_shows_no_longer(writer: str) -> None:
    """Neither from its tail, when it wrote that itself, nor from where it has read it: long before either would be let go of. Nor does the first."""
    async with two_brokers() as (_, one, two):
        await one.create("t", **{"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0"})
        state = two.agents.services.directory.by_name("t")
        assert state is not None
        for number in range(10):
            await {"one": one, "two": two}[writer].append("t", **keyed(b"k%d" % (number % 3)))
        for broker in (one, two):
            assert await broker.shown(state.pids[0]) == list(range(10))
        await one.agents.compactor.compact_due()
        assert await one.shown(state.pids[0]) == [7, 8, 9]
        with anyio.fail_after(5):
            while await two.shown(state.pids[0]) != [7, 8, 9]:  # noqa: ASYNC110 - readers are not woken by it
                await anyio.sleep(0.005)


async def test_a_broker_that_is_gone_leads_nothing_long_before_its_lease_ends() -> None:
    """Any broker can serve its partitions; its shards wait for the lease."""
    async with two_brokers() as (_, one, two):
        await one.create("t")
        identity = one.agents.services.identity
        state = one.agents.services.directory.by_name("t")
        assert state is not None
        assert set(identity.leaders_of(state)) == {1, 2}
        began = anyio.current_time()
        two.scope.cancel()
        await until(lambda: set(identity.leaders_of(state)) == {1})
        led_after = anyio.current_time() - began
        held = len(one.cluster.shards.held)
        await until(lambda: len(one.cluster.shards.held) == SHARDS)

        assert led_after < LEASE_MS / 1000 / 2
        assert held == SHARDS // 2


async def test_a_fenced_broker_commits_nothing_and_comes_back() -> None:
    """What it had under way is refused; afterwards it takes records again, under ids of its new epoch."""
    async with two_brokers() as (world, one, two):
        await one.create("t")
        assert (await one.append("t")).error_code == 0
        world.catalog.fence(1)
        refused = await one.append("t")
        await until(lambda: one.keeper.member is not None and one.keeper.member.epoch > 1)
        with anyio.fail_after(10):
            again = await one.append("t")

        assert refused.error_code == ErrorCode.NOT_LEADER_OR_FOLLOWER
        assert (again.error_code, again.base_offset) == (0, 1)
        await until(lambda: len(one.cluster.shards.held | two.cluster.shards.held) == SHARDS)


async def test_who_leaves_hands_over_before_it_goes() -> None:
    """The other one leads and coordinates everything, and clients of this one are told to go there."""
    async with two_brokers() as (_, one, two):
        await one.create("t")
        state = two.agents.services.directory.by_name("t")
        assert state is not None
        await one.cluster.hand_over()
        assert one.cluster.shards.held == frozenset()
        assert one.agents.services.identity.is_leaving
        await until(lambda: len(two.cluster.shards.held) == SHARDS)

        assert set(two.agents.services.identity.leaders_of(state)) == {2}
        assert not two.agents.services.identity.is_leaving


async def test_another_incarnation_of_the_catalog_drops_what_is_remembered() -> None:
    """It may have lost what it had acknowledged last."""
    async with two_brokers() as (world, one, _):
        await one.create("t")
        forgotten: list[bool] = []
        one.agents.services.reader.forget_everything = lambda: forgotten.append(True)  # type: ignore[method-assign]
        identity = one.agents.services.identity
        epoch = identity.epoch
        world.catalog.new_incarnation()
        one.keeper.hurry()
        await until(lambda: forgotten)

        assert forgotten == [True]
        assert identity.epoch > epoch  # clients are told of the new leader epochs


async def test_partitions_are_described_by_names_that_outlive_the_catalog() -> None:
    """For the footers of objects."""
    async with two_brokers() as (_, one, _):
        await one.create("t")
        state = one.agents.services.directory.by_name("t")
        assert state is not None
        name = one.cluster.describe(state.pids[2])

        assert name is not None
        assert (name.topic_id, name.topic, name.index) == (state.topic_id, "t", 2)
        assert one.cluster.describe(99_999) is None


@pytest.mark.parametrize("reachable", [False])
async def test_a_change_is_answered_when_others_cannot_hear_of_it(reachable: bool) -> None:
    """They hear of it later: whoever changed it does not wait for ever."""
    async with two_brokers() as (_, one, two):
        two.catalog.reachable = reachable
        began = anyio.current_time()
        await one.create("t")

        assert anyio.current_time() - began < 5
        assert one.agents.services.directory.by_name("t") is not None
