"""The agent: turns, timeouts, restarts, storage that fails, and who is told; on a virtual clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import pytest
from trio.testing import MockClock

from broker.coordinators import transaction_coordinator
from broker.coordinators.group_coordinator import GroupCoordinator
from broker.coordinators.producer_connections import SUPERSEDED, Work
from broker.coordinators.transaction_coordinator import TransactionCoordinator, is_joined
from broker.coordinators.transaction_expirer import RETRY_MS
from broker.errors import StorageUnavailable
from broker.model import CommittedOffset
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.transactions import EndAnswer, Ended, InitAnswer, MarkerWish, TransactionStatus
from broker.wire.error_codes import ErrorCode
from observability.metrics import REGISTRY
from tests.broker.coordinators.conversation import TroubledCatalog, settings, wall_ms

pytestmark = pytest.mark.anyio

TIMEOUT_MS = 60_000
NONE = ErrorCode.NONE


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Hours pass in no time."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


class Catalog(TroubledCatalog):
    """``trouble``: changes of transactions are refused. ``held``: they wait for it. ``busy`` is how many are under way."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble = False
        self.held: anyio.Event | None = None
        self.busy = self.most_busy = 0

    async def _under_way(self) -> None:
        self.busy += 1
        self.most_busy = max(self.busy, self.most_busy)
        if self.held is not None:
            await self.held.wait()
        await anyio.lowlevel.checkpoint()
        self.busy -= 1
        if self.trouble:
            raise StorageUnavailable("the disk is full")

    async def init_transaction(self, *args: Any) -> InitAnswer:
        await self._under_way()
        return await super().init_transaction(*args)

    async def add_to_transaction(self, *args: Any) -> ErrorCode:
        await self._under_way()
        return await super().add_to_transaction(*args)

    async def add_transaction_offsets(self, *args: Any) -> ErrorCode:
        await self._under_way()
        return await super().add_transaction_offsets(*args)

    async def end_transaction(self, *args: Any) -> EndAnswer:
        await self._under_way()
        return await super().end_transaction(*args)

    async def abort_transaction(self, *args: Any) -> EndAnswer:
        await self._under_way()
        return await super().abort_transaction(*args)

    async def write_markers(self, *args: Any) -> tuple[list[ErrorCode], Ended]:
        await self._under_way()
        return await super().write_markers(*args)

    async def delete_transactional_ids(self, before_ms: int) -> int:
        await self._under_way()
        return await super().delete_transactional_ids(before_ms)


class World:
    """A coordinator that runs, its groups, and what it told readers."""

    def __init__(self, catalog: MemoryCatalog, groups: GroupCoordinator, **changed: int) -> None:
        self.ended: list[Ended] = []
        self.groups = groups
        self.coordinator = TransactionCoordinator(
            catalog,
            groups.transactional,
            settings(**changed),
            wall_ms,
            new_producer_id=self._next_id,
            on_ended=self.ended.append,
        )
        self._catalog = catalog

    async def _next_id(self) -> int:
        return await self._catalog.allocate_producer_ids(1)

    async def init(self, name: str = "x") -> tuple[int, int]:
        answer = await self.coordinator.init_producer(name, TIMEOUT_MS, -1, -1)
        assert not answer.error_code
        return answer.producer_id, answer.epoch

    def status(self, name: str = "x") -> TransactionStatus | None:
        state = self.coordinator.transaction(name)
        return None if state is None else state.status

    async def carry(self, producer: tuple[int, int], offset: int, name: str = "x") -> ErrorCode:
        offsets = {("g", "t", 0): CommittedOffset(offset=offset)}
        return await self.coordinator.add_offsets(name, *producer, offsets, "g")

    def committed(self) -> int | None:
        found = self.groups.offset("g", "t", 0)
        return None if found is None else found.offset


@asynccontextmanager
async def world(catalog: MemoryCatalog | None = None, **changed: int) -> AsyncIterator[World]:
    catalog = catalog or Catalog()
    if not await catalog.load_topics():
        await catalog.create_topic("t", b"T" * 16, 20, 1, {}, 0)  # its partitions are 1 to 20
    groups = GroupCoordinator(catalog, settings(), wall_ms)
    await groups.load()
    it = World(catalog, groups, **changed)
    it.coordinator.load()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(it.coordinator.run)
        tasks.start_soon(groups.run)
        yield it
        tasks.cancel_scope.cancel()


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("penstock_transactions_ended_total", {"outcome": outcome}) or 0.0


