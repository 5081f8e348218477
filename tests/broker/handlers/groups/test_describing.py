"""What descriptions of groups have in common, on requests as they come; both APIs are tested beside."""

from typing import Any

import pytest

from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.share_group import ShareGroup
from broker.errors import BrokerError
from broker.handlers.groups.describing import group_to_describe, topics_there
from broker.wire.error_codes import ErrorCode
from tests.broker.handlers.groups.world import GroupWorld, group_world

T, U, GONE = b"T" * 16, b"U" * 16, b"G" * 16


def refusal(world: GroupWorld, group_id: str, kind: type[Any], named: str) -> tuple[ErrorCode, str | None]:
    with pytest.raises(BrokerError) as raised:
        group_to_describe(group_id, kind, named, world.context(1))
    return raised.value.code, raised.value.message


async def test_only_groups_of_the_kind_are_described() -> None:
    """Others are not found, with the reason."""
    async with group_world() as world:
        await world.share()
        found = group_to_describe("s", ShareGroup, "share group", world.context(1))
        assert found.group_id == "s"
        not_found = ErrorCode.GROUP_ID_NOT_FOUND
        assert refusal(world, "s", ConsumerGroup, "consumer group") == (not_found, "Group s is not a consumer group.")
        assert refusal(world, "none", ShareGroup, "share group") == (not_found, "Group none not found.")
        assert refusal(world, "", ShareGroup, "share group") == (ErrorCode.INVALID_GROUP_ID, None)


async def test_topics_that_are_gone_are_left_out() -> None:
    """The others have their names, and their partitions in order."""
    async with group_world() as world:
        partitions = {U: {0}, GONE: {0, 1}, T: {1, 0}}

        assert topics_there(partitions, world.context(1)) == [(U, "u", [0]), (T, "t", [0, 1])]
