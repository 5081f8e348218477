"""CreatePartitions at every version."""

from typing import Any

import pytest

from broker.handlers.topics.create_partitions import HANDLER
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_partitions import (
    CreatePartitionsAssignment,
    CreatePartitionsRequest,
    CreatePartitionsTopic,
)
from tests.support.topic_world import NODE_ID, TopicWorld

VERSIONS = HANDLER.versions


def wanted(name: str, count: int, *assignments: list[int]) -> CreatePartitionsTopic:
    return CreatePartitionsTopic(
        name=name,
        count=count,
        assignments=[CreatePartitionsAssignment(broker_ids=brokers) for brokers in assignments] or None,
    )


def outcome(response: Any) -> list[tuple[str, int]]:
    return [(result.name, result.error_code) for result in response.results]


def partitions_of(world: TopicWorld, name: str) -> int:
    state = world.directory.by_name(name)
    assert state is not None
    return len(state.pids)


@pytest.mark.parametrize("version", VERSIONS)
async def test_each_topic_succeeds_or_fails_alone(version: int) -> None:
    """What was named twice is answered first, then refusals, then what was done."""
    world = TopicWorld()
    for name in ("a", "same", "fewer", "twice", "by_hand", "wrong_hand"):
        await world.topic(name, 2)

    response = await world.ask(
        HANDLER,
        CreatePartitionsRequest(
            topics=[
                wanted("a", 5),
                wanted("same", 2),
                wanted("fewer", 1),
                wanted("x", 3),
                wanted("twice", 3),
                wanted("twice", 4),
                wanted("by_hand", 3, [NODE_ID]),
                wanted("wrong_hand", 3, [NODE_ID + 1]),
            ]
        ),
        version,
    )

    assert dict(outcome(response)) == {
        "a": 0,
        "same": ErrorCode.INVALID_PARTITIONS,
        "fewer": ErrorCode.INVALID_PARTITIONS,
        "x": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        "twice": ErrorCode.INVALID_REQUEST,
        "by_hand": 0,
        "wrong_hand": ErrorCode.INVALID_REPLICA_ASSIGNMENT,
    }
    assert len(response.results) == 7
    assert {name: partitions_of(world, name) for name in ("a", "twice", "by_hand")} == {"a": 5, "twice": 2, "by_hand": 3}
    assert all(result.error_message is None for result in response.results if not result.error_code)


@pytest.mark.parametrize("version", VERSIONS)
async def test_validating_changes_nothing(version: int) -> None:
    """The answer is the same."""
    world = TopicWorld()
    await world.topic("a")
    request = CreatePartitionsRequest(topics=[wanted("a", 3), wanted("x", 3)], validate_only=True)

    response = await world.ask(HANDLER, request, version)

    assert dict(outcome(response)) == {"a": 0, "x": ErrorCode.UNKNOWN_TOPIC_OR_PARTITION}
    assert partitions_of(world, "a") == 1


@pytest.mark.parametrize("version", VERSIONS)
async def test_too_many_partitions_refuse_the_whole_request(version: int) -> None:
    """Nothing is changed then."""
    world = TopicWorld()
    await world.topic("a")
    await world.topic("b")
    request = CreatePartitionsRequest(topics=[wanted("a", 2), wanted("b", 2**31 - 1)])

    response = await world.ask(HANDLER, request, version)

    assert outcome(response) == [("a", ErrorCode.POLICY_VIOLATION), ("b", ErrorCode.POLICY_VIOLATION)]
    assert partitions_of(world, "a") == 1
