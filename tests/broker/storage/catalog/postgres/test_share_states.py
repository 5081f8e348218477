"""What share groups did with records, in the database; the contract tests say what it does."""

from dataclasses import replace

import anyio
import pytest

from broker.storage.catalog.share_states import ShareState, StateEpochFenced
from tests.broker.storage.catalog.postgres.brokers import brokers, recorded
from tests.broker.storage.catalog.test_contract_share_states import TOPIC, change, make_topics

KEY = ("g\0", TOPIC, 0)


async def test_a_save_is_two_statements(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was saved before and however much is saved."""
    async with brokers(database_url, 1) as (catalog,):
        await make_topics(catalog)
        async with recorded(catalog, monkeypatch) as asked:
            await catalog.save_share_states([change((index, index, 0, 1), key=(f"g{index}", TOPIC, 0)) for index in range(50)])

        assert len(asked) == 2
        assert await catalog._connections.fetchval("SELECT count(*) FROM share_change") == 50


async def test_changes_go_with_their_topic(database_url: str) -> None:
    """No row is left of them."""
    async with brokers(database_url, 1) as (catalog,):
        await make_topics(catalog)
        await catalog.save_share_states([change((5, 9, 2, 1))])
        await catalog.delete_topic(TOPIC)

        for table in ("share_state", "share_change"):
            assert await catalog._connections.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_of_two_brokers_the_one_of_the_later_epoch_stays(database_url: str) -> None:
    """Whichever comes first: what was saved under an epoch that was replaced never lies over the new state."""
    async with brokers(database_url) as (one, other):
        await make_topics(one)
        for number in range(8):
            await one.save_share_states([replace(change((5, 9, 0, 1), replaces=True), state_epoch=2 * number)])
            fenced = []

            async def late(number: int = number, fenced: list[bool] = fenced) -> None:
                try:
                    await one.save_share_states([replace(change((6, 6, 2, 1)), state_epoch=2 * number)])
                except StateEpochFenced:
                    fenced.append(True)

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(late)
                tasks.start_soon(other.save_share_states, [replace(change(start=0, replaces=True), state_epoch=2 * number + 1)])

            assert await one.share_states_of("g\0") == {KEY: ShareState(2 * number + 1, 0, 7, ())}
