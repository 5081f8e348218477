"""The keeper of share partitions: what is written when, and what operators, clocks and crashes do."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import pytest

from broker.coordinators.share_partition_keeper import Held, ShareOffsets, SharePartitionKeeper, Surroundings
from broker.coordinators.shares.limits import ShareLimits
from broker.coordinators.shares.share_partition import ACCEPT, RELEASE, RENEW, Acknowledgement, FetchedBatch
from broker.coordinators.shares.share_sessions import PartitionKey, ShareSession
from broker.errors import BrokerError, StorageUnavailable
from broker.model import LogBounds
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.share_states import ShareChange
from broker.wire.error_codes import ErrorCode

pytestmark = pytest.mark.anyio

TOPIC, OTHER = b"t" * 16, b"u" * 16
P0: PartitionKey = (TOPIC, 0)
P1: PartitionKey = (TOPIC, 1)


class Catalog(MemoryCatalog):
    """Refuses, or waits, when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.failing = False
        self.gate: anyio.Event | None = None
        self.rounds: list[Sequence[ShareChange]] = []

    async def save_share_states(self, changes: Sequence[ShareChange]) -> None:
        self.rounds.append(changes)
        if self.gate is not None:
            await self.gate.wait()
        if self.failing:
            raise StorageUnavailable("the disk is full")
        await super().save_share_states(changes)


class World:
    """A keeper over a catalog that outlives it; logs of 100 records."""

    def __init__(self, partitions_max: int = 100) -> None:
        self.catalog = Catalog()
        self.limits = ShareLimits(lock_ms=60_000)
        self.first = 3
        self.log_end = 100
        self.partitions_max = partitions_max
        self.keeper = self._new()

    def _new(self) -> SharePartitionKeeper:
        around = Surroundings(
            limits=lambda group_id: self.limits, sessions_max=lambda: 10, first_offset=self._first_offset, bounds=self._bounds
        )
        return SharePartitionKeeper(self.catalog, around, partitions_max=self.partitions_max)

    async def _first_offset(self, group_id: str, topic_id: bytes, index: int) -> int:
        await anyio.lowlevel.checkpoint()
        if self.first < 0:
            raise BrokerError(ErrorCode.KAFKA_STORAGE_ERROR)
        return self.first

    async def _bounds(self, topic_id: bytes, index: int) -> LogBounds | None:
        return LogBounds(0, self.log_end, self.log_end, 0, 1) if topic_id in (TOPIC, OTHER) else None

    async def hold(self, partition: PartitionKey = P0) -> Held:
        await self.keeper.initialize("g", [partition])
        held = (await self.keeper.hold("g", [partition]))[partition]
        assert isinstance(held, Held)
        return held

    async def acquire(self, last: int, member: str = "ann", partition: PartitionKey = P0) -> list[tuple[int, int, int]]:
        held = await self.hold(partition)
        offset = held.partition.next_fetch_offset()
        batches = [FetchedBatch(at, at) for at in range(offset, last + 1)]
        return [
            tuple(each)
            for each in self.keeper.acquire(
                held, member, offset, batches, self.limits, records_max=500, batch_size=500, is_exact=False
            )
        ]

    async def say(self, *said: tuple[int, int, int], member: str = "ann", partition: PartitionKey = P0) -> ErrorCode:
        acknowledgements = [Acknowledgement(first, last, [kind]) for first, last, kind in said]
        return (await self.keeper.acknowledge("g", member, {partition: acknowledgements}))[partition]

    async def offsets(self) -> dict[PartitionKey, ShareOffsets]:
        return await self.keeper.start_offsets("g", None)


@asynccontextmanager
async def running(**options: int) -> AsyncIterator[World]:
    """A world whose keeper runs. :func:`crash` begins another life of it."""
    world = World(**options)
    for name, topic_id in (("t", TOPIC), ("u", OTHER)):
        await world.catalog.create_topic(name, topic_id, 2, 1, {}, 0)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.keeper.run)
        yield world
        tasks.cancel_scope.cancel()


@asynccontextmanager
async def crashed(world: World) -> AsyncIterator[None]:
    """Another keeper over what the catalog has."""
    world.keeper = world._new()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.keeper.run)
        yield
        tasks.cancel_scope.cancel()


async def test_where_a_group_begins_is_decided_once() -> None:
    """And it is written before anybody is given anything."""
    async with running() as world:
        await world.hold()
        world.first = 50
        async with crashed(world):
            assert (await world.hold()).partition.start == 3


async def test_two_that_look_first_see_the_same() -> None:
    """Loads of a group take turns."""
    async with running() as world:
        held: list[Held] = []

        async def look() -> None:
            held.append(await world.hold())

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(look)
        assert len(set(map(id, held))) == 1
        assert sum(change.start_offset == 3 for changes in world.catalog.rounds for change in changes) == 1


