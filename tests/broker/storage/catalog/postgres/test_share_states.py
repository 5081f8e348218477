"""What share groups did with records, in the database; the contract tests say what it does."""

import anyio
import pytest

from broker.errors import BrokerError
from broker.model import CommittedOffset
from broker.storage.catalog.share_states import ShareState, StateEpochFenced
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.postgres.brokers import brokers, recorded
from tests.broker.storage.catalog.postgres.plans import watched
from tests.broker.storage.catalog.test_contract_share_states import TOPIC, change, make_topics

KEY = ("g\0", TOPIC, 0)


async def test_a_save_is_two_statements(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was saved before and however much is saved."""
    async with brokers(database_url, 1) as (catalog,):
        await make_topics(catalog)
        async with recorded(catalog, monkeypatch) as asked:
            await catalog.save_share_states([change((index, index, 0, 1), key=(f"g{index}", TOPIC, 0), creates=True) for index in range(50)])

        assert len(asked) == 2
        assert await catalog._connections.fetchval("SELECT count(*) FROM share_change") == 50


async def test_a_save_costs_what_it_names(database_url: str) -> None:
    """However many states of however many topics: no step goes through all of one list for each of another."""
    async with watched(database_url) as (catalog, watch):
        topics = [number.to_bytes(16, "big") for number in range(8)]
        for topic_id in topics:
            await catalog.create_topic(f"t{topic_id[-1]}", topic_id, 8, 1, {}, 0)
        keys = [("g", topic_id, index) for topic_id in topics for index in range(8)]
        watch.plans.clear()
        await catalog.save_share_states([change((0, 1, 2, 1), key=key, epoch=0, creates=True) for key in keys])
        await catalog.save_share_states([change((2, 3, 2, 1), key=key, epoch=0) for key in keys])
        await catalog.claim_share_states(keys)
        busiest = watch.busiest()

        assert busiest <= 3 * len(keys)
        assert {state.state_epoch for state in (await catalog.load_share_states(keys)).values()} == {1}
        mixed = [change((4, 5, 2, 1), key=key, epoch=index % 2) for index, key in enumerate(keys)]
        with pytest.raises(StateEpochFenced) as fenced:
            await catalog.save_share_states(mixed)
        assert list(fenced.value.keys) == keys[::2]


async def test_changes_go_with_their_topic(database_url: str) -> None:
    """No row is left of them."""
    async with brokers(database_url, 1) as (catalog,):
        await make_topics(catalog)
        await catalog.save_share_states([change((5, 9, 2, 1), creates=True)])
        await catalog.delete_topic(TOPIC)

        for table in ("share_state", "share_change"):
            assert await catalog._connections.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_who_claims_a_state_reads_all_that_was_saved_before(database_url: str) -> None:
    """A save that comes at the same time is in what the next owner reads, or it is refused; never neither, and never both."""
    async with brokers(database_url) as (one, other):
        await make_topics(one)
        await one.save_share_states([change(epoch=0, creates=True)])
        for epoch in range(8):
            fenced: list[int] = []
            read: list[ShareState] = []

            async def save(epoch: int = epoch, fenced: list[int] = fenced) -> None:
                try:
                    await one.save_share_states([change((epoch, epoch, 2, 1), epoch=epoch)])
                except StateEpochFenced:
                    fenced.append(epoch)

            async def claim(read: list[ShareState] = read) -> None:
                read.append((await other.claim_share_states([KEY]))[KEY])

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(save)
                tasks.start_soon(claim)

            (state,) = read
            assert state.state_epoch == epoch + 1
            assert ((epoch, epoch, 2, 1) in state.runs) is not bool(fenced)
            assert await one.share_states_of("g\0") == {KEY: state}


async def test_offsets_for_a_transaction_are_checked_against_the_groups_lease(database_url: str) -> None:
    """Only the group's coordinator knows which members may commit."""
    async with brokers(database_url, 1) as (catalog,):
        answer = await catalog.init_transaction("x", 60_000, -1, -1, 0, 1)
        catalog.checks_shards = True
        offsets = {("g", "t", 0): CommittedOffset(offset=5)}
        with pytest.raises(BrokerError) as refusal:
            await catalog.add_transaction_offsets("x", answer.producer_id, answer.epoch, offsets, "g", 0)

        assert refusal.value.code is ErrorCode.NOT_COORDINATOR
        assert await catalog.pending_offset_keys("g") == set()
