"""ShareGroupHeartbeat."""

from typing import Any

import pytest

from broker.handlers.groups.share_group_heartbeat import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.share_group_heartbeat import ShareGroupHeartbeatRequest
from tests.broker.handlers.groups.world import group_world


async def test_a_member_joins_stays_and_leaves() -> None:
    """It is told what it may fetch, and how often to be heard of."""
    async with group_world() as world:
        answer = await world.share(rack_id="r")
        assert (answer.error_code, answer.member_id, answer.member_epoch, answer.heartbeat_interval_ms) == (0, "m", 2, 5_000)
        assert [(topic.topic_id, topic.partitions) for topic in answer.assignment.topic_partitions] == [(b"T" * 16, [0, 1])]
        stayed = await world.share(epoch=2)
        assert (stayed.error_code, stayed.member_epoch, stayed.assignment) == (0, 2, None)
        left = await world.share(epoch=-1)

        assert (left.error_code, left.member_id, left.member_epoch, left.heartbeat_interval_ms) == (0, "m", -1, 0)
        assert world.groups.member_count == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"member_id": ""}, None),
        ({"member_id": "m" * 37}, None),
        ({"member_id": " "}, "MemberId can't be empty."),
        ({"group": ""}, "GroupId can't be empty."),
        ({"rack_id": " "}, "RackId can't be empty."),
        ({"subscribed_topic_names": None}, "SubscribedTopicNames must be set in first request."),
        ({"subscribed_topic_names": []}, "SubscribedTopicNames must be set in first request."),
        ({"epoch": -2}, "MemberEpoch is invalid."),
    ],
)
async def test_requests_that_make_no_sense_are_refused(changed: dict[str, Any], message: str | None) -> None:
    """With the words that Kafka has for them."""
    async with group_world() as world:
        answer = await world.share(**changed)

        assert (answer.error_code, answer.error_message) == (ErrorCode.INVALID_REQUEST, message)
        assert len(world.groups) == 0


async def test_other_refusals_say_why() -> None:
    """A group that is not there, a member that nobody knows, a group of another type."""
    async with group_world() as world:
        missing = await world.share(epoch=1)
        assert (missing.error_code, missing.error_message) == (ErrorCode.GROUP_ID_NOT_FOUND, "Share group s not found.")
        leaves = await world.share(epoch=-1)
        assert (leaves.error_code, leaves.error_message) == (ErrorCode.GROUP_ID_NOT_FOUND, "Group s not found.")
        await world.share()
        unknown = await world.share(member_id="n", epoch=1)
        assert (unknown.error_code, unknown.error_message) == (ErrorCode.UNKNOWN_MEMBER_ID, "Member n is not a member of group s.")
        await world.commit("t", 0, 1, "classic")
        other = await world.share("classic")

        assert (other.error_code, other.error_message) == (ErrorCode.GROUP_ID_NOT_FOUND, "Group classic is not a share group.")


async def test_a_refusal_has_an_error_and_a_message() -> None:
    """While the broker cannot say anything."""
    async with group_world() as world:
        answer = world.refuse(HANDLER, ShareGroupHeartbeatRequest(group_id="s", member_id="m"), 1)
        assert (answer.error_code, answer.error_message) == (ErrorCode.NOT_COORDINATOR, "not now")
        world.groups.close()

        assert (await world.share()).error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
