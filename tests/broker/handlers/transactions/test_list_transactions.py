"""ListTransactions and its filters."""

from typing import Any

import pytest

from broker.errors import BrokerError
from broker.handlers.transactions import list_transactions
from broker.handlers.transactions.list_transactions import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.list_transactions import ListTransactionsRequest, ListTransactionsResponse
from tests.broker.handlers.groups.world import GroupWorld, group_world
from tests.broker.handlers.transactions.world import producer

pytestmark = pytest.mark.anyio


async def listed(world: GroupWorld, version: int = 1, **filters: Any) -> ListTransactionsResponse:
    response: ListTransactionsResponse = await world.ask(HANDLER, ListTransactionsRequest(**filters), version)
    return response


def names(response: ListTransactionsResponse) -> list[str]:
    return sorted(each.transactional_id for each in response.transaction_states)


async def test_all_are_listed_or_those_asked_for() -> None:
    """By state, by producer, by how long they have been open; what is not open lasts no time."""
    async with group_world() as world:
        one, two = await producer(world, "one"), await producer(world, "two")
        await producer(world, "idle")
        await one.add(t=[0])
        world.clock += 1000
        await two.add(t=[0])
        world.clock += 1000

        everything = await listed(world, 0)
        assert {each.transactional_id: each.transaction_state for each in everything.transaction_states} == {
            "one": "Ongoing",
            "two": "Ongoing",
            "idle": "Empty",
        }
        assert names(await listed(world, state_filters=["Ongoing"])) == ["one", "two"]
        assert names(await listed(world, producer_id_filters=[one.producer_id])) == ["one"]
        assert names(await listed(world, duration_filter=1000)) == ["one"]
        assert names(await listed(world, duration_filter=0)) == ["one", "two"]


async def test_unknown_states_are_told_and_match_nothing() -> None:
    """Kafka's prepared states are known."""
    async with group_world() as world:
        await producer(world)
        response = await listed(world, state_filters=["Odd", "PrepareCommit"])
        assert (response.unknown_state_filters, names(response)) == (["Odd"], [])
        assert world.refuse(HANDLER, ListTransactionsRequest(), 1).error_code == ErrorCode.NOT_COORDINATOR


async def test_a_pattern_matches_whole_ids() -> None:
    """Beside the other filters; none, or an empty one, matches all."""
    async with group_world() as world:
        one = await producer(world, "orders-1")
        await producer(world, "orders-22")
        await producer(world, "my-orders-1")
        await one.add(t=[0])

        def asked(pattern: str | None, **more: Any) -> Any:
            return listed(world, 2, transactional_id_pattern=pattern, **more)

        assert names(await asked("orders-[0-9]")) == ["orders-1"]
        assert names(await asked("orders-.*")) == ["orders-1", "orders-22"]
        assert names(await asked("orders-.*", state_filters=["Ongoing"])) == ["orders-1"]
        assert names(await asked("orders")) == []
        assert len(names(await asked(None))) == len(names(await asked(""))) == 3
        wrong = await asked("orders-(")
        assert (wrong.error_code, names(wrong)) == (ErrorCode.INVALID_REGULAR_EXPRESSION, [])


async def test_much_is_matched_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts, with the same answer; and given up when it takes too long."""
    async with group_world() as world:
        for number in range(30):
            await producer(world, f"orders-{number}-{'x' * 200}")
        request = ListTransactionsRequest(transactional_id_pattern="orders-1?[0-9]-x+")
        waiting = HANDLER.handle(request, world.context(2))
        assert not isinstance(waiting, ListTransactionsResponse)
        assert len(names(await waiting)) == 20
        assert len(names(await listed(world, 2, transactional_id_pattern="orders-1?[0-9]-x+"))) == 20
        monkeypatch.setattr(list_transactions, "MATCHING_S", 0.0)
        with pytest.raises(BrokerError) as refused:
            await listed(world, 2, transactional_id_pattern="orders.*")
        assert refused.value.code is ErrorCode.REQUEST_TIMED_OUT
