"""Topics for scripts, made and found by requests both brokers take."""

from typing import Any

from broker.wire.messages.create_topics import (
    CreateTopicsRequest,
    CreateTopicsRequestCreatableTopic,
    CreateTopicsRequestCreatableTopicConfig,
)
from broker.wire.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from tests.differential.raw_client import RawClient
from tests.support.waiting import wait_until


def create(client: RawClient, name: str, partitions: int = 1, **config: str) -> bytes:
    """Create a topic, wait until it has leaders (the broker beside us tells it later than it answers), return its id."""
    answer = client.call(
        19,
        7,
        CreateTopicsRequest(
            topics=[
                CreateTopicsRequestCreatableTopic(
                    name=name,
                    num_partitions=partitions,
                    replication_factor=1,
                    configs=[
                        CreateTopicsRequestCreatableTopicConfig(name=key.replace("_", "."), value=value)
                        for key, value in config.items()
                    ],
                )
            ],
            timeout_ms=30_000,
        ),
    )
    assert answer.topics[0].error_code == 0, answer
    return wait_for(client, name, partitions)


def wait_for(client: RawClient, name: str, partitions: int) -> bytes:
    """Wait until the topic is there with its partitions and each has its leader at work; its id."""

    def is_led(topic: Any) -> bool:
        return topic.error_code == 0 and len(topic.partitions) == partitions and _led(client, name, partitions)

    return bytes(wait_until(is_led, lambda: _described(client, name)).topic_id)


def wait_gone(client: RawClient, name: str) -> None:
    """Wait until nobody knows the topic any more."""
    wait_until(lambda topic: topic.error_code == 3, lambda: _described(client, name))


def _described(client: RawClient, name: str) -> Any:
    request = MetadataRequest(topics=[MetadataRequestTopic(name=name)], allow_auto_topic_creation=False)
    return client.call(3, 12, request).topics[0]


def _led(client: RawClient, name: str, partitions: int) -> bool:
    """Whether every partition answers: that it has a leader is known before the leader is."""
    asked = [ListOffsetsPartition(partition_index=index, timestamp=-2) for index in range(partitions)]
    answer = client.call(
        2, 7, ListOffsetsRequest(replica_id=-1, topics=[ListOffsetsTopic(name=name, partitions=asked)])
    )
    return all(part.error_code == 0 for part in answer.topics[0].partitions)
