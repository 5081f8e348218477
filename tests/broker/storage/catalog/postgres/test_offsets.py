"""Committed offsets in the database; the contract tests say what they do."""

import pytest

from broker.model import CommittedOffset
from tests.broker.storage.catalog.groups_of_batches import NOW
from tests.broker.storage.catalog.postgres.brokers import brokers, hold_shards, recorded
from tests.broker.storage.catalog.test_contract_transactions import ID, KEY, begin


async def test_offsets_of_many_groups_are_one_statement(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the groups' commits can be gathered; with the check of their shards."""
    async with brokers(database_url, 1) as (catalog,):
        await hold_shards(catalog, 1, 1)
        async with recorded(catalog, monkeypatch) as asked:
            await catalog.commit_offsets({(f"g{number}", "t", 0): CommittedOffset(offset=number) for number in range(500)})

        assert len(asked) == 1
        assert len(await catalog.load_offsets()) == 500


async def test_a_group_s_owner_sees_what_another_broker_committed(database_url: str) -> None:
    """A transaction may be ended by a broker that does not coordinate the groups it carries offsets of."""
    async with brokers(database_url) as (owner, other):
        await hold_shards(owner, 1, 1)
        producer, epoch = await begin(other)
        await other.add_transaction_offsets(ID, producer, epoch, {KEY: CommittedOffset(offset=5)}, "g", NOW)
        assert await owner.pending_offset_keys("g") == {KEY}
        other.checks_shards = True
        await other.end_transaction(ID, producer, epoch, True, True, -1, NOW)

        assert await owner.pending_offset_keys("g") == set()
        assert await owner.read_offsets("g") == {KEY: CommittedOffset(offset=5)}
