"""What each API needs, as data: the documents are written from it, and tests hold the handlers to it.

Kafka's own document has some of these wrong; this is what Apache Kafka 4.4 does. READ, WRITE, DELETE and ALTER include DESCRIBE, ALTER_CONFIGS
includes DESCRIBE_CONFIGS, and ALL everything: that is for the rules of access, not for who asks.
"""

from dataclasses import dataclass
from typing import Final

from broker.handlers.authorization import SUPPORTED
from broker.wire.error_codes import ErrorCode
from security.acls.kinds import Operation, ResourceType

Right = tuple[Operation, ResourceType]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Any right of ``any_of`` is enough. Without them: ``denied``, or what is asked for is left out without a word (None). ``of`` says of which part
    of a request this is needed."""

    any_of: tuple[Right, ...]
    denied: ErrorCode | None
    of: str = "the request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All ``needs`` must be met. Without any, whoever has logged in may ask. ``probes`` are rights whose absence only changes a field."""

    key: int
    api: str
    needs: tuple[Need, ...] = ()
    probes: tuple[Right, ...] = ()
    note: str = ""


_TOPIC, _GROUP, _CLUSTER = ResourceType.TOPIC, ResourceType.GROUP, ResourceType.CLUSTER
_TRANSACTION, _TOKEN, _USER = ResourceType.TRANSACTIONAL_ID, ResourceType.DELEGATION_TOKEN, ResourceType.USER
_EACH_TOPIC: Final = "each topic"
_EACH_GROUP: Final = "each group"
_THE_GROUP: Final = "the group"
_THE_TRANSACTION: Final = "the transactional id"
_DENIED: Final = {
    _TOPIC: ErrorCode.TOPIC_AUTHORIZATION_FAILED,
    _GROUP: ErrorCode.GROUP_AUTHORIZATION_FAILED,
    _CLUSTER: ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
    _TRANSACTION: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}


def _need(operation: Operation, kind: ResourceType, of: str = "the request", *others: Right) -> Need:
    return Need(any_of=((operation, kind), *others), denied=_DENIED[kind], of=of)


def _left_out(operation: Operation, kind: ResourceType, of: str, *others: Right) -> Need:
    return Need(any_of=((operation, kind), *others), denied=None, of=of)


def _cluster(operation: Operation) -> tuple[Need, ...]:
    return (_need(operation, _CLUSTER),)


_ON_TOPIC: Final = tuple((operation, _TOPIC) for operation in SUPPORTED[_TOPIC])
_ON_GROUP: Final = tuple((operation, _GROUP) for operation in SUPPORTED[_GROUP])
_ON_CLUSTER: Final = tuple((operation, _CLUSTER) for operation in SUPPORTED[_CLUSTER])

