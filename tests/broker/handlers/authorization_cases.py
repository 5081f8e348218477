"""One request for each need of the authorization table, asked so that only that need decides, in a world where what it names is there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from broker.handlers.authorization_table import ROWS, Need, Row
from broker.wire.messages.add_offsets_to_txn import AddOffsetsToTxnRequest
from broker.wire.messages.alter_partition_reassignments import AlterPartitionReassignmentsRequest
from broker.wire.messages.consumer_group_describe import ConsumerGroupDescribeRequest
from broker.wire.messages.create_partitions import CreatePartitionsRequest, CreatePartitionsTopic
from broker.wire.messages.create_topics import CreateTopicsRequest, CreateTopicsRequestCreatableTopic
from broker.wire.messages.delete_groups import DeleteGroupsRequest
from broker.wire.messages.describe_groups import DescribeGroupsRequest
from broker.wire.messages.describe_log_dirs import DescribeLogDirsRequest
from broker.wire.messages.describe_producers import DescribeProducersRequest, DescribeProducersRequestTopicRequest
from broker.wire.messages.describe_topic_partitions import (
    DescribeTopicPartitionsRequest,
    DescribeTopicPartitionsRequestTopicRequest,
)
from broker.wire.messages.describe_transactions import DescribeTransactionsRequest
from broker.wire.messages.elect_leaders import ElectLeadersRequest, ElectLeadersRequestTopicPartitions
from broker.wire.messages.end_txn import EndTxnRequest
from broker.wire.messages.heartbeat import HeartbeatRequest
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from broker.wire.messages.list_config_resources import ListConfigResourcesRequest
from broker.wire.messages.list_groups import ListGroupsRequest
from broker.wire.messages.list_partition_reassignments import ListPartitionReassignmentsRequest
from broker.wire.messages.list_transactions import ListTransactionsRequest
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from broker.wire.messages.share_group_describe import ShareGroupDescribeRequest
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType
from tests.broker.handlers.authorization_requests import (
    BROKER_KIND,
    GROUP_KIND,
    TOPIC_KIND,
    Prepare,
    acknowledge,
    add_partitions,
    alter_configs,
    alter_share_offsets,
    commit,
    committed,
    consumer_group,
    consumer_heartbeat,
    coordinator,
    delete,
    delete_records,
    delete_share_offsets,
    describe_configs,
    end_of_epoch,
    every_offset,
    every_share_offset,
    fetch,
    incremental,
    join,
    leave,
    list_offsets,
    markers,
    metadata,
    nothing,
    offset_delete,
    offset_fetch,
    produce,
    share_fetch,
    share_group,
    share_heartbeat,
    share_member,
    share_offsets,
    share_session,
    sync,
    transaction,
    transactional,
    txn_commit,
)
from tests.broker.handlers.permissions import ANY, BY_KEY, NamedRight, Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``of`` names the need within its row. ``shows`` looks in an answer for what is left out without the right; ``is_never_met``: what needs this is
    switched off altogether, and denied with the right, too; ``hides``: a topic, group or transactional id that is denied must look like none."""

    key: int
    of: str
    request: Callable[[Names, int], Any]
    prepare: Prepare = nothing
    versions: range | None = None
    shows: Callable[[Any], bool] | None = None
    is_never_met: bool = False
    hides: bool = True
    topic: str = "known"
    others: frozenset[NamedRight] = frozenset()
    """Rights that are taken away with those of the need: they would tell what is there."""

    @property
    def row(self) -> Row:
        (row,) = [row for row in ROWS if row.key == self.key]
        return row

    @property
    def need(self) -> Need:
        (need,) = [need for need in self.row.needs if need.of == self.of]
        return need

    @property
    def served(self) -> range:
        return self.versions or BY_KEY[self.key].versions

    def rights(self, names: Names) -> list[NamedRight]:
        """What would be enough, of what the request names."""
        of = {
            ResourceType.TOPIC: self.topic if self.topic != "known" else names.topic,
            ResourceType.GROUP: names.group,
            ResourceType.TRANSACTIONAL_ID: names.transaction,
            ResourceType.CLUSTER: CLUSTER_NAME,
        }
        return [(operation, kind, of[kind]) for operation, kind in self.need.any_of]


WHOLE = "the request"
THE_GROUP = "the group"
TOPIC = "each topic"
GROUP = "each group"
NAMED_TOPIC = "each topic that is named"
ALL_TOPICS = "each topic, when all are asked for"
ANYTHING_ELSE = "brokers, their loggers, client metrics"
TRANSACTIONAL_ID = "each transactional id"

