"""
DescribeCluster (key 60), versions 0-2.

Behaviour:
- Names the brokers as clients of this listener reach them. There are no controllers to ask for: that is refused as a Kafka broker
  refuses it.
- Whoever has logged in may ask. What the client may do with the cluster is told to who has DESCRIBE on it.

Versions:
- v1: the kind of endpoint that is wanted (KIP-919).
- v2: fenced brokers on demand (KIP-1073); here none ever is.
"""

from broker.handlers.authorization import NOT_ASKED, operations_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_cluster import (
    DescribeClusterBroker,
    DescribeClusterRequest,
    DescribeClusterResponse,
)

BROKERS, CONTROLLERS = 1, 2


def handle(request: DescribeClusterRequest, context: RequestContext) -> DescribeClusterResponse:
    if request.endpoint_type == CONTROLLERS:
        return refuse(
            request,
            context,
            ErrorCode.MISMATCHED_ENDPOINT_TYPE,
            "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER",
        )
    if request.endpoint_type != BROKERS:
        return refuse(
            request,
            context,
            ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
            f"Unsupported endpoint type {request.endpoint_type}",
        )
    identity = context.services.identity
    return DescribeClusterResponse(
        endpoint_type=BROKERS,
        cluster_id=identity.cluster_id,
        controller_id=identity.controller_id,
        brokers=[
            DescribeClusterBroker(
                broker_id=node.node_id, host=node.host, port=node.port, rack=node.rack
            )
            for node in identity.nodes(context.connection.listener)
        ],
        cluster_authorized_operations=(
            operations_on_cluster(context) if request.include_cluster_authorized_operations else NOT_ASKED
        ),
    )


def refuse(
    request: DescribeClusterRequest, context: RequestContext, code: int, message: str | None
) -> DescribeClusterResponse:
    return DescribeClusterResponse(error_code=code, error_message=message)


HANDLER = Handler(
    key=ApiKey.DESCRIBE_CLUSTER, name="describe_cluster", versions=range(3), handle=handle, refuse=refuse
)
