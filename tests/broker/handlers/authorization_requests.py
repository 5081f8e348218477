"""Requests about a topic, a group and a transactional id, one for each API, and what must be there before they are asked."""

from collections.abc import Awaitable, Callable
from typing import Any

from broker.wire.messages.add_partitions_to_txn import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnTopic,
    AddPartitionsToTxnTransaction,
)
from broker.wire.messages.alter_configs import AlterConfigsRequest, AlterConfigsResource
from broker.wire.messages.alter_share_group_offsets import (
    AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsRequestPartition,
    AlterShareGroupOffsetsRequestTopic,
)
from broker.wire.messages.consumer_group_heartbeat import ConsumerGroupHeartbeatRequest
from broker.wire.messages.create_topics import CreateTopicsRequest, CreateTopicsRequestCreatableTopic
from broker.wire.messages.delete_records import DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic
from broker.wire.messages.delete_share_group_offsets import (
    DeleteShareGroupOffsetsRequest,
    DeleteShareGroupOffsetsRequestTopic,
)
from broker.wire.messages.delete_topics import DeleteTopicsRequest, DeleteTopicsRequestDeleteTopicState
from broker.wire.messages.describe_configs import DescribeConfigsRequest, DescribeConfigsResource
from broker.wire.messages.describe_share_group_offsets import (
    DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequestGroup,
    DescribeShareGroupOffsetsRequestTopic,
)
from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchRequestReplicaState, FetchTopic
from broker.wire.messages.find_coordinator import FindCoordinatorRequest
from broker.wire.messages.incremental_alter_configs import (
    IncrementalAlterConfigsRequest,
    IncrementalAlterConfigsRequestAlterConfigsResource,
)
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupRequestProtocol
from broker.wire.messages.leave_group import LeaveGroupRequest, LeaveGroupRequestMemberIdentity
from broker.wire.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from broker.wire.messages.offset_commit import (
    OffsetCommitRequest,
    OffsetCommitRequestPartition,
    OffsetCommitRequestTopic,
)
from broker.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteRequestPartition,
    OffsetDeleteRequestTopic,
)
from broker.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchRequestTopic,
    OffsetFetchRequestTopics,
)
from broker.wire.messages.offset_for_leader_epoch import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochRequestOffsetForLeaderPartition,
    OffsetForLeaderEpochRequestOffsetForLeaderTopic,
)
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
)
from broker.wire.messages.share_acknowledge import (
    ShareAcknowledgeRequest,
    ShareAcknowledgeRequestAcknowledgementBatch,
    ShareAcknowledgeRequestAcknowledgePartition,
    ShareAcknowledgeRequestAcknowledgeTopic,
)
from broker.wire.messages.share_fetch import (
    ShareFetchRequest,
    ShareFetchRequestFetchPartition,
    ShareFetchRequestFetchTopic,
)
from broker.wire.messages.share_group_heartbeat import ShareGroupHeartbeatRequest
from broker.wire.messages.sync_group import SyncGroupRequest
from broker.wire.messages.txn_offset_commit import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
)
from broker.wire.messages.write_txn_markers import (
    WriteTxnMarkersRequest,
    WriteTxnMarkersRequestWritableTxnMarker,
    WriteTxnMarkersRequestWritableTxnMarkerTopic,
)
from tests.broker.handlers.permissions import Names, PermissionWorld
from tests.broker.log.harness import batch

TOPIC_KIND, GROUP_KIND, BROKER_KIND = 2, 32, 4

TOPIC_KIND, GROUP_KIND, BROKER_KIND = 2, 32, 4

Prepare = Callable[[PermissionWorld], Awaitable[None]]


async def nothing(world: PermissionWorld) -> None:
    """The topics are there anyway."""


async def committed(world: PermissionWorld) -> None:
    """A classic group that nobody is in."""
    await world.ask(8, commit(world.names, 9), 9)