async def test_an_answer_is_durable() -> None:
    """It waits for the catalog; what was acknowledged is done with after a crash, the rest is there with its deliveries."""
    async with running() as world:
        assert await world.acquire(9) == [(3, 9, 1)]
        world.catalog.gate = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(world.say, (3, 4, ACCEPT), (6, 6, ACCEPT))
            await anyio.wait_all_tasks_blocked()
            assert (await world.hold()).partition.acquired == 7
            world.catalog.gate.set()
        async with crashed(world):
            assert await world.acquire(9, "bob") == [(5, 5, 2), (7, 9, 2)]
            assert (await world.hold()).partition.start == 5


async def test_deliveries_are_written_by_themselves() -> None:
    """In a while, without anybody acknowledging anything."""
    async with running() as world:
        await world.acquire(5)
        await world.keeper.drain()
        async with crashed(world):
            assert await world.acquire(5) == [(3, 5, 2)]


async def test_a_refused_write_leaves_records_with_their_member() -> None:
    """Who tries again succeeds once storage does, and what was lost is written then."""
    async with running() as world:
        await world.acquire(5)
        world.catalog.failing = True
        assert await world.say((3, 5, ACCEPT)) is ErrorCode.KAFKA_STORAGE_ERROR
        assert (await world.hold()).partition.acquired == 3
        world.catalog.failing = False
        assert await world.say((3, 4, ACCEPT)) is ErrorCode.NONE
        async with crashed(world):
            assert await world.acquire(5) == [(5, 5, 2)]


async def test_writes_of_a_moment_are_one_transaction() -> None:
    """However many partitions and members there are."""
    async with running() as world:
        for partition in (P0, P1):
            await world.acquire(9, partition=partition)
        await world.keeper.drain()
        world.catalog.gate = anyio.Event()
        before = len(world.catalog.rounds)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: world.say((3, 3, ACCEPT)))
            await anyio.wait_all_tasks_blocked()
            for at in range(4, 9):
                tasks.start_soon(lambda at=at: world.say((at, at, ACCEPT)))
                tasks.start_soon(lambda at=at: world.say((at, at, RELEASE), partition=P1))
            await anyio.wait_all_tasks_blocked()
            world.catalog.gate.set()
        assert len(world.catalog.rounds) == before + 2


async def test_renewals_write_nothing() -> None:
    """A lock is the member's for longer."""
    async with running() as world:
        await world.acquire(5)
        await world.keeper.drain()
        before = len(world.catalog.rounds)
        assert await world.say((3, 5, RENEW)) is ErrorCode.NONE
        assert len(world.catalog.rounds) == before


async def test_locks_end_by_the_clock() -> None:
    """Whoever watches is told."""
    async with running() as world:
        world.limits = ShareLimits(lock_ms=20)
        await world.acquire(5)
        woken = anyio.Event()
        (await world.hold()).watchers[woken.set] = None
        with anyio.fail_after(10):
            await woken.wait()
        assert await world.acquire(5, "bob") == [(3, 5, 2)]


async def test_a_session_that_ends_releases() -> None:
    """At once, and only what its member had; a session ends once."""
    async with running() as world:
        await world.acquire(5, "ann")
        await world.acquire(7, "bob")
        session = world.keeper.begin_session("g", "ann", [P0, P1])
        assert isinstance(session, ShareSession)
        world.keeper.end_session(session)
        assert await world.acquire(7, "cid") == [(3, 5, 2)]
        world.keeper.end_session(session)
        assert (await world.hold()).partition.acquired == 5


