"""OffsetDelete, version 0."""

from typing import Any

import pytest

from broker.handlers.groups.offset_delete import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from tests.broker.handlers.groups.world import group_world

pytestmark = pytest.mark.anyio


def request(topics: dict[str, list[int]], group: str = "g") -> OffsetDeleteRequest:
    return OffsetDeleteRequest(
        group_id=group,
        topics=[
            OffsetDeleteRequestTopic(
                name=name, partitions=[OffsetDeleteRequestPartition(partition_index=index) for index in indexes]
            )
            for name, indexes in topics.items()
        ],
    )


def errors(response: Any) -> dict[tuple[str, int], int]:
    return {
        (topic.name, each.partition_index): each.error_code for topic in response.topics for each in topic.partitions
    }


async def test_offsets_in_use_stay_and_others_go() -> None:
    """Each partition has an answer; what was not there counts as deleted."""
    async with group_world() as world:
        await world.commit("t", 0, 1)
        await world.commit("u", 0, 2)
        await world.member()
        response = await world.ask(HANDLER, request({"t": [0, 9], "u": [0], "x": [0]}), 0)
        assert await world.committed() == {("t", 0): 1}

    assert response.error_code == 0
    assert errors(response) == {
        ("t", 0): ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
        ("t", 9): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        ("u", 0): 0,
        ("x", 0): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    }


async def test_errors_of_the_group_stand_alone() -> None:
    """No group, no name, a group of another kind with members, a store that takes nothing, a refusal."""
    async with group_world() as world:
        none = await world.ask(HANDLER, request({"t": [0]}), 0)
        nameless = await world.ask(HANDLER, request({"t": [0]}, ""), 0)
        await world.member("workers", protocol_type="connect")
        other = await world.ask(HANDLER, request({"t": [0]}, "workers"), 0)
        await world.commit("t", 0, 1)
        world.catalog.failing = True
        failed = await world.ask(HANDLER, request({"t": [0]}), 0)
        assert await world.committed() == {("t", 0): 1}
        refused = world.refuse(HANDLER, request({"t": [0]}), 0)

    assert [response.error_code for response in (none, nameless, other, failed, refused)] == [
        ErrorCode.GROUP_ID_NOT_FOUND,
        ErrorCode.INVALID_GROUP_ID,
        ErrorCode.NON_EMPTY_GROUP,
        ErrorCode.NOT_COORDINATOR,
        ErrorCode.NOT_COORDINATOR,
    ]
    assert none.topics == other.topics == []


async def test_partitions_that_do_not_exist_need_no_group() -> None:
    """As in Kafka."""
    async with group_world() as world:
        response = await world.ask(HANDLER, request({"x": [0]}, "none"), 0)

    assert (response.error_code, errors(response)) == (0, {("x", 0): ErrorCode.UNKNOWN_TOPIC_OR_PARTITION})