async def consumer_group(world: PermissionWorld) -> None:
    """A group of the consumer protocol with one member that has the topic."""
    answer = await world.ask(68, consumer_heartbeat(world.names, 1), 1)
    assert answer.error_code == 0


async def share_member(world: PermissionWorld) -> None:
    """A share group with a member."""
    answer = await world.ask(76, share_heartbeat(world.names, 1), 1)
    assert answer.error_code == 0
    await world.services.share_partitions.initialize(world.names.group, [(world.names.topic_id, 0)])


async def share_group(world: PermissionWorld) -> None:
    """A share group that nobody is in."""
    await share_member(world)
    answer = await world.ask(76, ShareGroupHeartbeatRequest(group_id=world.names.group, member_id="m", member_epoch=-1), 1)
    assert answer.error_code == 0


async def share_session(world: PermissionWorld) -> None:
    """A member that has fetched."""
    await share_member(world)
    answer = await world.ask(78, share_fetch(world.names, 2), 2)
    assert answer.error_code == 0


async def transaction(world: PermissionWorld) -> None:
    """An open transaction of the first producer id, with the topic in it."""
    names = world.names
    producer = await world.ask(22, InitProducerIdRequest(transactional_id=names.transaction, transaction_timeout_ms=60_000), 5)
    added = await world.ask(24, add_partitions(names, 3, producer.producer_id, producer.producer_epoch), 3)
    assert added.results_by_topic_v3_and_below[0].results_by_partition[0].partition_error_code == 0


def produce(names: Names, version: int, **fields: Any) -> ProduceRequest:
    data = ProduceRequestPartitionProduceData(index=0, records=batch(**fields))
    owner = names.transaction if fields.get("transactional") else None
    topic = ProduceRequestTopicProduceData(name=names.topic, topic_id=names.topic_id, partition_data=[data])
    return ProduceRequest(transactional_id=owner, acks=-1, timeout_ms=1000, topic_data=[topic])


def transactional(names: Names, version: int) -> ProduceRequest:
    return produce(names, version, transactional=True, producer_id=7, producer_epoch=0, base_sequence=0)


def fetch(names: Names, version: int, replica: int = -1) -> FetchRequest:
    partition = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1000)
    return FetchRequest(
        replica_id=replica,
        replica_state=FetchRequestReplicaState(replica_id=replica),
        max_bytes=1000,
        topics=[FetchTopic(topic=names.topic, topic_id=names.topic_id, partitions=[partition])],
        session_epoch=-1,
    )


def metadata(names: Names, version: int) -> MetadataRequest:
    return MetadataRequest(topics=[MetadataRequestTopic(name=names.topic)], allow_auto_topic_creation=False)


def commit(names: Names, version: int) -> OffsetCommitRequest:
    partition = OffsetCommitRequestPartition(partition_index=0, committed_offset=5)
    topic = OffsetCommitRequestTopic(name=names.topic, topic_id=names.topic_id, partitions=[partition])
    return OffsetCommitRequest(group_id=names.group, topics=[topic])


def offset_fetch(names: Names, version: int) -> OffsetFetchRequest:
    new = OffsetFetchRequestTopics(name=names.topic, topic_id=names.topic_id, partition_indexes=[0])
    return OffsetFetchRequest(
        group_id=names.group,
        topics=[OffsetFetchRequestTopic(name=names.topic, partition_indexes=[0])],
        groups=[OffsetFetchRequestGroup(group_id=names.group, topics=[new])],
    )


def every_offset(names: Names, version: int) -> OffsetFetchRequest:
    whole = OffsetFetchRequestGroup(group_id=names.group, topics=None)
    return OffsetFetchRequest(group_id=names.group, topics=None, groups=[whole])


def coordinator(kind: int) -> Callable[[Names, int], FindCoordinatorRequest]:
    def request(names: Names, version: int) -> FindCoordinatorRequest:
        key = {0: names.group, 1: names.transaction, 2: f"{names.group}:{'A' * 22}:0"}[kind]
        return FindCoordinatorRequest(key=key, key_type=kind, coordinator_keys=[key])

    return request


