"""ConsumerGroupHeartbeat in every version."""

from typing import Any

import pytest

from broker.handlers.groups import consumer_group_heartbeat
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatRequestTopicPartitions,
)
from tests.broker.handlers.groups.world import GroupWorld, group_world

HANDLER = consumer_group_heartbeat.HANDLER


def joining(**changed: Any) -> ConsumerGroupHeartbeatRequest:
    values: dict[str, Any] = {
        "group_id": "g",
        "member_id": "m",
        "rebalance_timeout_ms": 5_000,
        "subscribed_topic_names": ["t"],
        "topic_partitions": [],
    }
    return ConsumerGroupHeartbeatRequest(**(values | changed))


async def join(world: GroupWorld, version: int = 1, **changed: Any) -> Any:
    return await world.ask(HANDLER, joining(**changed), version)


@pytest.mark.parametrize("version", HANDLER.versions)
async def test_a_member_joins_stays_and_leaves(version: int) -> None:
    """It is told what to read, and how often to be heard of."""
    async with group_world() as world:
        answer = await join(world, version, member_id="" if version == 0 else "m")
        assert (answer.error_code, answer.member_epoch, answer.heartbeat_interval_ms) == (0, 2, 5_000)
        assert [(topic.topic_id, topic.partitions) for topic in answer.assignment.topic_partitions] == [(b"T" * 16, [0, 1])]
        assert answer.member_id
        beat = ConsumerGroupHeartbeatRequest(
            group_id="g",
            member_id=answer.member_id,
            member_epoch=2,
            topic_partitions=[ConsumerGroupHeartbeatRequestTopicPartitions(topic_id=b"T" * 16, partitions=[0, 1])],
        )
        stayed = await world.ask(HANDLER, beat, version)
        assert (stayed.error_code, stayed.member_epoch, stayed.assignment) == (0, 2, None)
        beat.member_epoch, beat.topic_partitions = -1, None
        left = await world.ask(HANDLER, beat, version)

        assert (left.error_code, left.member_id, left.member_epoch, left.heartbeat_interval_ms) == (0, answer.member_id, -1, 0)
        assert world.groups.member_count == 0


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"member_id": ""}, "MemberId can't be empty."),
        ({"group_id": ""}, "GroupId can't be empty."),
        ({"instance_id": " "}, "InstanceId can't be empty."),
        ({"rack_id": ""}, "RackId can't be empty."),
        ({"rebalance_timeout_ms": -1}, "RebalanceTimeoutMs must be provided in first request."),
        ({"topic_partitions": None}, "TopicPartitions must be empty when (re-)joining."),
        ({"topic_partitions": [ConsumerGroupHeartbeatRequestTopicPartitions(partitions=[1])]}, "TopicPartitions must be empty when (re-)joining."),
        ({"subscribed_topic_names": None}, "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining."),
        ({"member_epoch": -2}, "InstanceId can't be null."),
        ({"member_epoch": -3}, "MemberEpoch is invalid."),
    ],
)
async def test_requests_that_make_no_sense_are_refused(changed: dict[str, Any], message: str) -> None:
    """With the words that Kafka has for them."""
    async with group_world() as world:
        answer = await join(world, **changed)

        assert (answer.error_code, answer.error_message) == (ErrorCode.INVALID_REQUEST, message)
        assert len(world.groups) == 0


async def test_other_refusals_say_why() -> None:
    """An assignor that is not there, a pattern that is none, a member nobody knows."""
    async with group_world() as world:
        assignor = await join(world, server_assignor="sticky")
        assert assignor.error_code == ErrorCode.UNSUPPORTED_ASSIGNOR
        assert "sticky" in assignor.error_message
        assert (await join(world, subscribed_topic_regex="[")).error_code == ErrorCode.INVALID_REGULAR_EXPRESSION
        assert (await join(world, member_epoch=1)).error_code == ErrorCode.GROUP_ID_NOT_FOUND
        await join(world)
        unknown = await join(world, member_id="n", member_epoch=1)
        assert (unknown.error_code, unknown.error_message) == (ErrorCode.UNKNOWN_MEMBER_ID, "Member n is not a member of group g.")
        leaving = await join(world, member_id="n", member_epoch=-1)
        assert leaving.error_code == ErrorCode.UNKNOWN_MEMBER_ID
        world.groups.close()
        assert (await join(world)).error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE

        assert world.refuse(HANDLER, joining(), 1).error_code == ErrorCode.NOT_COORDINATOR