ROWS: Final = (
    Row(
        key=0,
        api="Produce",
        needs=(
            _need(Operation.WRITE, _TOPIC, _EACH_TOPIC),
            _need(Operation.WRITE, _TRANSACTION, "a request with a transactional batch"),
        ),
        note="Judged by the batches, not by what the request says of itself. Being idempotent needs nothing more.",
    ),
    Row(
        key=1,
        api="Fetch",
        needs=(
            _need(Operation.READ, _TOPIC, _EACH_TOPIC),
            Need(
                any_of=((Operation.CLUSTER_ACTION, _CLUSTER),),
                denied=ErrorCode.TOPIC_AUTHORIZATION_FAILED,
                of="a request of a replica, instead",
            ),
        ),
    ),
    Row(key=2, api="ListOffsets", needs=(_need(Operation.DESCRIBE, _TOPIC, _EACH_TOPIC),)),
    Row(
        key=3,
        api="Metadata",
        needs=(
            _need(Operation.DESCRIBE, _TOPIC, "each topic that is named"),
            _left_out(Operation.DESCRIBE, _TOPIC, "each topic, when all are asked for"),
            Need(
                any_of=((Operation.CREATE, _CLUSTER), (Operation.CREATE, _TOPIC)),
                denied=ErrorCode.TOPIC_AUTHORIZATION_FAILED,
                of="each topic that would be created",
            ),
        ),
        probes=(*_ON_TOPIC, *_ON_CLUSTER),
    ),
    Row(
        key=8,
        api="OffsetCommit",
        needs=(_need(Operation.READ, _GROUP, _THE_GROUP), _need(Operation.READ, _TOPIC, _EACH_TOPIC)),
    ),
    Row(
        key=9,
        api="OffsetFetch",
        needs=(
            _need(Operation.DESCRIBE, _GROUP, _EACH_GROUP),
            _need(Operation.DESCRIBE, _TOPIC, "each topic that is named"),
            _left_out(Operation.DESCRIBE, _TOPIC, "each topic, when all are asked for"),
        ),
    ),
    Row(
        key=10,
        api="FindCoordinator",
        needs=(
            _need(Operation.DESCRIBE, _GROUP, _EACH_GROUP),
            _need(Operation.DESCRIBE, _TRANSACTION, "each transactional id"),
            _need(Operation.CLUSTER_ACTION, _CLUSTER, "share partitions"),
        ),
    ),
    Row(key=11, api="JoinGroup", needs=(_need(Operation.READ, _GROUP, _THE_GROUP),)),
    Row(key=12, api="Heartbeat", needs=(_need(Operation.READ, _GROUP, _THE_GROUP),)),
    Row(key=13, api="LeaveGroup", needs=(_need(Operation.READ, _GROUP, _THE_GROUP),)),
    Row(key=14, api="SyncGroup", needs=(_need(Operation.READ, _GROUP, _THE_GROUP),)),
    Row(key=15, api="DescribeGroups", needs=(_need(Operation.DESCRIBE, _GROUP, _EACH_GROUP),), probes=_ON_GROUP),
    Row(
        key=16,
        api="ListGroups",
        needs=(_left_out(Operation.DESCRIBE, _GROUP, _EACH_GROUP, (Operation.DESCRIBE, _CLUSTER)),),
    ),
    Row(key=17, api="SaslHandshake", note="Before logging in."),
    Row(key=18, api="ApiVersions", note="Before logging in, too."),
    Row(
        key=19,
        api="CreateTopics",
        needs=(
            Need(
                any_of=((Operation.CREATE, _CLUSTER), (Operation.CREATE, _TOPIC)),
                denied=ErrorCode.TOPIC_AUTHORIZATION_FAILED,
                of=_EACH_TOPIC,
            ),
        ),
        probes=((Operation.DESCRIBE_CONFIGS, _TOPIC),),
        note="Size and configuration are answered to who has DESCRIBE_CONFIGS on the topic.",
    ),
    Row(
        key=20,
        api="DeleteTopics",
        needs=(
            Need(
                any_of=((Operation.DELETE, _CLUSTER), (Operation.DELETE, _TOPIC)),
                denied=ErrorCode.TOPIC_AUTHORIZATION_FAILED,
                of=_EACH_TOPIC,
            ),
        ),
        probes=((Operation.DESCRIBE, _TOPIC),),
        note="Without DESCRIBE on the topic it is not said whether the topic exists.",
    ),
    Row(key=21, api="DeleteRecords", needs=(_need(Operation.DELETE, _TOPIC, _EACH_TOPIC),)),
    Row(
        key=22,
        api="InitProducerId",
        needs=(
            _need(Operation.WRITE, _TRANSACTION, "a transactional producer"),
            _need(Operation.TWO_PHASE_COMMIT, _TRANSACTION, "one that asks for two-phase commit"),
            _need(Operation.IDEMPOTENT_WRITE, _CLUSTER, "an idempotent producer", (Operation.WRITE, _TOPIC)),
        ),
        note="WRITE on any topic is enough for an idempotent producer.",
    ),
    Row(
        key=23,
        api="OffsetForLeaderEpoch",
        needs=(_need(Operation.DESCRIBE, _TOPIC, _EACH_TOPIC, (Operation.CLUSTER_ACTION, _CLUSTER)),),
    ),
    Row(
        key=24,
        api="AddPartitionsToTxn",
        needs=(
            _need(Operation.WRITE, _TRANSACTION, "the transaction (up to version 3)"),
            _need(Operation.WRITE, _TOPIC, "each topic (up to version 3)"),
            _need(Operation.CLUSTER_ACTION, _CLUSTER, "the request (from version 4 on)"),
        ),
        note="Kafka's internal topics are never allowed.",
    ),
    Row(
        key=25,
        api="AddOffsetsToTxn",
        needs=(_need(Operation.WRITE, _TRANSACTION, _THE_TRANSACTION), _need(Operation.READ, _GROUP, _THE_GROUP)),
    ),
    Row(key=26, api="EndTxn", needs=(_need(Operation.WRITE, _TRANSACTION, _THE_TRANSACTION),)),
    Row(
        key=27,
        api="WriteTxnMarkers",
        needs=(_need(Operation.ALTER, _CLUSTER, "the request", (Operation.CLUSTER_ACTION, _CLUSTER)),),
    ),
    Row(
        key=28,
        api="TxnOffsetCommit",
        needs=(
            _need(Operation.WRITE, _TRANSACTION, _THE_TRANSACTION),
            _need(Operation.READ, _GROUP, _THE_GROUP),
            _need(Operation.READ, _TOPIC, _EACH_TOPIC),
        ),
    ),
    Row(key=29, api="DescribeAcls", needs=_cluster(Operation.DESCRIBE)),
    Row(key=30, api="CreateAcls", needs=_cluster(Operation.ALTER)),
    Row(key=31, api="DeleteAcls", needs=_cluster(Operation.ALTER)),
    Row(
        key=32,
        api="DescribeConfigs",
        needs=(
            _need(Operation.DESCRIBE_CONFIGS, _TOPIC, _EACH_TOPIC),
            _need(Operation.DESCRIBE_CONFIGS, _GROUP, _EACH_GROUP),
            _need(Operation.DESCRIBE_CONFIGS, _CLUSTER, "brokers, their loggers, client metrics"),
        ),
    ),
    Row(
        key=33,
        api="AlterConfigs",
        needs=(
            _need(Operation.ALTER_CONFIGS, _TOPIC, _EACH_TOPIC),
            _need(Operation.ALTER_CONFIGS, _GROUP, _EACH_GROUP),
            _need(Operation.ALTER_CONFIGS, _CLUSTER, "brokers, their loggers, client metrics"),
        ),
    ),
    Row(key=35, api="DescribeLogDirs", needs=_cluster(Operation.DESCRIBE)),
    Row(key=36, api="SaslAuthenticate", note="Before logging in, and to log in again."),
    Row(key=37, api="CreatePartitions", needs=(_need(Operation.ALTER, _TOPIC, _EACH_TOPIC),)),
    Row(
        key=38,
        api="CreateDelegationToken",
        needs=(
            Need(
                any_of=((Operation.CREATE_TOKENS, _USER),),
                denied=ErrorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED,
                of="another owner than oneself",
            ),
        ),
    ),
    Row(key=39, api="RenewDelegationToken", note="The token's owner and its renewers."),
    Row(key=40, api="ExpireDelegationToken", note="The token's owner and its renewers."),
    Row(
        key=41,
        api="DescribeDelegationToken",
        needs=(_left_out(Operation.DESCRIBE, _TOKEN, "each token of others", (Operation.DESCRIBE_TOKENS, _USER)),),
    ),
    Row(key=42, api="DeleteGroups", needs=(_need(Operation.DELETE, _GROUP, _EACH_GROUP),)),
    Row(key=43, api="ElectLeaders", needs=_cluster(Operation.ALTER)),
    Row(
        key=44,
        api="IncrementalAlterConfigs",
        needs=(
            _need(Operation.ALTER_CONFIGS, _TOPIC, _EACH_TOPIC),
            _need(Operation.ALTER_CONFIGS, _GROUP, _EACH_GROUP),
            _need(Operation.ALTER_CONFIGS, _CLUSTER, "brokers, their loggers, client metrics"),
        ),
    ),
    Row(key=45, api="AlterPartitionReassignments", needs=_cluster(Operation.ALTER)),
    Row(key=46, api="ListPartitionReassignments", needs=_cluster(Operation.DESCRIBE)),
    Row(
        key=47,
        api="OffsetDelete",
        needs=(_need(Operation.DELETE, _GROUP, _THE_GROUP), _need(Operation.READ, _TOPIC, _EACH_TOPIC)),
    ),
    Row(key=48, api="DescribeClientQuotas", needs=_cluster(Operation.DESCRIBE_CONFIGS)),
    Row(key=49, api="AlterClientQuotas", needs=_cluster(Operation.ALTER_CONFIGS)),
    Row(key=50, api="DescribeUserScramCredentials", needs=_cluster(Operation.DESCRIBE)),
    Row(key=51, api="AlterUserScramCredentials", needs=_cluster(Operation.ALTER)),
    Row(key=60, api="DescribeCluster", probes=_ON_CLUSTER, note="Whoever has logged in; what it says the client may do needs DESCRIBE on the cluster."),
    Row(key=61, api="DescribeProducers", needs=(_need(Operation.READ, _TOPIC, _EACH_TOPIC),)),
    Row(
        key=65,
        api="DescribeTransactions",
        needs=(
            _need(Operation.DESCRIBE, _TRANSACTION, "each transactional id"),
            _left_out(Operation.DESCRIBE, _TOPIC, "each topic in the transaction"),
        ),
    ),
    Row(key=66, api="ListTransactions", needs=(_left_out(Operation.DESCRIBE, _TRANSACTION, "each transactional id"),)),
    Row(
        key=68,
        api="ConsumerGroupHeartbeat",
        needs=(_need(Operation.READ, _GROUP, _THE_GROUP), _need(Operation.DESCRIBE, _TOPIC, "each topic that is subscribed to by name")),
    ),
    Row(
        key=69,
        api="ConsumerGroupDescribe",
        needs=(
            _need(Operation.DESCRIBE, _GROUP, _EACH_GROUP),
            _need(Operation.DESCRIBE, _TOPIC, "each topic that its members have or are to have"),
        ),
        probes=_ON_GROUP,
    ),
    Row(key=71, api="GetTelemetrySubscriptions"),
    Row(key=72, api="PushTelemetry"),
    Row(key=74, api="ListConfigResources", needs=_cluster(Operation.DESCRIBE_CONFIGS)),
    Row(
        key=75,
        api="DescribeTopicPartitions",
        needs=(
            _need(Operation.DESCRIBE, _TOPIC, "each topic that is named"),
            _left_out(Operation.DESCRIBE, _TOPIC, "each topic, when all are asked for"),
        ),
        probes=_ON_TOPIC,
    ),
    Row(
        key=76,
        api="ShareGroupHeartbeat",
        needs=(_need(Operation.READ, _GROUP, _THE_GROUP), _need(Operation.DESCRIBE, _TOPIC, "each topic that is subscribed to")),
    ),
    Row(
        key=77,
        api="ShareGroupDescribe",
        needs=(
            _need(Operation.DESCRIBE, _GROUP, _EACH_GROUP),
            _need(Operation.DESCRIBE, _TOPIC, "each topic that its members have"),
        ),
        probes=_ON_GROUP,
    ),
    Row(key=78, api="ShareFetch", needs=(_need(Operation.READ, _GROUP, _THE_GROUP), _need(Operation.READ, _TOPIC, _EACH_TOPIC))),
    Row(key=79, api="ShareAcknowledge", needs=(_need(Operation.READ, _GROUP, _THE_GROUP), _need(Operation.READ, _TOPIC, _EACH_TOPIC))),
    Row(
        key=90,
        api="DescribeShareGroupOffsets",
        needs=(
            _need(Operation.DESCRIBE, _GROUP, _EACH_GROUP),
            _need(Operation.DESCRIBE, _TOPIC, "each topic that is named"),
            _left_out(Operation.DESCRIBE, _TOPIC, "each topic, when all are asked for"),
        ),
    ),
    Row(
        key=91,
        api="AlterShareGroupOffsets",
        needs=(_need(Operation.READ, _GROUP, _THE_GROUP), _need(Operation.READ, _TOPIC, _EACH_TOPIC)),
    ),
    Row(
        key=92,
        api="DeleteShareGroupOffsets",
        needs=(_need(Operation.DELETE, _GROUP, _THE_GROUP), _need(Operation.READ, _TOPIC, _EACH_TOPIC)),
    ),
)
"""By API key."""