def join(names: Names, version: int) -> JoinGroupRequest:
    protocol = JoinGroupRequestProtocol(name="range", metadata=b"\0\0\0\0\0\1\0\1t")
    return JoinGroupRequest(
        group_id=names.group, session_timeout_ms=10_000, rebalance_timeout_ms=10_000, protocol_type="consumer", protocols=[protocol]
    )


def leave(names: Names, version: int) -> LeaveGroupRequest:
    return LeaveGroupRequest(group_id=names.group, member_id="m", members=[LeaveGroupRequestMemberIdentity(member_id="m")])


def sync(names: Names, version: int) -> SyncGroupRequest:
    return SyncGroupRequest(group_id=names.group, member_id="m", protocol_type="consumer", protocol_name="range")


def create(names: Names, version: int) -> CreateTopicsRequest:
    return CreateTopicsRequest(topics=[CreateTopicsRequestCreatableTopic(name=names.topic, num_partitions=1, replication_factor=1)])


def delete(names: Names, version: int) -> DeleteTopicsRequest:
    return DeleteTopicsRequest(topic_names=[names.topic], topics=[DeleteTopicsRequestDeleteTopicState(name=names.topic)])


def add_partitions(names: Names, version: int, producer_id: int = 7, epoch: int = 0) -> AddPartitionsToTxnRequest:
    topics = [AddPartitionsToTxnTopic(name=names.topic, partitions=[0])]
    newer = AddPartitionsToTxnTransaction(transactional_id=names.transaction, producer_id=producer_id, producer_epoch=epoch, topics=topics)
    return AddPartitionsToTxnRequest(
        transactions=[newer],
        v3_and_below_transactional_id=names.transaction,
        v3_and_below_producer_id=producer_id,
        v3_and_below_producer_epoch=epoch,
        v3_and_below_topics=topics,
    )


def markers(names: Names, version: int) -> WriteTxnMarkersRequest:
    topic = WriteTxnMarkersRequestWritableTxnMarkerTopic(name=names.topic, partition_indexes=[0])
    return WriteTxnMarkersRequest(markers=[WriteTxnMarkersRequestWritableTxnMarker(producer_id=7, topics=[topic])])


def txn_commit(names: Names, version: int) -> TxnOffsetCommitRequest:
    partition = TxnOffsetCommitRequestPartition(partition_index=0, committed_offset=5)
    topic = TxnOffsetCommitRequestTopic(name=names.topic, partitions=[partition])
    return TxnOffsetCommitRequest(transactional_id=names.transaction, group_id=names.group, producer_id=7, topics=[topic])


def resource(kind: int) -> Callable[[Names], tuple[int, str]]:
    return lambda names: (kind, {TOPIC_KIND: names.topic, GROUP_KIND: names.group, BROKER_KIND: ""}[kind])


def describe_configs(kind: int) -> Callable[[Names, int], DescribeConfigsRequest]:
    def request(names: Names, version: int) -> DescribeConfigsRequest:
        of, name = resource(kind)(names)
        return DescribeConfigsRequest(
            resources=[DescribeConfigsResource(resource_type=of, resource_name=name, configuration_keys=["none"])]
        )

    return request


def alter_configs(kind: int) -> Callable[[Names, int], AlterConfigsRequest]:
    def request(names: Names, version: int) -> AlterConfigsRequest:
        of, name = resource(kind)(names)
        return AlterConfigsRequest(resources=[AlterConfigsResource(resource_type=of, resource_name=name)])

    return request


def incremental(kind: int) -> Callable[[Names, int], IncrementalAlterConfigsRequest]:
    def request(names: Names, version: int) -> IncrementalAlterConfigsRequest:
        of, name = resource(kind)(names)
        changed = IncrementalAlterConfigsRequestAlterConfigsResource(resource_type=of, resource_name=name)
        return IncrementalAlterConfigsRequest(resources=[changed])

    return request


