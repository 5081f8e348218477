"""When share partitions are written, and with what; more is tested with their keeper."""

from collections.abc import Sequence

import anyio
import pytest

from broker.coordinators.share_state_writer import ShareStateWriter
from broker.coordinators.shares.held_partition import Held
from broker.coordinators.shares.limits import ShareLimits
from broker.coordinators.shares.share_partition import (
    ACCEPT,
    Acknowledgement,
    FetchedBatch,
    PendingChange,
    SharePartition,
)
from broker.errors import StorageUnavailable
from broker.storage.catalog.memory import MemoryCatalog
from broker.storage.catalog.share_states import ShareChange, ShareState
from broker.wire.error_codes import ErrorCode

pytestmark = pytest.mark.anyio

LIMITS = ShareLimits()


class Rounds(MemoryCatalog):
    """Notes what is saved; refuses the first ``refusals`` times."""

    def __init__(self, refusals: int = 0) -> None:
        super().__init__()
        self.rounds: list[Sequence[ShareChange]] = []
        self.refusals = refusals

    async def save_share_states(self, changes: Sequence[ShareChange]) -> None:
        await anyio.lowlevel.checkpoint()
        if self.refusals:
            self.refusals -= 1
            raise StorageUnavailable("the disk is full")
        self.rounds.append(changes)


def held(index: int) -> Held:
    """With ten records that a member has."""
    partition = SharePartition(0)
    partition.acquire("ann", 0, [FetchedBatch(0, 9)], LIMITS, 0, records_max=10)
    return Held(("g", b"t" * 16, index), str(index), partition, ShareState(4, 0, 7))


def writer(catalog: MemoryCatalog, settled: list[ErrorCode]) -> ShareStateWriter:
    def settle(of: Held, change: PendingChange, error: ErrorCode) -> None:
        of.partition.finish(change, error is ErrorCode.NONE)
        settled.append(error)

    made = ShareStateWriter(catalog, settle, lambda of: made.write_later(of) if of.partition.is_dirty else None, fence)
    return made


def fence(of: Held) -> None:
    of.fenced_as = ErrorCode.NOT_LEADER_OR_FOLLOWER


def accept(of: Held, done: list[ErrorCode]) -> None:
    change = of.partition.acknowledge("ann", [Acknowledgement(0, 0, [ACCEPT])], LIMITS, 0)
    assert isinstance(change, PendingChange)
    of.waiting.append((change, done.append))


async def test_what_nobody_waits_for_goes_along() -> None:
    """Or by itself, in a while; epochs are those of the state."""
    catalog, settled, done = Rounds(), [], []  # type: tuple[Rounds, list[ErrorCode], list[ErrorCode]]
    agent = writer(catalog, settled)
    later, soon = held(0), held(1)
    agent.write_later(later)
    accept(soon, done)
    agent.write_soon(soon)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(agent.run)
        await agent.drain()
        tasks.cancel_scope.cancel()
    assert (settled, done) == ([ErrorCode.NONE], [ErrorCode.NONE])
    assert [sorted(change.key[2] for change in changes) for changes in catalog.rounds] == [[0, 1]]
    assert {(change.state_epoch, change.leader_epoch) for change in catalog.rounds[0]} == {(4, 7)}


async def test_what_was_refused_is_written_later() -> None:
    """Who waited is told, and the drain ends when all is written."""
    catalog, settled, done = Rounds(refusals=1), [], []  # type: tuple[Rounds, list[ErrorCode], list[ErrorCode]]
    agent = writer(catalog, settled)
    one = held(0)
    accept(one, done)
    agent.write_soon(one)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(agent.run)
        await agent.drain()
        tasks.cancel_scope.cancel()
    assert (settled, done) == ([ErrorCode.KAFKA_STORAGE_ERROR], [ErrorCode.KAFKA_STORAGE_ERROR])
    ((change,),) = catalog.rounds
    assert change.replaces
    assert list(change.runs) == [(0, 9, 0, 1)]


async def test_what_is_forgotten_is_not_written() -> None:
    """Whoever waited for it has been told otherwise."""
    catalog, settled = Rounds(), []  # type: tuple[Rounds, list[ErrorCode]]
    agent = writer(catalog, settled)
    one, two = held(0), held(1)
    agent.write_later(one)
    agent.write_soon(two)
    agent.forget(one)
    agent.forget(two)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(agent.run)
        await agent.drain()
        tasks.cancel_scope.cancel()
    assert catalog.rounds == []
