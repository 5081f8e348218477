"""
AlterPartitionReassignments (key 45), versions 0-1 (KIP-455).

Behaviour:
- No data lies on brokers, so none is moved. A target that is what the partition has already is accepted and done; brokers that do
  not exist are refused, and so is another number of replicas, which would only change what is reported (docs/decisions/0003).
- There is never a reassignment to cancel.
- Needs ALTER on the cluster.

Versions:
- v1: a client may ask that the replication factor stays (KIP-860).
"""

from collections.abc import Sequence

from broker.admin.partitions import check_assignment
from broker.errors import BrokerError
from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.alter_partition_reassignments import (
    AlterPartitionReassignmentsRequest,
    AlterPartitionReassignmentsResponse,
    AlterPartitionReassignmentsResponseReassignablePartitionResponse,
    AlterPartitionReassignmentsResponseReassignableTopicResponse,
)
from security.acls.kinds import Operation

TopicAnswer = AlterPartitionReassignmentsResponseReassignableTopicResponse
PartitionAnswer = AlterPartitionReassignmentsResponseReassignablePartitionResponse


def handle(
    request: AlterPartitionReassignmentsRequest, context: RequestContext
) -> AlterPartitionReassignmentsResponse:
    require_on_cluster(context, Operation.ALTER)
    return AlterPartitionReassignmentsResponse(
        allow_replication_factor_change=request.allow_replication_factor_change,
        error_message=None,
        responses=[
            TopicAnswer(
                name=topic.name,
                partitions=[
                    _reassigned(topic.name, partition.partition_index, partition.replicas, context)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ],
    )


def _reassigned(name: str, index: int, target: Sequence[int] | None, context: RequestContext) -> PartitionAnswer:
    try:
        _check(name, index, target, context)
    except BrokerError as error:
        return PartitionAnswer(partition_index=index, error_code=error.code, error_message=error.message)
    return PartitionAnswer(partition_index=index, error_message=None)


def _check(name: str, index: int, target: Sequence[int] | None, context: RequestContext) -> None:
    identity = context.services.identity
    state = context.services.directory.by_name(name)
    if state is None:
        raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"Unable to find a topic named {name}.")
    if not 0 <= index < len(state.pids):
        raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"Unable to find partition {name}:{index}.")
    if target is None:
        raise BrokerError(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS)
    replication_factor = state.topic.replication_factor
    if list(target) == list(identity.replicas_of(state)[index]):
        return
    check_assignment(target, identity.node_ids, None)
    raise BrokerError(
        ErrorCode.INVALID_REPLICATION_FACTOR,
        f"The replication factor of {name} is {replication_factor} and cannot be changed to {len(target)}: "
        "replicas are kept by the storage, not by brokers.",
    )


def refuse(
    request: AlterPartitionReassignmentsRequest, context: RequestContext, code: int, message: str | None
) -> AlterPartitionReassignmentsResponse:
    return AlterPartitionReassignmentsResponse(
        error_code=code,
        error_message=message,
        responses=[
            TopicAnswer(
                name=topic.name,
                partitions=[
                    PartitionAnswer(partition_index=partition.partition_index, error_code=code, error_message=message)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ],
    )


HANDLER = Handler(
    key=ApiKey.ALTER_PARTITION_REASSIGNMENTS,
    name="alter_partition_reassignments",
    versions=range(2),
    handle=handle,
    refuse=refuse,
)
