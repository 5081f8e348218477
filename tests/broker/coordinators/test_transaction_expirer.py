"""Which transactions are ended because of their time, where brokers share the catalog; alone, see the transaction coordinator's tests."""

from typing import Any

import anyio
import pytest
from trio.testing import MockClock

from broker.coordinators.transaction_expirer import is_same
from broker.storage.catalog.shards import shard_of
from broker.storage.catalog.transactions import TransactionState, TransactionStatus
from tests.broker.coordinators.several_brokers import several_brokers

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Minutes pass in no time."""
    return "trio", {"clock": MockClock(autojump_threshold=0)}


async def test_a_later_transaction_of_the_id_is_spared() -> None:
    """It began between the look for overdue ones and the turn in which they are ended."""
    async with several_brokers(1) as (world, (one,)):
        answer = await one.transactions.init_producer("x", 1_000, -1, -1)
        producer = (answer.producer_id, answer.epoch)
        await one.transactions.add_group("x", *producer, "g")
        await anyio.sleep(2)
        overdue = await one.catalog.overdue_transactions([shard_of("x")], 0)
        await one.transactions.end("x", *producer, commit=True, bump=False)
        await anyio.sleep(1)
        await one.transactions.add_group("x", *producer, "g")

        async def as_it_was(*_: Any) -> list[TransactionState]:
            return overdue

        object.__setattr__(one.catalog, "overdue_transactions", as_it_was)
        await one.transactions.abort_overdue()
        assert [len(ended.markers) for ended in world.ended] == [0]
        state = await one.transactions.look_up("x")
        assert state is not None
        assert (state.status, state.epoch) == (TransactionStatus.ONGOING, producer[1])
        assert not is_same(state, overdue[0])


async def test_who_holds_no_shard_ends_nothing() -> None:
    """Nor who cannot reach the catalog; and it goes on afterwards."""
    async with several_brokers(2) as (world, (one, two)):
        answer = await one.transactions.init_producer("x", 1_000, -1, -1)
        await one.transactions.add_group("x", answer.producer_id, answer.epoch, "g")
        await anyio.sleep(2)
        await two.transactions.abort_overdue()
        one.catalog.reachable = False
        await one.transactions.abort_overdue()
        assert world.ended == []
        one.catalog.reachable = True
        await one.transactions.abort_overdue()

        assert len(world.ended) == 1
        assert one.transactions.open_count == 0
