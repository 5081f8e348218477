"""EndTxn: before KIP-890 and after."""

import pytest

from broker.handlers.base import CloseConnection
from broker.handlers.transactions.end_txn import HANDLER
from broker.storage.catalog.transactions import TransactionStatus
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.end_txn import EndTxnRequest
from tests.broker.handlers.groups.world import group_world
from tests.broker.handlers.transactions.world import Producer, producer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("commit", [True, False])
@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_transaction_ends_and_a_retry_is_answered_alike(version: int, commit: bool) -> None:
    """From version 5 on with the epoch to go on with; before, the producer keeps its own."""
    async with group_world() as world:
        one = await producer(world)
        await one.add(t=[0])
        first, again = await one.end(version, commit=commit), await one.end(version, commit=commit)

        expected = (0, one.producer_id, one.epoch + 1) if version >= 5 else (0, -1, -1)
        assert (first.error_code, first.producer_id, first.producer_epoch) == expected
        assert (again.error_code, again.producer_id, again.producer_epoch) == expected
        state = world.transactions.transaction("x")
        assert state is not None
        assert state.status is (TransactionStatus.COMPLETE_COMMIT if commit else TransactionStatus.COMPLETE_ABORT)
        assert len(world.ended) == 1


@pytest.mark.parametrize(
    ("version", "code"), [(1, ErrorCode.INVALID_PRODUCER_EPOCH), (2, ErrorCode.PRODUCER_FENCED), (5, ErrorCode.PRODUCER_FENCED)]
)
async def test_the_fenced_are_told_so_as_they_know_it(version: int, code: ErrorCode) -> None:
    """Before version 2 there was no code of its own for it."""
    async with group_world() as world:
        old = await producer(world)
        await old.add(t=[0])
        await producer(world)
        answer = await old.end(version)
        assert (answer.error_code, answer.producer_id, answer.producer_epoch) == (code, -1, -1)


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_late_end_over_a_connection_given_up_is_not_answered(version: int) -> None:
    """Before version 5; from then on epochs tell (KAFKA-17754)."""
    async with group_world() as world:
        one = await producer(world)
        await one.add(t=[0])
        world.connection.connection_id += 1
        await one.add(t=[1])
        world.connection.connection_id -= 1
        if version >= 5:
            assert (await one.end(version)).error_code == 0
            return
        with pytest.raises(CloseConnection):
            await one.end(version)
        assert world.ended == []
        world.connection.connection_id += 1
        assert (await one.end(version)).error_code == 0


async def test_what_cannot_be_ended() -> None:
    """Nothing open, the other outcome, no id, an id nobody knows."""
    async with group_world() as world:
        one = await producer(world)
        assert (await one.end()).error_code == ErrorCode.INVALID_TXN_STATE
        await one.add(t=[0])
        await one.end(commit=True)
        assert (await one.end(commit=False)).error_code == ErrorCode.INVALID_TXN_STATE
        assert (await Producer(world, "", 1, 0).end()).error_code == ErrorCode.INVALID_REQUEST
        assert (await Producer(world, "y", 1, 0).end()).error_code == ErrorCode.INVALID_PRODUCER_ID_MAPPING
        refused = world.refuse(HANDLER, EndTxnRequest(), 5)
        assert (refused.error_code, refused.producer_id) == (ErrorCode.NOT_COORDINATOR, -1)
