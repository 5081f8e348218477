"""Saves by a broker that may no longer coordinate what it saves."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from broker.errors import BrokerError
from broker.model import CommittedOffset
from broker.storage.catalog.base import StoredConsumerGroup, StoredGroup, StoredShareGroup
from broker.storage.catalog.postgres.catalog import PostgresCatalog
from broker.storage.catalog.shards import shard_of
from broker.storage.catalog.share_states import ShareChange
from broker.wire.error_codes import ErrorCode
from tests.broker.storage.catalog.groups_of_batches import topic
from tests.broker.storage.catalog.postgres.brokers import brokers, hold_shards

KEY = ("g", "t", 0)
EPOCHS = {"group_epoch": 1, "assignment_epoch": 1, "topics_digest": "", "state_ms": 0}
TOPIC_ID = b"orders".ljust(16, b"\0")

Save = Callable[[PostgresCatalog, str], Awaitable[Any]]

SAVES: dict[str, Save] = {
    "classic group": lambda catalog, name: catalog.save_group(
        StoredGroup(group_id=name, protocol_type="consumer", generation=1, protocol=None, leader=None)
    ),
    "consumer group": lambda catalog, name: catalog.save_consumer_group(StoredConsumerGroup(group_id=name, **EPOCHS), ()),
    "share group": lambda catalog, name: catalog.save_share_group(StoredShareGroup(group_id=name, **EPOCHS), ()),
    "offsets": lambda catalog, name: catalog.commit_offsets({(name, "t", 0): CommittedOffset(offset=1)}),
    "deleted offsets": lambda catalog, name: catalog.delete_offsets([(name, "t", 9)]),
    "deleted group": lambda catalog, name: catalog.delete_group(name),
    "deleted share states": lambda catalog, name: catalog.delete_share_states(name, None),
}


async def everything(catalog: PostgresCatalog) -> list[Any]:
    """What is there of groups, whoever asks."""
    return [
        await catalog.load_groups(),
        await catalog.load_consumer_groups(),
        await catalog.load_share_groups(),
        await catalog.load_offsets(),
        await catalog.share_states_of("g"),
    ]


@pytest.mark.parametrize("kind", SAVES)
async def test_only_the_shard_s_coordinator_saves(database_url: str, kind: str) -> None:
    """Who never had the shard, and who had it before, is refused, and nothing is changed."""
    save = SAVES[kind]
    async with brokers(database_url) as (one, other):
        await topic(one)
        for fill in ("classic group", "share group", "offsets"):
            await SAVES[fill](one, "g")
        await one.save_share_states([ShareChange(("g", TOPIC_ID, 0), 1, 0, 0, (), True, True)])  # a partition's leader does, by the state's epoch
        before = await everything(one)
        await hold_shards(one, 1, 1)
        other.checks_shards = True
        with pytest.raises(BrokerError) as never:
            await save(other, "g")
        await hold_shards(other, 2, 2)
        with pytest.raises(BrokerError) as no_more:
            await save(one, "g")
        assert (never.value.code, no_more.value.code) == (ErrorCode.NOT_COORDINATOR, ErrorCode.NOT_COORDINATOR)
        assert await everything(one) == before

        await save(other, "g")


async def test_one_lost_shard_refuses_all_that_is_saved_with_it(database_url: str) -> None:
    """Offsets of many groups go together or not at all."""
    async with brokers(database_url, 1) as (one,):
        await hold_shards(one, 1, 1)
        names = [f"g{number}" for number in range(10)]
        await one._connections.fetch("UPDATE shard SET token = 2 WHERE shard = $1", shard_of(names[0]))
        with pytest.raises(BrokerError):
            await one.commit_offsets({(name, "t", 0): CommittedOffset(offset=1) for name in names})
        assert await one.load_offsets() == {}
        kept = [name for name in names if shard_of(name) != shard_of(names[0])]
        await one.commit_offsets({(name, "t", 0): CommittedOffset(offset=1) for name in kept})

        assert {key[0] for key in await one.load_offsets()} == set(kept)


async def test_a_shard_does_not_change_hands_while_something_of_it_is_saved(database_url: str) -> None:
    """The change waits for the save; so whoever takes it over reads what was saved."""
    async with brokers(database_url) as (one, other):
        await hold_shards(one, 1, 1)
        taken = anyio.Event()

        async def take() -> None:
            await hold_shards(other, 2, 2)
            assert await other.load_offsets() == {KEY: CommittedOffset(offset=7)}
            taken.set()

        async with anyio.create_task_group() as tasks, one._connections.change() as connection:
            await one._hold(connection, one._leases(["g"]))
            tasks.start_soon(take)
            await _until_somebody_waits(other)
            assert not taken.is_set()
            await connection.execute(
                "INSERT INTO group_offset VALUES ('g', 't', 0, $1, 7, -1, '', 0, -1, decode(repeat('00', 16), 'hex'))", shard_of("g")
            )
        assert taken.is_set()


async def _until_somebody_waits(catalog: PostgresCatalog) -> None:
    """Nothing tells that a lock is waited for but the list of locks."""
    with anyio.fail_after(20):
        while not await catalog._connections.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await anyio.lowlevel.checkpoint()


async def test_without_a_shard_nothing_is_asked(database_url: str) -> None:
    """An empty save is none."""
    async with brokers(database_url, 1) as (one,):
        one.checks_shards = True
        await one.commit_offsets({})
        await one.delete_offsets([])
        await one.save_share_states([])
