"""What is administered is recorded for auditors with what was before and what is after; what was not changed leaves no trace."""

import pytest

from broker.admin.config_rules import ResourceType
from broker.admin.topic_names import AUDIT_TOPIC
from broker.handlers.base import Handler
from broker.handlers.cluster.metadata import HANDLER as METADATA
from broker.handlers.configs.incremental_alter_configs import HANDLER as ALTER_CONFIGS
from broker.handlers.data.delete_records import HANDLER as DELETE_RECORDS
from broker.handlers.data.produce import HANDLER as PRODUCE
from broker.handlers.groups.alter_share_group_offsets import HANDLER as ALTER_SHARE_OFFSETS
from broker.handlers.groups.delete_groups import HANDLER as DELETE_GROUPS
from broker.handlers.groups.delete_share_group_offsets import HANDLER as DELETE_SHARE_OFFSETS
from broker.handlers.groups.offset_delete import HANDLER as OFFSET_DELETE
from broker.handlers.topics.create_partitions import HANDLER as CREATE_PARTITIONS
from broker.handlers.topics.create_topics import HANDLER as CREATE_TOPICS
from broker.handlers.topics.delete_topics import HANDLER as DELETE_TOPICS
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.alter_share_group_offsets import (
    AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsRequestPartition,
    AlterShareGroupOffsetsRequestTopic,
)
from broker.wire.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from broker.wire.messages.create_topics import (
    CreateTopicsRequest,
    CreateTopicsRequestCreatableTopic,
    CreateTopicsRequestCreatableTopicConfig,
)
from broker.wire.messages.delete_groups import DeleteGroupsRequest
from broker.wire.messages.delete_records import DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic
from broker.wire.messages.delete_share_group_offsets import (
    DeleteShareGroupOffsetsRequest,
    DeleteShareGroupOffsetsRequestTopic,
)
from broker.wire.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsRequestDeleteTopicState
from broker.wire.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestAlterableConfig,
    IncrementalAlterConfigsRequestAlterConfigsResource,
)
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from broker.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
)
from tests.broker.admin.test_config_administrator import ConfigWorld
from tests.broker.handlers.configs.world import world as config_world
from tests.broker.handlers.groups.world import group_world
from tests.broker.log.harness import batch, running_log
from tests.support.topic_world import NODE_ID, Changes, TopicWorld

pytestmark = pytest.mark.anyio


def newest(handler: Handler) -> int:
    return handler.versions.stop - 1


@pytest.mark.parametrize("validate_only", [True, False])
async def test_topics_that_are_made_widened_and_deleted(validate_only: bool) -> None:
    """Not those that would only be, nor those that are refused."""
    world = TopicWorld()
    config = [CreateTopicsRequestCreatableTopicConfig(name="retention.ms", value="5")]
    topics = [
        CreateTopicsRequestCreatableTopic(name="a", num_partitions=2, replication_factor=1, configs=config),
        CreateTopicsRequestCreatableTopic(name="a/b", num_partitions=2, replication_factor=1),
        CreateTopicsRequestCreatableTopic(name=AUDIT_TOPIC, num_partitions=1, replication_factor=1),
    ]
    answer = await world.ask(CREATE_TOPICS, CreateTopicsRequest(topics=topics, validate_only=validate_only), newest(CREATE_TOPICS))
    assert {topic.name: topic.error_code for topic in answer.topics}[AUDIT_TOPIC] == ErrorCode.POLICY_VIOLATION
    if validate_only:
        await world.topic("a", 2)
    more = CreatePartitionsRequest(
        topics=[CreatePartitionsTopic(name="a", count=5, assignments=None), CreatePartitionsTopic(name="none", count=5, assignments=None)],
        validate_only=validate_only,
    )
    await world.ask(CREATE_PARTITIONS, more, newest(CREATE_PARTITIONS))
    if not validate_only:
        gone = [DeleteTopicsRequestDeleteTopicState(name=name) for name in ("a", "none")]
        await world.ask(DELETE_TOPICS, DeleteTopicsRequest(topics=gone), newest(DELETE_TOPICS))

    assert world.audit.made == (
        []
        if validate_only
        else [
            ("topic:a", None, {"partitions": 2, "config": {"retention.ms": "5"}}),
            ("topic:a:partitions", 2, 5),
            ("topic:a", {"partitions": 5, "config": {"retention.ms": "5"}}, None),
        ]
    )


async def test_topics_that_are_made_because_somebody_asked_for_them() -> None:
    """Only the first time."""
    world = TopicWorld()
    for _ in range(2):
        await world.ask(METADATA, MetadataRequest(topics=[MetadataRequestTopic(name="a")]), newest(METADATA))

    assert world.audit.made == [("topic:a", None, {"partitions": 1, "config": {}})]


