"""Changes of topics by a client with a quota of them: refused, or done and waited for, by the version."""

from typing import Any

import pytest

from broker.admin.quota_keeper import QuotaChange
from broker.handlers.cluster import metadata
from broker.handlers.topics import create_partitions, create_topics, delete_topics
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from broker.wire.messages.create_topics import CreateTopicsRequest, CreateTopicsRequestCreatableTopic
from broker.wire.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsRequestDeleteTopicState
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from security.quotas.entity import QuotaEntity
from security.quotas.kinds import QuotaKind
from tests.support.topic_world import TopicWorld

EXCEEDED = ErrorCode.THROTTLING_QUOTA_EXCEEDED


async def bounded_world() -> TopicWorld:
    """Two partitions a second, and as many at once."""
    world = TopicWorld(controller_quota_window_num=1)
    everybody = QuotaEntity.of({"user": None})
    await world.quotas.change([QuotaChange(everybody, QuotaKind.CONTROLLER_MUTATION_RATE, 2.0)])
    return world


def creating(*names: str, partitions: int = 3, validate_only: bool = False) -> CreateTopicsRequest:
    topics = [
        CreateTopicsRequestCreatableTopic(name=name, num_partitions=partitions, replication_factor=1) for name in names
    ]
    return CreateTopicsRequest(topics=topics, validate_only=validate_only)


def outcomes(response: Any) -> list[int]:
    parts = getattr(response, "topics", None) or getattr(response, "results", None) or response.responses
    return [part.error_code for part in parts]


@pytest.mark.parametrize("version", create_topics.HANDLER.versions)
async def test_topics_are_created_as_long_as_the_quota_is_not_used_up(version: int) -> None:
    """From version 6 on the others are refused; before that all are there, and the client waits the longer."""
    world = await bounded_world()
    response = await world.ask(create_topics.HANDLER, creating("a", "b"), version)

    if version >= 6:
        assert outcomes(response) == [0, EXCEEDED]
        assert response.throttle_time_ms == 500
        assert world.directory.by_name("b") is None
    else:
        assert outcomes(response) == [0, 0]
        assert response.throttle_time_ms == 2000

    world.monotonic_ms += response.throttle_time_ms
    response = await world.ask(create_topics.HANDLER, creating("c"), version)
    assert outcomes(response) == [0]


async def test_to_ask_whether_it_could_be_costs_the_same() -> None:
    """As in Kafka; what is refused for another reason costs nothing."""
    world = await bounded_world()
    for _ in range(3):
        await world.ask(create_topics.HANDLER, creating("no good"), 7)
    assert outcomes(await world.ask(create_topics.HANDLER, creating("a", validate_only=True), 7)) == [0]

    assert outcomes(await world.ask(create_topics.HANDLER, creating("b", validate_only=True), 7)) == [EXCEEDED]


@pytest.mark.parametrize("version", create_partitions.HANDLER.versions)
async def test_partitions_are_added_as_long_as_it_is_not(version: int) -> None:
    """Only those that are new count."""
    world = await bounded_world()
    for name in ("a", "b"):
        await world.topic(name, 10)
    request = CreatePartitionsRequest(
        topics=[CreatePartitionsTopic(name=name, count=13, assignments=None) for name in ("a", "b")]
    )

    response = await world.ask(create_partitions.HANDLER, request, version)

    assert (sorted(outcomes(response)), response.throttle_time_ms) == (([0, EXCEEDED], 500) if version >= 3 else ([0, 0], 2000))


@pytest.mark.parametrize("version", delete_topics.HANDLER.versions)
async def test_topics_are_deleted_as_long_as_it_is_not(version: int) -> None:
    """All of a topic's partitions count."""
    world = await bounded_world()
    for name in ("a", "b"):
        await world.topic(name, 3)
    request = DeleteTopicsRequest(
        topic_names=["a", "b"], topics=[DeleteTopicsRequestDeleteTopicState(name=name) for name in ("a", "b")]
    )

    response = await world.ask(delete_topics.HANDLER, request, version)

    assert (outcomes(response), response.throttle_time_ms) == (([0, EXCEEDED], 500) if version >= 5 else ([0, 0], 2000))
    assert (world.directory.by_name("b") is None) is (version < 5)


async def test_topics_that_come_into_being_by_being_asked_for_count_as_well() -> None:
    """The client is told to ask again, in the way that every version knows."""
    world = await bounded_world()
    request = MetadataRequest(
        topics=[MetadataRequestTopic(name=name) for name in "abcd"], allow_auto_topic_creation=True
    )

    response = await world.ask(metadata.HANDLER, request, 9)

    assert outcomes(response) == [0, 0, 0, ErrorCode.LEADER_NOT_AVAILABLE]
    assert response.throttle_time_ms == 500


async def test_others_are_not_concerned() -> None:
    """Without a quota nothing is counted."""
    world = TopicWorld()
    response = await world.ask(create_topics.HANDLER, creating("a", "b", partitions=1000), 7)

    assert (outcomes(response), response.throttle_time_ms) == ([0, 0], 0)
