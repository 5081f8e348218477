"""OffsetCommit at every version."""

from typing import Any

import pytest

from broker.handlers.groups.offset_commit import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from tests.broker.handlers.groups.world import NOW_MS, GroupWorld, group_world

pytestmark = pytest.mark.anyio


def topic(
    name: str, *indexes: int, metadata: str | None = "m", topic_id: bytes | None = None
) -> OffsetCommitRequestTopic:
    return OffsetCommitRequestTopic(
        name=name,
        topic_id=topic_id or name.upper().encode() * 16,
        partitions=[
            OffsetCommitRequestPartition(
                partition_index=index,
                committed_offset=10 + index,
                committed_leader_epoch=2,
                committed_metadata=metadata,
            )
            for index in indexes
        ],
    )


def request(*topics: OffsetCommitRequestTopic, **fields: Any) -> OffsetCommitRequest:
    return OffsetCommitRequest(group_id="g", topics=list(topics), **fields)


def errors(response: Any) -> list[int]:
    return [partition.error_code for each in response.topics for partition in each.partitions]


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_offsets_are_committed_by_partition(version: int) -> None:
    """Those of partitions that do not exist are refused, by name or by id as the version has it."""
    async with group_world() as world:
        response = await world.ask(HANDLER, request(topic("t", 0, 1, 2, -1), topic("x", 0)), version)
        offset = world.groups.offset("g", "t", 1)
        assert await world.committed() == {("t", 0): 10, ("t", 1): 11}

    missing = ErrorCode.UNKNOWN_TOPIC_ID if version >= 10 else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    assert errors(response) == [
        0,
        0,
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        missing,
    ]
    if version >= 10:
        assert [each.topic_id for each in response.topics] == [b"T" * 16, b"X" * 16]
    else:
        assert [each.name for each in response.topics] == ["t", "x"]
    assert offset is not None
    assert (offset.offset, offset.metadata, offset.commit_ms, offset.topic_id) == (11, "m", NOW_MS, b"T" * 16)
    assert offset.leader_epoch == (2 if version >= 6 else -1)


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_errors_of_the_group_are_told_for_each_existing_partition(version: int) -> None:
    """A generation in a group that is not there, told as the version knows it; then of a member that is not."""
    async with group_world() as world:
        wanted = request(topic("t", 0), topic("x", 0), generation_id_or_member_epoch=3, member_id="ghost")
        nowhere = await world.ask(HANDLER, wanted, version)
        await world.member()
        unknown = await world.ask(HANDLER, wanted, version)
        outsider = await world.ask(HANDLER, request(topic("t", 0)), version)

    missing = ErrorCode.UNKNOWN_TOPIC_ID if version >= 10 else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    no_group = ErrorCode.GROUP_ID_NOT_FOUND if version >= 9 else ErrorCode.ILLEGAL_GENERATION
    assert errors(nowhere) == [no_group, missing]
    assert errors(unknown) == [ErrorCode.UNKNOWN_MEMBER_ID, missing]
    assert errors(outsider) == [ErrorCode.UNKNOWN_MEMBER_ID]


async def test_members_commit_in_their_generation() -> None:
    """The usual case."""
    async with group_world() as world:
        member_id = await world.member()
        mine = request(topic("t", 0), generation_id_or_member_epoch=1, member_id=member_id)
        stale = request(topic("t", 0), generation_id_or_member_epoch=0, member_id=member_id)

        assert errors(await world.ask(HANDLER, mine, 7)) == [0]
        assert errors(await world.ask(HANDLER, stale, 7)) == [ErrorCode.ILLEGAL_GENERATION]


async def test_metadata_has_a_maximum_and_may_be_null() -> None:
    """offset.metadata.max.bytes; the other partitions of the request are committed."""
    async with group_world(offset_metadata_max_bytes=5) as world:
        response = await world.ask(
            HANDLER,
            request(topic("t", 0, metadata="123456"), topic("t", 1, metadata="12345"), topic("u", 0, metadata=None)),
            8,
        )
        assert await world.committed() == {("t", 1): 11, ("u", 0): 10}

    assert errors(response) == [ErrorCode.OFFSET_METADATA_TOO_LARGE, 0, 0]


async def test_nothing_to_commit_makes_no_group() -> None:
    """When no partition exists the group is not looked at, and when none may be committed none is made."""
    async with group_world(offset_metadata_max_bytes=1) as world:
        unknown = await world.ask(HANDLER, request(topic("x", 0), generation_id_or_member_epoch=5), 8)
        too_large = await world.ask(HANDLER, request(topic("t", 0, metadata="12")), 8)

        assert errors(unknown) == [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
        assert errors(too_large) == [ErrorCode.OFFSET_METADATA_TOO_LARGE]
        assert len(world.groups) == 0


@pytest.mark.parametrize("version", [2, 3, 4, 5])
async def test_a_retention_time_of_the_request_is_kept(version: int) -> None:
    """While versions carry one (2-4)."""
    async with group_world() as world:
        await world.ask(HANDLER, request(topic("t", 0), retention_time_ms=500), version)
        offset = world.groups.offset("g", "t", 0)

    assert offset is not None
    assert offset.expire_ms == (NOW_MS + 500 if version < 5 else -1)


async def test_a_store_that_takes_nothing_is_told_as_a_retriable_error() -> None:
    """And nothing is visible."""
    async with group_world() as world:
        world.catalog.failing = True

        assert errors(await world.ask(HANDLER, request(topic("t", 0)), 8)) == [ErrorCode.NOT_COORDINATOR]
        assert await world.committed() == {}


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_refusal_is_told_for_every_partition(version: int) -> None:
    """There is no other place for it."""
    async with group_world() as world:
        refused: Any = world.refuse(HANDLER, request(topic("t", 0, 9), topic("x", 0)), version)
        _: GroupWorld = world

    assert errors(refused) == [ErrorCode.NOT_COORDINATOR] * 3