async def test_a_topic_that_goes_takes_its_partitions_along() -> None:
    """What is under way there is refused."""
    async with running() as world:
        await world.acquire(5)
        await world.acquire(5, partition=(OTHER, 0))
        world.catalog.gate = anyio.Event()
        answers: list[ErrorCode] = []

        async def say() -> None:
            answers.append(await world.say((3, 5, ACCEPT)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(say)
            await anyio.wait_all_tasks_blocked()
            world.keeper.topic_removed(TOPIC)
            world.catalog.gate.set()
        assert answers == [ErrorCode.FENCED_STATE_EPOCH]
        assert len(world.keeper) == 1
        assert await world.say((3, 5, ACCEPT)) is ErrorCode.UNKNOWN_TOPIC_OR_PARTITION


async def test_operators_are_told_where_a_group_stands() -> None:
    """Of what is in memory and of what is not; -1 where nothing is known."""
    async with running() as world:
        await world.keeper.initialize("g", [P0, P1, (OTHER, 0)])
        assert set((await world.offsets()).values()) == {ShareOffsets(-1, 0, -1)}
        await world.acquire(9)
        assert await world.say((3, 4, ACCEPT), (6, 7, ACCEPT)) is ErrorCode.NONE
        expected = ShareOffsets(5, 0, 93)
        assert (await world.offsets())[P0] == expected
        async with crashed(world):
            assert await world.keeper.start_offsets("g", [P0, (OTHER, 1)]) == {P0: expected, (OTHER, 1): ShareOffsets(-1, -1, -1)}
            assert await world.keeper.start_offsets("h", None) == {}


async def test_initializing_again_changes_nothing() -> None:
    """Whether the partition is in memory or not."""
    async with running() as world:
        await world.acquire(9)
        await world.say((3, 4, ACCEPT))
        await world.keeper.initialize("g", [P0, P1])
        async with crashed(world):
            await world.keeper.initialize("g", [P0, P1])
            assert (await world.offsets())[P0].start_offset == 5


async def test_an_operator_sets_the_offset() -> None:
    """Members lose what they have, and what they say of it counts no more; topics that are not there have an error."""
    async with running() as world:
        await world.acquire(9)
        results = await world.keeper.alter_start_offsets("g", {P0: 20, (b"x" * 16, 0): 1})
        assert results == {P0: ErrorCode.NONE, (b"x" * 16, 0): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}
        assert (await world.hold()).partition.start == 20
        assert await world.say((3, 9, ACCEPT)) is ErrorCode.NONE
        assert await world.acquire(21) == [(20, 21, 1)]
        async with crashed(world):
            held = await world.hold()
            assert (held.partition.start, held.state_epoch) == (20, 1)


async def test_an_operator_overtakes_a_write() -> None:
    """What was being written is refused, and does not come back behind the new offset."""
    async with running() as world:
        await world.acquire(9)
        world.catalog.gate = anyio.Event()
        answers: list[ErrorCode] = []

        async def say() -> None:
            answers.append(await world.say((3, 5, ACCEPT)))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(say)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(world.keeper.alter_start_offsets, "g", {P0: 0})
            await anyio.wait_all_tasks_blocked()
            world.catalog.gate.set()
        assert answers == [ErrorCode.FENCED_STATE_EPOCH]
        assert (await world.offsets())[P0].start_offset == 0


async def test_offsets_and_groups_are_deleted() -> None:
    """A group that begins anew begins as a new one does."""
    async with running() as world:
        await world.acquire(9)
        await world.acquire(9, partition=(OTHER, 0))
        assert await world.keeper.delete_offsets("g", [TOPIC]) == {TOPIC: ErrorCode.NONE}
        assert set(await world.offsets()) == {(OTHER, 0)}
        await world.keeper.delete_group("g")
        assert await world.offsets() == {}
        world.first = 7
        assert (await world.hold()).partition.start == 7


async def test_errors_of_a_load_are_each_partitions_own() -> None:
    """No start can be found, or there is no such topic."""
    async with running() as world:
        await world.hold(P1)
        await world.keeper.initialize("g", [P0])
        world.first = -1
        unknown = ((b"x" * 16, 0), (OTHER, 0))
        found = await world.keeper.hold("g", [P0, P1, *unknown])
        assert found[P0] is ErrorCode.KAFKA_STORAGE_ERROR
        assert [found[each] for each in unknown] == [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION] * 2
        assert isinstance(found[P1], Held)


async def test_memory_is_bounded() -> None:
    """What nobody has anything of makes room; when there is none, a partition more is refused for now."""
    async with running(partitions_max=2) as world:
        await world.acquire(9)
        await world.hold(P1)
        await world.keeper.drain()
        await world.hold((OTHER, 0))
        assert len(world.keeper) == 2
        await world.acquire(9, partition=(OTHER, 0))
        await world.keeper.initialize("g", [(OTHER, 1)])
        assert await world.keeper.hold("g", [(OTHER, 1)]) == {(OTHER, 1): ErrorCode.NOT_LEADER_OR_FOLLOWER}
        assert (await world.hold()).partition.acquired == 7


async def test_runs_are_bounded() -> None:
    """However many partitions have them: what is in flight can be worked off, and nothing new comes."""
    async with running() as world:
        world.keeper._runs_max = 4
        await world.acquire(9)
        for at in (4, 6):
            assert await world.say((at, at, ACCEPT)) is ErrorCode.NONE
        assert await world.acquire(20, "bob") == []
        assert await world.say((3, 9, ACCEPT)) is ErrorCode.INVALID_RECORD_STATE
        assert await world.say((3, 3, ACCEPT), (5, 5, RELEASE), (7, 9, ACCEPT)) is ErrorCode.NONE
        assert await world.acquire(9, "bob") == [(5, 5, 2)]
        assert await world.say((5, 5, ACCEPT), member="bob") is ErrorCode.NONE
        assert await world.acquire(20, "bob") == [(10, 20, 1)]


async def test_a_start_that_cannot_be_stored_is_the_partitions_error() -> None:
    """Those that are in memory are given; who tries again once storage takes it has the other as well."""
    async with running() as world:
        await world.hold(P1)
        await world.keeper.initialize("g", [P0])
        world.catalog.failing = True
        found = await world.keeper.hold("g", [P0, P1])
        assert found[P0] is ErrorCode.KAFKA_STORAGE_ERROR
        assert isinstance(found[P1], Held)
        world.catalog.failing = False
        assert (await world.hold()).partition.start == 3