def consumer_heartbeat(names: Names, version: int) -> ConsumerGroupHeartbeatRequest:
    return ConsumerGroupHeartbeatRequest(
        group_id=names.group,
        member_id="m",
        rebalance_timeout_ms=60_000,
        subscribed_topic_names=[names.topic],
        topic_partitions=[],
    )


def share_heartbeat(names: Names, version: int) -> ShareGroupHeartbeatRequest:
    return ShareGroupHeartbeatRequest(group_id=names.group, member_id="m", subscribed_topic_names=[names.topic])


def share_fetch(names: Names, version: int) -> ShareFetchRequest:
    topic = ShareFetchRequestFetchTopic(
        topic_id=names.topic_id, partitions=[ShareFetchRequestFetchPartition(partition_index=0)]
    )
    return ShareFetchRequest(group_id=names.group, member_id="m", max_records=1, topics=[topic])


def acknowledge(names: Names, version: int) -> ShareAcknowledgeRequest:
    said = ShareAcknowledgeRequestAcknowledgementBatch(first_offset=0, last_offset=0, acknowledge_types=[1])
    partition = ShareAcknowledgeRequestAcknowledgePartition(partition_index=0, acknowledgement_batches=[said])
    topic = ShareAcknowledgeRequestAcknowledgeTopic(topic_id=names.topic_id, partitions=[partition])
    return ShareAcknowledgeRequest(group_id=names.group, member_id="m", share_session_epoch=1, topics=[topic])


def share_offsets(names: Names, version: int) -> DescribeShareGroupOffsetsRequest:
    topic = DescribeShareGroupOffsetsRequestTopic(topic_name=names.topic, partitions=[0])
    group = DescribeShareGroupOffsetsRequestGroup(group_id=names.group, topics=[topic])
    return DescribeShareGroupOffsetsRequest(groups=[group])


def every_share_offset(names: Names, version: int) -> DescribeShareGroupOffsetsRequest:
    return DescribeShareGroupOffsetsRequest(groups=[DescribeShareGroupOffsetsRequestGroup(group_id=names.group, topics=None)])


def alter_share_offsets(names: Names, version: int) -> AlterShareGroupOffsetsRequest:
    partition = AlterShareGroupOffsetsRequestPartition(partition_index=0, start_offset=0)
    topic = AlterShareGroupOffsetsRequestTopic(topic_name=names.topic, partitions=[partition])
    return AlterShareGroupOffsetsRequest(group_id=names.group, topics=[topic])


def delete_share_offsets(names: Names, version: int) -> DeleteShareGroupOffsetsRequest:
    topic = DeleteShareGroupOffsetsRequestTopic(topic_name=names.topic)
    return DeleteShareGroupOffsetsRequest(group_id=names.group, topics=[topic])


def list_offsets(names: Names, version: int) -> ListOffsetsRequest:
    partition = ListOffsetsPartition(partition_index=0, timestamp=-1)
    return ListOffsetsRequest(topics=[ListOffsetsTopic(name=names.topic, partitions=[partition])])


def end_of_epoch(names: Names, version: int) -> OffsetForLeaderEpochRequest:
    partition = OffsetForLeaderEpochRequestOffsetForLeaderPartition(partition=0)
    topic = OffsetForLeaderEpochRequestOffsetForLeaderTopic(topic=names.topic, partitions=[partition])
    return OffsetForLeaderEpochRequest(topics=[topic])


def delete_records(names: Names, version: int) -> DeleteRecordsRequest:
    partition = DeleteRecordsPartition(partition_index=0, offset=0)
    return DeleteRecordsRequest(topics=[DeleteRecordsTopic(name=names.topic, partitions=[partition])])


def offset_delete(names: Names, version: int) -> OffsetDeleteRequest:
    partition = OffsetDeleteRequestPartition(partition_index=0)
    return OffsetDeleteRequest(group_id=names.group, topics=[OffsetDeleteRequestTopic(name=names.topic, partitions=[partition])])