# --- ends, and who is told --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("commit", "offset"), [(True, 5), (False, None)])
async def test_offsets_are_pending_until_the_end_and_take_effect_with_a_commit(commit: bool, offset: int | None) -> None:
    """Groups are told before the producer is answered."""
    async with world() as it:
        producer = await it.init()
        assert await it.carry(producer, 5) is NONE
        assert it.groups.transactional.is_pending("g", "t", 0)
        assert it.committed() is None
        answer = await it.coordinator.end("x", *producer, commit=commit, bump=True)

        assert (answer.error_code, answer.epoch) == (NONE, producer[1] + 1)
        assert it.committed() == offset
        assert not it.groups.transactional.is_pending("g", "t", 0)
        assert len(it.ended) == 1


async def test_a_successor_aborts_what_is_open() -> None:
    """It is told as an end like any other, and counted as a fencing."""
    async with world() as it:
        old = await it.init()
        await it.coordinator.add_partitions("x", *old, [1])
        await it.carry(old, 5)
        fenced = counted("fenced")
        new = await it.init()

        assert new[1] > old[1]
        assert it.committed() is None
        assert not it.groups.transactional.is_pending("g", "t", 0)
        assert it.coordinator.open_count == 0
        assert counted("fenced") == fenced + 1
        assert (await it.coordinator.end("x", *old, commit=True, bump=False)).error_code is ErrorCode.PRODUCER_FENCED


async def test_refusals_end_nothing() -> None:
    """What the catalog refuses is answered, and told to nobody."""
    async with world() as it:
        producer = await it.init()
        assert (await it.coordinator.end("x", *producer, commit=True, bump=False)).error_code is ErrorCode.INVALID_TXN_STATE
        assert await it.coordinator.add_partitions("x", producer[0], 99, [1]) is ErrorCode.PRODUCER_FENCED
        assert await it.coordinator.add_group("y", *producer, "g") is ErrorCode.INVALID_PRODUCER_ID_MAPPING
        assert it.ended == []
        assert it.coordinator.open_count == 0


@pytest.mark.parametrize("timeout_ms", [0, -1, 900_001])
async def test_timeouts_are_bounded(timeout_ms: int) -> None:
    """By transaction.max.timeout.ms; the id is not even made."""
    async with world() as it:
        answer = await it.coordinator.init_producer("x", timeout_ms, -1, -1)
        assert answer.error_code is ErrorCode.INVALID_TRANSACTION_TIMEOUT
        assert len(it.coordinator) == 0


# --- late requests of before KIP-890 ----------------------------------------------------------------------------------


async def test_a_delayed_end_does_not_end_the_next_transaction() -> None:
    """Its connection was given up when the end was sent again over another; the transaction after is the same epoch's (KAFKA-17754)."""
    async with world() as it:
        producer = await it.init()
        assert await it.coordinator.add_partitions("x", *producer, [1], connection_id=1) is NONE
        assert not (await it.coordinator.end("x", *producer, commit=True, bump=False, connection_id=2)).error_code
        assert await it.coordinator.add_partitions("x", *producer, [1], connection_id=2) is NONE
        late = await it.coordinator.end("x", *producer, commit=True, bump=False, connection_id=1)

        assert late == EndAnswer(SUPERSEDED)
        assert it.status() is TransactionStatus.ONGOING
        assert await it.coordinator.add_partitions("x", *producer, [2], connection_id=1) is SUPERSEDED
        assert await it.coordinator.add_group("x", *producer, "g", connection_id=1) is SUPERSEDED
        offsets = {("g", "t", 0): CommittedOffset(offset=1)}
        assert await it.coordinator.add_offsets("x", *producer, offsets, None, connection_id=1) is SUPERSEDED
        assert it.coordinator.is_superseded("x", *producer, Work.DATA, 1)
        assert not it.coordinator.is_superseded("x", *producer, Work.DATA, 2)
        assert not (await it.coordinator.end("x", *producer, commit=False, bump=False, connection_id=2)).error_code


async def test_what_waits_for_its_turn_is_looked_at_when_it_has_it() -> None:
    """A newer connection may have acted meanwhile: then it must not take effect any more."""
    catalog = Catalog()
    async with world(catalog) as it:
        producer = await it.init()
        await it.coordinator.add_partitions("x", *producer, [1], connection_id=1)
        catalog.held = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(partial(it.coordinator.end, "x", *producer, commit=True, bump=False, connection_id=2))
            await anyio.wait_all_tasks_blocked()
            late: list[EndAnswer] = []

            async def end_late() -> None:
                late.append(await it.coordinator.end("x", *producer, commit=True, bump=False, connection_id=1))

            tasks.start_soon(end_late)
            await anyio.wait_all_tasks_blocked()
            catalog.held.set()
        assert late == [EndAnswer(SUPERSEDED)]


