"""
FindCoordinator (key 10), versions 0-6.

Behaviour:
- Every group and every transactional id has the broker that ClusterIdentity names as its coordinator, answered with the
  address that the client's own listener advertises.
- Share groups are not served: INVALID_REQUEST, as Kafka answers without share groups.

Versions:
- v1: key types, error message, throttle time.
- v3: flexible encoding.
- v4: several keys in one request (KIP-699).
- v5: TRANSACTION_ABORTABLE may be answered (KIP-890); never is here.
- v6: key type 2, share groups (KIP-932).
"""

from typing import Final

from broker.handlers.base import Handler, RequestContext
from broker.model import Node
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.find_coordinator import (
    FindCoordinatorRequest,
    FindCoordinatorResponse,
    FindCoordinatorResponseCoordinator,
)

GROUP: Final = 0
TRANSACTION: Final = 1
SHARE: Final = 2
NO_NODE: Final = Node(-1, "", -1)


def handle(request: FindCoordinatorRequest, context: RequestContext) -> FindCoordinatorResponse:
    if request.key_type in (GROUP, TRANSACTION):
        # Not null on success: the two texts that Kafka sends in these places.
        return _answer(request, context, ErrorCode.NONE, "NONE" if context.api_version < 4 else "")
    message = (
        "Share groups are not supported." if request.key_type == SHARE else f"Unknown key type {request.key_type}."
    )
    return _answer(request, context, ErrorCode.INVALID_REQUEST, message)


def _answer(
    request: FindCoordinatorRequest, context: RequestContext, error: int, message: str | None
) -> FindCoordinatorResponse:
    if context.api_version < 4:
        node = NO_NODE if error else _coordinator(request.key_type, request.key, context)
        return FindCoordinatorResponse(
            error_code=error, error_message=message, node_id=node.node_id, host=node.host, port=node.port
        )
    coordinators = []
    for key in request.coordinator_keys:
        node = NO_NODE if error else _coordinator(request.key_type, key, context)
        coordinators.append(
            FindCoordinatorResponseCoordinator(
                key=key, node_id=node.node_id, host=node.host, port=node.port, error_code=error, error_message=message
            )
        )
    return FindCoordinatorResponse(coordinators=coordinators)


def _coordinator(kind: int, key: str, context: RequestContext) -> Node:
    advertised = context.connection.advertised
    identity = context.services.identity
    node_id = identity.coordinator_of(kind, key)
    if node_id == advertised.node_id:
        return advertised
    return next(node for node in identity.nodes(context.connection.listener) if node.node_id == node_id)


def refuse(
    request: FindCoordinatorRequest, context: RequestContext, error_code: int, message: str | None
) -> FindCoordinatorResponse:
    return _answer(request, context, error_code, message)


HANDLER = Handler(key=ApiKey.FIND_COORDINATOR, name="find_coordinator", versions=range(7), handle=handle, refuse=refuse)
