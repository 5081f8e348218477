"""What decisions look at, locked and read."""

import anyio
import pytest

from broker.storage.catalog.base import BatchEntry, CommitGroup, SpanEntry
from broker.storage.catalog.cluster import Fenced, Member
from broker.storage.catalog.postgres.locked_view import (
    LockedView,
    Named,
    lock_logs,
    lock_transaction,
    named_by_groups,
    named_by_wishes,
    states_of,
)
from broker.storage.catalog.transactions import MarkerWish
from tests.broker.storage.catalog.groups_of_batches import NOW, Appender, batch, topic
from tests.broker.storage.catalog.postgres.brokers import brokers
from tests.broker.storage.catalog.test_contract_transactions import ID, begin, write


def test_a_group_names_its_partitions_producers_and_transactions() -> None:
    """Plain producers have no state, and only transactional batches a transaction."""
    spans = [
        SpanEntry(1, 0, [batch(), batch(producer=5, first=0)]),
        SpanEntry(2, 200, [batch(producer=6, first=0, transactional=True), BatchEntry(1, 9, NOW, transactional=True)]),
    ]

    assert named_by_groups([CommitGroup(1, 0, 400, spans, NOW), CommitGroup(2, 0, 100, [SpanEntry(3, 0, [batch()])], NOW)]) == Named(
        frozenset((1, 2, 3)), frozenset(((1, 5), (2, 6), (2, -1))), frozenset((6, -1))
    )


def test_a_wish_names_its_partition_and_producer() -> None:
    """And asks whose producer that is."""
    wishes = [MarkerWish(1, 5, 0, True, 0), MarkerWish(1, 6, 0, True, 0)]

    assert named_by_wishes(wishes) == Named(frozenset((1,)), frozenset(((1, 5), (1, 6))), frozenset((5, 6)))


def test_a_decision_that_looks_elsewhere_fails() -> None:
    """What was not asked for is not there, which must not be taken for an answer (W2)."""
    view = LockedView(states_of([]), Named(frozenset((1,)), frozenset(((1, 5),)), frozenset((5,))), ("t",))
    assert (view.partition(1), view.producer(1, 5), view.transaction_of_producer(5), view.transaction("t")) == (None,) * 4
    for look in (
        lambda: view.partition(2),
        lambda: view.producer(1, 6),
        lambda: view.transaction_of_producer(6),
        lambda: view.transaction("u"),
        lambda: view.pending_offsets("u"),
    ):
        with pytest.raises(AssertionError, match="W2"):
            look()


def test_a_fenced_broker_is_told() -> None:
    """Instead of a view."""
    with pytest.raises(Fenced):
        states_of([("fenced", None, None, None, None)], Member(node_id=1, epoch=1, rack=None, listeners={}))


async def test_states_are_those_after_the_lock(database_url: str) -> None:
    """Whoever had to wait sees what the one before it did (W1)."""
    async with brokers(database_url) as (one, other):
        (pid,) = await topic(one)
        producer, epoch = await begin(one, pid)
        await write(Appender(one), pid, producer, epoch, 0)
        seen = []

        async def look(transactional: bool) -> None:
            async with other._connections.change() as connection:
                if transactional:
                    view = await lock_transaction(connection, None, ID, may_end=True)
                else:
                    view = await lock_logs(connection, None, Named(frozenset((pid,)), frozenset(), frozenset()))
                state = view.partition(pid)
                assert state is not None
                seen.append((state.bounds.high_watermark, state.open_transactions))

        for at, transactional in enumerate((False, True), 7):
            async with anyio.create_task_group() as tasks, one._connections.change() as connection:
                await connection.execute("UPDATE part SET high_watermark = $1 WHERE pid = $2", at, pid)
                tasks.start_soon(look, transactional)
                with anyio.fail_after(20):
                    while not await other._connections.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                        await anyio.lowlevel.checkpoint()
        assert seen == [(7, ((0, producer),)), (8, ((0, producer),))]