async def test_connections_are_remembered_only_of_whom_there_is() -> None:
    """Names that nobody has, and producers that are fenced, leave nothing behind; ids that are forgotten take theirs along."""
    async with world(transactional_id_expiration_ms=3_600_000) as it:
        producer = await it.init()
        for number in range(100):
            assert not it.coordinator.is_superseded(f"y{number}", *producer, Work.DATA, number)
            assert not it.coordinator.is_superseded("x", producer[0], 99, Work.DATA, number)
        assert it.coordinator._connections == {}
        assert not it.coordinator.is_superseded("x", *producer, Work.DATA, 1)
        assert len(it.coordinator._connections) == 1
        await anyio.sleep(3 * 3600)
        assert it.coordinator._connections == {}


# --- markers from outside ---------------------------------------------------------------------------------------------


async def test_markers_from_outside_are_told_to_readers_and_leave_the_id_alone() -> None:
    """Who is refused, and storage that is in trouble, end nothing."""
    catalog = Catalog()
    async with world(catalog) as it:
        producer = await it.init()
        await it.coordinator.add_partitions("x", *producer, [1])
        wishes = [MarkerWish(1, *producer, False, 0), MarkerWish(1, producer[0], producer[1], False, -7)]
        assert await it.coordinator.write_markers(wishes) == [NONE, ErrorCode.TRANSACTION_COORDINATOR_FENCED]
        assert [len(ended.markers) for ended in it.ended] == [1]
        assert it.status() is TransactionStatus.ONGOING
        catalog.trouble = True
        assert await it.coordinator.write_markers(wishes) == [ErrorCode.NOT_COORDINATOR] * 2
        assert len(it.ended) == 1


# --- turns ------------------------------------------------------------------------------------------------------------


async def test_calls_for_one_id_take_turns_and_others_do_not_wait() -> None:
    """Ten calls for one id are never two at a time; a call for another id goes beside them."""
    catalog = Catalog()
    async with world(catalog) as it:
        one, two = await it.init("one"), await it.init("two")
        catalog.most_busy = 0
        async with anyio.create_task_group() as tasks:
            for pid in range(1, 11):
                tasks.start_soon(it.coordinator.add_partitions, "one", *one, [pid])
        assert catalog.most_busy == 1
        catalog.held = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(it.coordinator.add_partitions, "one", *one, [11])
            tasks.start_soon(it.coordinator.add_partitions, "two", *two, [12])
            await anyio.wait_all_tasks_blocked()
            assert catalog.busy == 2
            catalog.held.set()

        state = it.coordinator.transaction("one")
        assert state is not None
        assert state.partitions == set(range(1, 12))
        assert it.coordinator._turns == {}


# --- time -------------------------------------------------------------------------------------------------------------


async def test_a_transaction_that_outlives_its_timeout_is_aborted() -> None:
    """On time, not at the next look; its producer is fenced."""
    async with world() as it:
        producer = await it.init()
        await it.coordinator.add_partitions("x", *producer, [1])
        timeouts = counted("timeout")
        await anyio.sleep(TIMEOUT_MS / 1000 - 0.5)
        assert it.status() is TransactionStatus.ONGOING
        assert it.coordinator.oldest_age_ms == TIMEOUT_MS - 500
        await anyio.sleep(1)

        assert it.status() is TransactionStatus.COMPLETE_ABORT
        assert it.coordinator.oldest_age_ms == 0
        assert counted("timeout") == timeouts + 1
        assert await it.coordinator.add_partitions("x", *producer, [2]) is ErrorCode.PRODUCER_FENCED


async def test_each_transaction_has_its_own_time() -> None:
    """The wake-up that an earlier transaction left behind does not end a later one."""
    async with world() as it:
        producer = await it.init()
        await it.coordinator.add_partitions("x", *producer, [1])
        await anyio.sleep(40)
        await it.coordinator.end("x", *producer, commit=True, bump=False)
        await it.coordinator.add_partitions("x", *producer, [1])
        await anyio.sleep(50)
        assert it.status() is TransactionStatus.ONGOING
        await anyio.sleep(11)
        assert it.status() is TransactionStatus.COMPLETE_ABORT


async def test_timeouts_go_on_after_a_restart() -> None:
    """From when the transaction began; what it carries is pending again."""
    catalog = Catalog()
    async with world(catalog) as it:
        producer = await it.init()
        await it.carry(producer, 5)
        await anyio.sleep(40)
    async with world(catalog) as it:
        assert it.groups.transactional.is_pending("g", "t", 0)
        assert it.coordinator.open_count == 1
        await anyio.sleep(21)
        assert it.status() is TransactionStatus.COMPLETE_ABORT
        assert not it.groups.transactional.is_pending("g", "t", 0)


