"""
ElectLeaders (key 43), versions 0-2.

Behaviour:
- Nothing is ever elected: the broker that serves a partition leads it. So every partition answers ELECTION_NOT_NEEDED, as Kafka says
  of a partition that has its preferred leader, and unknown ones say so.
- Asked for all partitions, the answer names the topics but none of their partitions, as Kafka leaves those out that need nothing.
- Needs ALTER on the cluster.

Versions:
- v1: preferred or unclean election (KIP-460), an error code for the whole answer. v2: flexible.
"""

from broker.errors import BrokerError
from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.elect_leaders import (
    ElectLeadersRequest,
    ElectLeadersResponse,
    ElectLeadersResponsePartitionResult,
    ElectLeadersResponseReplicaElectionResult,
)
from security.acls.kinds import Operation

PREFERRED, UNCLEAN = 0, 1

NOT_NEEDED = "Leader election not needed for topic partition."


def handle(request: ElectLeadersRequest, context: RequestContext) -> ElectLeadersResponse:
    require_on_cluster(context, Operation.ALTER)
    if request.election_type not in (PREFERRED, UNCLEAN):
        raise BrokerError(ErrorCode.INVALID_REQUEST, f"Unknown election type {request.election_type}")
    if request.topic_partitions is None:
        return ElectLeadersResponse(
            replica_election_results=[
                ElectLeadersResponseReplicaElectionResult(topic=state.name)
                for state in context.services.directory.all()
            ]
        )
    return ElectLeadersResponse(
        replica_election_results=[
            ElectLeadersResponseReplicaElectionResult(
                topic=topic.topic,
                partition_result=[_elect(topic.topic, index, context) for index in topic.partitions],
            )
            for topic in request.topic_partitions
        ]
    )


def _elect(name: str, index: int, context: RequestContext) -> ElectLeadersResponsePartitionResult:
    state = context.services.directory.by_name(name)
    if state is None:
        code, message = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"No such topic as {name}"
    elif not 0 <= index < len(state.pids):
        code, message = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"No such partition as {name}-{index}"
    else:
        code, message = ErrorCode.ELECTION_NOT_NEEDED, NOT_NEEDED
    return ElectLeadersResponsePartitionResult(partition_id=index, error_code=code, error_message=message)


def refuse(
    request: ElectLeadersRequest, context: RequestContext, code: int, message: str | None
) -> ElectLeadersResponse:
    return ElectLeadersResponse(
        error_code=code,
        replica_election_results=[
            ElectLeadersResponseReplicaElectionResult(
                topic=topic.topic,
                partition_result=[
                    ElectLeadersResponsePartitionResult(partition_id=index, error_code=code, error_message=message)
                    for index in topic.partitions
                ],
            )
            for topic in request.topic_partitions or ()
        ],
    )


HANDLER = Handler(key=ApiKey.ELECT_LEADERS, name="elect_leaders", versions=range(3), handle=handle, refuse=refuse)
