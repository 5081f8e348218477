"""DescribeTransactions: what operators see of a transactional id."""

import pytest

from broker.handlers.transactions.describe_transactions import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_transactions import (
    DescribeTransactionsRequest,
    DescribeTransactionsResponseTransactionState,
)
from tests.broker.handlers.groups.world import NOW_MS, GroupWorld, group_world
from tests.broker.handlers.transactions.world import TIMEOUT_MS, producer

pytestmark = pytest.mark.anyio


async def described(world: GroupWorld, *names: str) -> list[DescribeTransactionsResponseTransactionState]:
    response = await world.ask(HANDLER, DescribeTransactionsRequest(transactional_ids=list(names)), 0)
    states: list[DescribeTransactionsResponseTransactionState] = response.transaction_states
    return states


async def test_an_open_transaction_is_described() -> None:
    """With its partitions by topic, and since when it is open; not with topics that are gone."""
    async with group_world() as world:
        one = await producer(world)
        await one.add(t=[1, 0], u=[0])
        (state,) = await described(world, "x")
        assert (state.error_code, state.transactional_id, state.transaction_state) == (0, "x", "Ongoing")
        assert (state.producer_id, state.producer_epoch) == (one.producer_id, one.epoch)
        assert (state.transaction_timeout_ms, state.transaction_start_time_ms) == (TIMEOUT_MS, NOW_MS)
        assert [(topic.topic, topic.partitions) for topic in state.topics] == [("t", [0, 1]), ("u", [0])]
        world.directory.remove(b"U" * 16)
        (state,) = await described(world, "x")
        assert [topic.topic for topic in state.topics] == ["t"]


async def test_an_ended_one_has_no_partitions() -> None:
    """Nor a start."""
    async with group_world() as world:
        one = await producer(world)
        await one.add(t=[0])
        await one.end()
        (state,) = await described(world, "x")
        assert (state.transaction_state, state.transaction_start_time_ms, state.topics) == ("CompleteCommit", -1, [])


async def test_errors_are_per_id_and_an_id_is_described_once() -> None:
    """However often it is named."""
    async with group_world() as world:
        await producer(world)
        answers = [(each.transactional_id, each.error_code) for each in await described(world, "y", "x", "x", "")]
        assert answers == [("y", ErrorCode.TRANSACTIONAL_ID_NOT_FOUND), ("x", 0), ("", ErrorCode.INVALID_REQUEST)]
        refused = world.refuse(HANDLER, DescribeTransactionsRequest(transactional_ids=["x"]), 0)
        assert [each.error_code for each in refused.transaction_states] == [ErrorCode.NOT_COORDINATOR]