async def test_an_abort_that_storage_refuses_is_tried_again() -> None:
    """The transaction stays open meanwhile, and is counted once it is open for longer than any may be."""
    catalog = Catalog()
    async with world(catalog) as it:
        producer = await it.init()
        await it.coordinator.add_partitions("x", *producer, [1])
        catalog.trouble = True
        await anyio.sleep(TIMEOUT_MS / 1000 + 1)
        assert it.status() is TransactionStatus.ONGOING
        assert it.coordinator.overdue_count == 0
        await anyio.sleep(900)
        assert it.coordinator.overdue_count == 1
        catalog.trouble = False
        await anyio.sleep(2 * RETRY_MS / 1000)
        assert it.status() is TransactionStatus.COMPLETE_ABORT
        assert it.coordinator.overdue_count == 0


async def test_ids_that_nobody_uses_are_forgotten() -> None:
    """After transactional.id.expiration.ms; trouble with storage only delays it."""
    hour_ms = 3_600_000
    catalog = Catalog()
    async with world(catalog, transactional_id_expiration_ms=2 * hour_ms) as it:
        await it.init()
        catalog.trouble = True
        await anyio.sleep(3.5 * 3600)
        assert len(it.coordinator) == 1
        catalog.trouble = False
        await anyio.sleep(3600)
        assert len(it.coordinator) == 0


# --- storage ----------------------------------------------------------------------------------------------------------


async def test_storage_trouble_is_answered_as_clients_of_coordinators_know_it() -> None:
    """They look for the coordinator again and retry; nothing was changed."""
    catalog = Catalog()
    async with world(catalog) as it:
        producer = await it.init()
        catalog.trouble = True
        errors = [
            (await it.coordinator.init_producer("x", TIMEOUT_MS, -1, -1)).error_code,
            await it.coordinator.add_partitions("x", *producer, [1]),
            await it.coordinator.add_group("x", *producer, "g"),
            await it.carry(producer, 1),
            (await it.coordinator.end("x", *producer, commit=True, bump=True)).error_code,
        ]
        assert errors == [ErrorCode.NOT_COORDINATOR] * 5
        assert it.status() is TransactionStatus.EMPTY
        assert not it.groups.transactional.is_pending("g", "t", 0)
        assert it.coordinator._turns == {}


async def test_is_joined_wants_the_open_transaction_of_the_producer_and_every_partition() -> None:
    """Anything else is left to the catalog to refuse."""
    async with world() as it:
        producer_id, epoch = await it.init()
        assert not is_joined(it.coordinator.transaction("x"), producer_id, epoch, [1])
        await it.coordinator.add_partitions("x", producer_id, epoch, [1, 2])
        state = it.coordinator.transaction("x")
        assert is_joined(state, producer_id, epoch, [1, 2])
        assert not is_joined(state, producer_id, epoch, [1, 3])
        assert not is_joined(state, producer_id, epoch + 1, [1])
        assert not is_joined(state, producer_id + 1, epoch, [1])
        assert not is_joined(None, producer_id, epoch, [1])


# --- memory -----------------------------------------------------------------------------------------------------------


async def test_ids_and_what_they_carry_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing new is taken above the bound; what is there can be ended, and room that comes back is used."""
    async with world() as it:
        producer = await it.init("first")
        assert await it.coordinator.add_partitions("first", *producer, [1, 2, 3]) is ErrorCode.NONE
        assert await it.carry(producer, 5, "first") is ErrorCode.NONE
        monkeypatch.setattr(transaction_coordinator, "HELD_BYTES_MAX", it.coordinator._held_bytes)
        refused = await it.coordinator.init_producer("second", TIMEOUT_MS, -1, -1)
        assert refused.error_code is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert it.status("second") is None
        assert await it.coordinator.add_partitions("first", *producer, [4]) is ErrorCode.COORDINATOR_NOT_AVAILABLE
        assert await it.carry(producer, 6, "first") is ErrorCode.COORDINATOR_NOT_AVAILABLE

        ended = await it.coordinator.end("first", *producer, commit=True, bump=False)
        assert ended.error_code is ErrorCode.NONE
        assert it.committed() == 5
        assert await it.init("second")


async def test_what_is_held_is_counted_exactly() -> None:
    """However it came and went, also at a start."""
    catalog = Catalog()
    async with world(catalog) as it:
        producer = await it.init("a")
        await it.coordinator.add_partitions("a", *producer, [1, 2])
        await it.carry(producer, 5, "a")
        await it.init("b" * 300)
        counted_as_it_went = it.coordinator._held_bytes
        it.coordinator._count_all()
        assert it.coordinator._held_bytes == counted_as_it_went
        assert counted_as_it_went > 2 * transaction_coordinator.ID_BYTES + 300 + 2 * transaction_coordinator.PARTITION_BYTES
        await it.coordinator.end("a", *producer, commit=False, bump=True)
        assert it.coordinator._held_bytes == 2 * transaction_coordinator.ID_BYTES + 301
    async with world(catalog) as again:
        assert again.coordinator._held_bytes == 2 * transaction_coordinator.ID_BYTES + 301
