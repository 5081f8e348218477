"""CreateTopics at every version."""

from typing import Any

import pytest

from broker.config.topic_table import TOPIC_SETTINGS
from broker.handlers.topics.create_topics import HANDLER
from broker.model import ZERO_UUID
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.create_topics import (
    CreateTopicsRequest,
    CreateTopicsRequestCreatableReplicaAssignment,
    CreateTopicsRequestCreatableTopic,
    CreateTopicsRequestCreatableTopicConfig,
)
from tests.support.topic_world import NODE_ID, TopicWorld

VERSIONS = HANDLER.versions


def wanted(name: str, partitions: int = 1, factor: int = 1, **config: str | None) -> CreateTopicsRequestCreatableTopic:
    return CreateTopicsRequestCreatableTopic(
        name=name,
        num_partitions=partitions,
        replication_factor=factor,
        configs=[
            CreateTopicsRequestCreatableTopicConfig(name=key.replace("_", "."), value=value)
            for key, value in config.items()
        ],
    )


def asking(*topics: CreateTopicsRequestCreatableTopic, validate_only: bool = False) -> CreateTopicsRequest:
    return CreateTopicsRequest(topics=list(topics), validate_only=validate_only)


def outcome(response: Any) -> list[tuple[str, int]]:
    return [(topic.name, topic.error_code) for topic in response.topics]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_topic_is_created_and_described(version: int) -> None:
    """The answer holds as much of the topic as the version has room for."""
    world = TopicWorld()

    response = await world.ask(HANDLER, asking(wanted("orders", 3, 2, retention_ms="5")), version)

    state = world.directory.by_name("orders")
    assert state is not None
    assert (len(state.pids), state.topic.replication_factor, state.config.retention_ms) == (3, 2, 5)
    (topic,) = response.topics
    assert (topic.name, topic.error_code, topic.error_message, topic.topic_config_error_code) == ("orders", 0, None, 0)
    assert topic.topic_id == (state.topic_id if version >= 7 else ZERO_UUID)
    assert (topic.num_partitions, topic.replication_factor) == ((3, 2) if version >= 5 else (-1, -1))
    if version >= 5:
        sources = {config.name: (config.value, config.config_source) for config in topic.configs}
        assert set(sources) == set(TOPIC_SETTINGS)
        assert sources["retention.ms"] == ("5", 1)
        assert sources["cleanup.policy"] == ("delete", 5)
        assert not any(config.read_only or config.is_sensitive for config in topic.configs)


@pytest.mark.parametrize("version", VERSIONS)
async def test_defaults(version: int) -> None:
    """-1 leaves the numbers to the broker."""
    world = TopicWorld(num_partitions=4, default_replication_factor=3)

    await world.ask(HANDLER, asking(wanted("a", -1, -1)), version)

    state = world.directory.by_name("a")
    assert state is not None
    assert (len(state.pids), state.topic.replication_factor) == (4, 3)


@pytest.mark.parametrize("version", VERSIONS)
async def test_each_topic_succeeds_or_fails_alone(version: int) -> None:
    """The order of the answer is Kafka's: topics as asked, then what was named twice."""
    world = TopicWorld()
    await world.topic("old")
    await world.topic("a.b")

    response = await world.ask(
        HANDLER,
        asking(
            wanted("twice"),
            wanted("good"),
            wanted("no/way"),
            wanted("old"),
            wanted("a_b"),
            wanted("none", 0),
            wanted("thin", 1, 0),
            wanted("odd", 1, 1, no_such="1"),
            wanted("null", 1, 1, retention_ms=None),
            wanted("__cluster_metadata"),
            wanted("__consumer_offsets"),
            wanted("twice"),
        ),
        version,
    )

    assert outcome(response) == [
        ("good", 0),
        ("no/way", ErrorCode.INVALID_TOPIC_EXCEPTION),
        ("old", ErrorCode.TOPIC_ALREADY_EXISTS),
        ("a_b", ErrorCode.INVALID_TOPIC_EXCEPTION),
        ("none", ErrorCode.INVALID_PARTITIONS),
        ("thin", ErrorCode.INVALID_REPLICATION_FACTOR),
        ("odd", ErrorCode.INVALID_CONFIG),
        ("null", ErrorCode.INVALID_CONFIG),
        ("__consumer_offsets", 0),
        ("twice", ErrorCode.INVALID_REQUEST),
        ("__cluster_metadata", ErrorCode.INVALID_REQUEST),
    ]
    assert [state.name for state in world.directory.all()] == ["__consumer_offsets", "a.b", "good", "old"]
    assert all(topic.error_message for topic in response.topics if topic.error_code)


@pytest.mark.parametrize("version", VERSIONS)
async def test_validating_creates_nothing(version: int) -> None:
    """The answer is the same but for the id that the topic does not have."""
    world = TopicWorld()

    response = await world.ask(HANDLER, asking(wanted("a", 2), wanted("b", 0), validate_only=True), version)

    assert outcome(response) == [("a", 0), ("b", ErrorCode.INVALID_PARTITIONS)]
    assert response.topics[0].topic_id == ZERO_UUID
    assert response.topics[0].num_partitions == (2 if version >= 5 else -1)
    assert len(world.directory) == 0


@pytest.mark.parametrize("version", VERSIONS)
async def test_manual_assignments(version: int) -> None:
    """They give the topic's size, and may name only this broker."""
    world = TopicWorld()

    def assigned(name: str, *brokers: int) -> CreateTopicsRequestCreatableTopic:
        topic = wanted(name, -1, -1)
        topic.assignments = [
            CreateTopicsRequestCreatableReplicaAssignment(partition_index=index, broker_ids=[broker])
            for index, broker in enumerate(brokers)
        ]
        return topic

    response = await world.ask(HANDLER, asking(assigned("a", NODE_ID, NODE_ID), assigned("b", NODE_ID + 1)), version)

    assert outcome(response) == [("a", 0), ("b", ErrorCode.INVALID_REPLICA_ASSIGNMENT)]
    state = world.directory.by_name("a")
    assert state is not None
    assert (len(state.pids), state.topic.replication_factor) == (2, 1)


@pytest.mark.parametrize("version", VERSIONS)
async def test_too_many_partitions_refuse_the_whole_request(version: int) -> None:
    """A few bytes must not turn into unbounded work."""
    world = TopicWorld()

    response = await world.ask(HANDLER, asking(wanted("a", 1), wanted("b", 10_000)), version)

    assert outcome(response) == [("a", ErrorCode.POLICY_VIOLATION), ("b", ErrorCode.POLICY_VIOLATION)]
    assert response.topics[0].error_message == "Excessively large number of partitions per request."
    assert len(world.directory) == 0