async def changed(world: ConfigWorld, kind: ResourceType, name: str, **values: str) -> None:
    configs = [
        IncrementalAlterConfigsRequestAlterableConfig(name=key.replace("_", "."), config_operation=0, value=value) for key, value in values.items()
    ]
    resource = IncrementalAlterConfigsRequestAlterConfigsResource(resource_type=kind, resource_name=name, configs=configs)
    await world.ask(ALTER_CONFIGS, IncrementalAlterConfigsRequest(resources=[resource]), newest(ALTER_CONFIGS))


async def test_configurations_before_and_after() -> None:
    """Of all that have one; the second time nothing changes."""
    world = config_world()
    await world.topic("t", retention_ms="5")
    for _ in range(2):
        await changed(world, ResourceType.TOPIC, "t", max_message_bytes="77")
        await changed(world, ResourceType.TOPIC, "t", retention_ms="not a number")
        await changed(world, ResourceType.BROKER, str(NODE_ID), max_connections="50")
        await changed(world, ResourceType.GROUP, "g", consumer_session_timeout_ms="50000")
        await changed(world, ResourceType.CLIENT_METRICS, "m", interval_ms="1000")

    assert world.audit.made == [
        ("topic:t:config", {"retention.ms": "5"}, {"retention.ms": "5", "max.message.bytes": "77"}),
        (f"broker:{NODE_ID}:config", {}, {"max.connections": "50"}),
        ("group:g:config", {}, {"consumer.session.timeout.ms": "50000"}),
        ("client_metrics:m:config", {}, {"interval.ms": "1000"}),
    ]


async def test_groups_and_offsets_that_are_deleted_or_set() -> None:
    """What is refused is none of them."""
    async with group_world() as world:
        await world.commit("t", 0, 1, group="g")
        await world.commit("t", 1, 1, group="g")
        partitions = [OffsetDeleteRequestPartition(partition_index=index) for index in (0, 9)]
        await world.ask(OFFSET_DELETE, OffsetDeleteRequest(group_id="g", topics=[OffsetDeleteRequestTopic(name="t", partitions=partitions)]), 0)
        await world.ask(DELETE_GROUPS, DeleteGroupsRequest(groups_names=["g", "none"]), newest(DELETE_GROUPS))
        start = AlterShareGroupOffsetsRequestPartition(partition_index=0, start_offset=4)
        topic = AlterShareGroupOffsetsRequestTopic(topic_name="t", partitions=[start])
        await world.ask(ALTER_SHARE_OFFSETS, AlterShareGroupOffsetsRequest(group_id="s", topics=[topic]), 0)
        forget = [DeleteShareGroupOffsetsRequestTopic(topic_name=name) for name in ("t", "u")]
        await world.ask(DELETE_SHARE_OFFSETS, DeleteShareGroupOffsetsRequest(group_id="s", topics=forget), 0)

    assert world.audit.made == [
        ("group:g:offsets", {"topic": "t", "partition": 0}, None),
        ("group:g", {}, None),
        ("group:s:share_offsets", None, {"topic": "t", "partition": 0, "offset": 4}),
        ("group:s:share_offsets", {"topic": "t"}, None),
    ]


async def test_records_that_are_deleted_and_those_that_cannot_be() -> None:
    """Nobody deletes from the audit log, or writes to it."""
    async with running_log() as log:
        log.services.audit = changes = Changes()
        for name in ("t", AUDIT_TOPIC):
            state = await log.topic(name)
            await log.append(state.pids[0], batch(5))
            topic = DeleteRecordsTopic(name=name, partitions=[DeleteRecordsPartition(partition_index=0, offset=3)])
            answer = await DELETE_RECORDS.handle(DeleteRecordsRequest(topics=[topic]), log.context(2))  # type: ignore[misc]
        assert answer.topics[0].partitions[0].error_code == ErrorCode.POLICY_VIOLATION
        data = ProduceRequestPartitionProduceData(index=0, records=bytes(batch()))
        produce = ProduceRequest(acks=-1, topic_data=[ProduceRequestTopicProduceData(name=AUDIT_TOPIC, partition_data=[data])])
        refused = PRODUCE.handle(produce, log.context(9)).response.responses[0].partition_responses[0]

    assert changes.made == [("topic:t:0:log_start", 0, 3)]
    assert refused.error_code == ErrorCode.INVALID_TOPIC_EXCEPTION
    assert "audit log" in (refused.error_message or "")
