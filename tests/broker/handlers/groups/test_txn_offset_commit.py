"""TxnOffsetCommit, and what OffsetFetch shows of it: nothing before the transaction is committed."""

from typing import Any

import pytest

from broker.handlers.groups import offset_fetch, txn_offset_commit
from broker.model import UNKNOWN_OFFSET
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from broker.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from tests.broker.handlers.groups.world import GroupWorld, group_world

pytestmark = pytest.mark.anyio

HANDLER = txn_offset_commit.HANDLER


async def initialized(world: GroupWorld) -> tuple[int, int]:
    answer = await world.transactions.init_producer("x", 60_000, -1, -1)
    return answer.producer_id, answer.epoch


def request(
    producer: tuple[int, int], *, group: str = "g", offsets: dict[tuple[str, int], int] | None = None, **fields: Any
) -> TxnOffsetCommitRequest:
    metadata = fields.pop("metadata", "m")
    return TxnOffsetCommitRequest(
        transactional_id="x",
        group_id=group,
        producer_id=producer[0],
        producer_epoch=producer[1],
        topics=[
            TxnOffsetCommitRequestTopic(
                name=topic,
                partitions=[
                    TxnOffsetCommitRequestPartition(
                        partition_index=index, committed_offset=offset, committed_metadata=metadata
                    )
                ],
            )
            for (topic, index), offset in (offsets or {("t", 0): 5}).items()
        ],
        **fields,
    )


async def errors(world: GroupWorld, asked: TxnOffsetCommitRequest, version: int = 5) -> list[int]:
    response = await world.ask(HANDLER, asked, version)
    return [partition.error_code for topic in response.topics for partition in topic.partitions]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_offsets_are_the_groups_once_the_transaction_is_committed(version: int) -> None:
    """Before version 5 the group must have been added."""
    async with group_world() as world:
        producer = await initialized(world)
        if version < 5:
            await world.transactions.add_group("x", *producer, "g")
        assert await errors(world, request(producer, offsets={("t", 0): 5, ("u", 0): 7}), version) == [0, 0]
        assert await world.committed() == {}
        await world.transactions.end("x", *producer, commit=True, bump=False)
        assert await world.committed() == {("t", 0): 5, ("u", 0): 7}


@pytest.mark.parametrize(
    ("version", "code"),
    [(0, ErrorCode.INVALID_TXN_STATE), (3, ErrorCode.INVALID_TXN_STATE), (4, ErrorCode.TRANSACTION_ABORTABLE)],
)
async def test_a_group_that_was_not_added(version: int, code: ErrorCode) -> None:
    """By the code that the version knows."""
    async with group_world() as world:
        producer = await initialized(world)
        await world.transactions.add_group("x", *producer, "other")
        assert await errors(world, request(producer), version) == [code]
        assert not world.groups.transactional.is_pending("g", "t", 0)


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_the_fenced_are_told_so(version: int) -> None:
    """As every version knows it."""
    async with group_world() as world:
        old = await initialized(world)
        await initialized(world)
        assert await errors(world, request(old), version) == [ErrorCode.INVALID_PRODUCER_EPOCH]


async def test_a_zombie_member_is_fenced_by_its_group() -> None:
    """KIP-447: the generation and the member must be the present ones; who names none is not asked."""
    async with group_world() as world:
        producer = await initialized(world)
        member = await world.member()

        async def error(**fields: Any) -> int:
            (code,) = await errors(world, request(producer, **fields))
            return code

        assert await error(member_id=member, generation_id=1) == 0
        assert await error(member_id=member, generation_id=0) == ErrorCode.ILLEGAL_GENERATION
        assert await error(member_id="stranger", generation_id=1) == ErrorCode.UNKNOWN_MEMBER_ID
        assert await error(member_id="x", group_instance_id="i", generation_id=1) == ErrorCode.UNKNOWN_MEMBER_ID
        assert await error() == 0
        assert await error(group="new", generation_id=3) == ErrorCode.ILLEGAL_GENERATION
        assert await error(group="") == ErrorCode.INVALID_GROUP_ID


async def test_what_cannot_be_committed_is_refused_one_by_one() -> None:
    """Partitions that are not there, metadata that is too long; the others are taken."""
    async with group_world() as world:
        producer = await initialized(world)
        asked = request(producer, offsets={("t", 5): 1, ("nowhere", 0): 1, ("t", 1): 9})
        unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        assert await errors(world, asked) == [unknown, unknown, 0]
        assert await errors(world, request(producer, metadata="m" * 5000)) == [ErrorCode.OFFSET_METADATA_TOO_LARGE]
        assert world.groups.transactional.is_pending("g", "t", 1)
        assert not world.groups.transactional.is_pending("g", "t", 0)
        refused = world.refuse(HANDLER, asked, 5)
        assert {each.error_code for topic in refused.topics for each in topic.partitions} == {ErrorCode.NOT_COORDINATOR}


@pytest.mark.parametrize("version", [7, 8, 9])
async def test_readers_may_ask_for_stable_offsets_only(version: int) -> None:
    """A partition with a pending offset is UNSTABLE_OFFSET_COMMIT until the transaction ends; without the wish the old one is told."""

    async def fetched(world: GroupWorld, *, stable: bool, everything: bool) -> list[tuple[int, int]]:
        if version >= 8:
            topics = None if everything else [OffsetFetchRequestTopics(name="t", partition_indexes=[0, 1])]
            asked = OffsetFetchRequest(
                groups=[OffsetFetchRequestGroup(group_id="g", topics=topics)], require_stable=stable
            )
            answered = (await world.ask(offset_fetch.HANDLER, asked, version)).groups[0].topics
        else:
            old = None if everything else [OffsetFetchRequestTopic(name="t", partition_indexes=[0, 1])]
            asked = OffsetFetchRequest(group_id="g", topics=old, require_stable=stable)
            answered = (await world.ask(offset_fetch.HANDLER, asked, version)).topics
        return [(each.error_code, each.committed_offset) for topic in answered for each in topic.partitions]

    async with group_world() as world:
        await world.commit("t", 0, 3)
        producer = await initialized(world)
        await errors(world, request(producer))
        unstable = (ErrorCode.UNSTABLE_OFFSET_COMMIT, UNKNOWN_OFFSET)
        assert await fetched(world, stable=True, everything=False) == [unstable, (0, UNKNOWN_OFFSET)]
        assert await fetched(world, stable=True, everything=True) == [unstable]
        assert await fetched(world, stable=False, everything=True) == [(0, 3)]
        await world.transactions.end("x", *producer, commit=True, bump=True)
        assert await fetched(world, stable=True, everything=True) == [(0, 5)]


async def test_a_group_that_a_transaction_carries_does_not_vanish() -> None:
    """Neither by expiry nor as one that never was; after an abort it does."""
    async with group_world() as world:
        producer = await initialized(world)
        await errors(world, request(producer))
        await world.groups.sweep()
        assert len(world.groups) == 1
        await world.transactions.end("x", *producer, commit=False, bump=True)
        assert len(world.groups) == 0


async def test_a_group_deleted_meanwhile_comes_back_with_the_commit() -> None:
    """The catalog applies the offsets whatever became of the group; memory follows it."""
    async with group_world() as world:
        await world.commit("t", 1, 1)
        producer = await initialized(world)
        await errors(world, request(producer))
        done: list[ErrorCode] = []
        world.groups.delete("g", done.append)
        await world.groups.drain()
        assert done == [ErrorCode.NONE]
        await world.transactions.end("x", *producer, commit=True, bump=True)
        assert await world.committed() == {("t", 0): 5}
