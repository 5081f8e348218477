"""
ListPartitionReassignments (key 46), version 0 (KIP-455).

Behaviour:
- None is ever under way: no data lies on brokers, so none is moved.
- Needs DESCRIBE on the cluster.
"""

from broker.handlers.authorization import require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.messages.list_partition_reassignments import (
    ListPartitionReassignmentsRequest,
    ListPartitionReassignmentsResponse,
)
from security.acls.kinds import Operation


def handle(request: ListPartitionReassignmentsRequest, context: RequestContext) -> ListPartitionReassignmentsResponse:
    require_on_cluster(context, Operation.DESCRIBE)
    return ListPartitionReassignmentsResponse(error_message=None)


def refuse(
    request: ListPartitionReassignmentsRequest, context: RequestContext, code: int, message: str | None
) -> ListPartitionReassignmentsResponse:
    return ListPartitionReassignmentsResponse(error_code=code, error_message=message)


HANDLER = Handler(
    key=ApiKey.LIST_PARTITION_REASSIGNMENTS,
    name="list_partition_reassignments",
    versions=range(1),
    handle=handle,
    refuse=refuse,
)