CASES = (
    Case(key=0, of=TOPIC, request=produce),
    Case(key=0, of="a request with a transactional batch", request=transactional),
    Case(key=1, of=TOPIC, request=fetch),
    Case(key=1, of="a request of a replica, instead", request=lambda names, version: fetch(names, version, 3)),
    Case(key=2, of=TOPIC, request=list_offsets),
    Case(key=3, of=NAMED_TOPIC, request=metadata),
    Case(
        key=3,
        of=ALL_TOPICS,
        request=lambda names, version: MetadataRequest(topics=None if version else []),
        shows=lambda answer: "known" in [topic.name for topic in answer.topics],
    ),
    Case(
        key=3,
        of="each topic that would be created",
        request=lambda names, version: MetadataRequest(topics=[MetadataRequestTopic(name="fresh")]),
        topic="fresh",
        hides=False,
    ),
    Case(key=8, of=THE_GROUP, request=commit, prepare=committed),
    Case(key=8, of=TOPIC, request=commit),
    Case(key=9, of=GROUP, request=offset_fetch, prepare=committed),
    Case(key=9, of=NAMED_TOPIC, request=offset_fetch, prepare=committed),
    Case(
        key=9,
        of=ALL_TOPICS,
        request=every_offset,
        prepare=committed,
        versions=range(2, 11),
        shows=lambda answer: bool(answer.topics or [topic for group in answer.groups for topic in group.topics]),
    ),
    Case(key=10, of=GROUP, request=coordinator(0), prepare=committed),
    Case(key=10, of=TRANSACTIONAL_ID, request=coordinator(1), versions=range(1, 7), prepare=transaction),
    Case(key=10, of="share partitions", request=coordinator(2), versions=range(6, 7)),
    Case(key=11, of=THE_GROUP, request=join, prepare=committed),
    Case(key=12, of=THE_GROUP, request=lambda names, version: HeartbeatRequest(group_id=names.group, member_id="m"), prepare=committed),
    Case(key=13, of=THE_GROUP, request=leave, prepare=committed),
    Case(key=14, of=THE_GROUP, request=sync, prepare=committed),
    Case(key=15, of=GROUP, request=lambda names, version: DescribeGroupsRequest(groups=[names.group]), prepare=committed),
    Case(
        key=16,
        of=GROUP,
        request=lambda names, version: ListGroupsRequest(),
        prepare=committed,
        shows=lambda answer: bool(answer.groups),
    ),
    Case(
        key=19,
        of=TOPIC,
        request=lambda names, version: CreateTopicsRequest(
            topics=[CreateTopicsRequestCreatableTopic(name=names.topic, num_partitions=1, replication_factor=1)]
        ),
    ),
    Case(key=20, of=TOPIC, request=delete, others=frozenset({(Operation.DESCRIBE, ResourceType.TOPIC, "known")})),
    Case(key=21, of=TOPIC, request=delete_records),
    Case(
        key=22,
        of="a transactional producer",
        request=lambda names, version: InitProducerIdRequest(transactional_id=names.transaction, transaction_timeout_ms=1000),
        prepare=transaction,
    ),
    Case(
        key=22,
        of="one that asks for two-phase commit",
        request=lambda names, version: InitProducerIdRequest(
            transactional_id=names.transaction, transaction_timeout_ms=1000, enable2_pc=True
        ),
        versions=range(6, 7),
        is_never_met=True,
    ),
    Case(
        key=22,
        of="an idempotent producer",
        request=lambda names, version: InitProducerIdRequest(transactional_id=None),
        topic=ANY,
        hides=False,
    ),
    Case(key=23, of=TOPIC, request=end_of_epoch),
    Case(
        key=24, of="the transaction (up to version 3)", request=add_partitions, versions=range(4), prepare=transaction
    ),
    Case(key=24, of="each topic (up to version 3)", request=add_partitions, versions=range(4)),
    Case(key=24, of="the request (from version 4 on)", request=add_partitions, versions=range(4, 6)),
    Case(
        key=25,
        of="the transactional id",
        request=lambda names, version: AddOffsetsToTxnRequest(
            transactional_id=names.transaction, producer_id=7, group_id=names.group
        ),
        prepare=transaction,
    ),
    Case(
        key=25,
        of=THE_GROUP,
        request=lambda names, version: AddOffsetsToTxnRequest(
            transactional_id=names.transaction, producer_id=7, group_id=names.group
        ),
        prepare=committed,
    ),
    Case(
        key=26,
        of="the transactional id",
        request=lambda names, version: EndTxnRequest(transactional_id=names.transaction, producer_id=7),
        prepare=transaction,
    ),
    Case(key=27, of=WHOLE, request=markers),
    Case(key=28, of="the transactional id", request=txn_commit, prepare=transaction),
    Case(key=28, of=THE_GROUP, request=txn_commit, prepare=committed),
    Case(key=28, of=TOPIC, request=txn_commit),
    Case(key=32, of=TOPIC, request=describe_configs(TOPIC_KIND)),
    Case(key=32, of=GROUP, request=describe_configs(GROUP_KIND), prepare=committed),
    Case(key=32, of=ANYTHING_ELSE, request=describe_configs(BROKER_KIND)),
    Case(key=33, of=TOPIC, request=alter_configs(TOPIC_KIND)),
    Case(key=33, of=GROUP, request=alter_configs(GROUP_KIND), prepare=committed),
    Case(key=33, of=ANYTHING_ELSE, request=alter_configs(BROKER_KIND)),
    Case(key=35, of=WHOLE, request=lambda names, version: DescribeLogDirsRequest(topics=None), versions=range(3, 6)),
    Case(
        key=35,
        of=WHOLE,
        request=lambda names, version: DescribeLogDirsRequest(topics=None),
        versions=range(1, 3),
        shows=lambda answer: bool(answer.results),
    ),
    Case(
        key=37,
        of=TOPIC,
        request=lambda names, version: CreatePartitionsRequest(topics=[CreatePartitionsTopic(name=names.topic, count=5)]),
    ),
    Case(key=42, of=GROUP, request=lambda names, version: DeleteGroupsRequest(groups_names=[names.group]), prepare=committed),
    Case(
        key=43,
        of=WHOLE,
        request=lambda names, version: ElectLeadersRequest(
            topic_partitions=[ElectLeadersRequestTopicPartitions(topic=names.topic, partitions=[0])]
        ),
    ),
    Case(key=44, of=TOPIC, request=incremental(TOPIC_KIND)),
    Case(key=44, of=GROUP, request=incremental(GROUP_KIND), prepare=committed),
    Case(key=44, of=ANYTHING_ELSE, request=incremental(BROKER_KIND)),
    Case(key=45, of=WHOLE, request=lambda names, version: AlterPartitionReassignmentsRequest()),
    Case(key=46, of=WHOLE, request=lambda names, version: ListPartitionReassignmentsRequest()),
    Case(key=47, of=THE_GROUP, request=offset_delete, prepare=committed),
    Case(key=47, of=TOPIC, request=offset_delete, prepare=committed),
    Case(
        key=61,
        of=TOPIC,
        request=lambda names, version: DescribeProducersRequest(
            topics=[DescribeProducersRequestTopicRequest(name=names.topic, partition_indexes=[0])]
        ),
    ),
    Case(
        key=65,
        of=TRANSACTIONAL_ID,
        request=lambda names, version: DescribeTransactionsRequest(transactional_ids=[names.transaction]),
        prepare=transaction,
    ),
    Case(
        key=65,
        of="each topic in the transaction",
        request=lambda names, version: DescribeTransactionsRequest(transactional_ids=[names.transaction]),
        prepare=transaction,
        shows=lambda answer: bool(answer.transaction_states[0].topics),
    ),
    Case(
        key=66,
        of=TRANSACTIONAL_ID,
        request=lambda names, version: ListTransactionsRequest(),
        prepare=transaction,
        shows=lambda answer: bool(answer.transaction_states),
    ),
    Case(key=68, of=THE_GROUP, request=consumer_heartbeat, prepare=consumer_group),
    Case(key=68, of="each topic that is subscribed to by name", request=consumer_heartbeat),
    Case(
        key=69,
        of=GROUP,
        request=lambda names, version: ConsumerGroupDescribeRequest(group_ids=[names.group]),
        prepare=consumer_group,
    ),
    Case(
        key=69,
        of="each topic that its members have or are to have",
        request=lambda names, version: ConsumerGroupDescribeRequest(group_ids=[names.group]),
        prepare=consumer_group,
        hides=False,
    ),
    Case(key=74, of=WHOLE, request=lambda names, version: ListConfigResourcesRequest()),
    Case(
        key=75,
        of=NAMED_TOPIC,
        request=lambda names, version: DescribeTopicPartitionsRequest(
            topics=[DescribeTopicPartitionsRequestTopicRequest(name=names.topic)]
        ),
    ),
    Case(
        key=75,
        of=ALL_TOPICS,
        request=lambda names, version: DescribeTopicPartitionsRequest(),
        shows=lambda answer: "known" in [topic.name for topic in answer.topics],
    ),
    Case(key=76, of=THE_GROUP, request=share_heartbeat, prepare=share_member),
    Case(key=76, of="each topic that is subscribed to", request=share_heartbeat),
    Case(
        key=77,
        of=GROUP,
        request=lambda names, version: ShareGroupDescribeRequest(group_ids=[names.group]),
        prepare=share_member,
    ),
    Case(
        key=77,
        of="each topic that its members have",
        request=lambda names, version: ShareGroupDescribeRequest(group_ids=[names.group]),
        prepare=share_member,
        hides=False,
    ),
    Case(key=78, of=THE_GROUP, request=share_fetch, prepare=share_member),
    Case(key=78, of=TOPIC, request=share_fetch, prepare=share_member),
    Case(key=79, of=THE_GROUP, request=acknowledge, prepare=share_session),
    Case(key=79, of=TOPIC, request=acknowledge, prepare=share_session),
    Case(key=90, of=GROUP, request=share_offsets, prepare=share_group),
    Case(key=90, of=NAMED_TOPIC, request=share_offsets, prepare=share_group),
    Case(
        key=90,
        of=ALL_TOPICS,
        request=every_share_offset,
        prepare=share_group,
        shows=lambda answer: bool(answer.groups[0].topics),
    ),
    Case(key=91, of=THE_GROUP, request=alter_share_offsets, prepare=share_group),
    Case(key=91, of=TOPIC, request=alter_share_offsets, prepare=share_group),
    Case(key=92, of=THE_GROUP, request=delete_share_offsets, prepare=share_group),
    Case(key=92, of=TOPIC, request=delete_share_offsets, prepare=share_group),
)
