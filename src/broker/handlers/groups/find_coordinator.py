"""
FindCoordinator (key 10), versions 0-6.

Behaviour:
- Every group, transactional id and share partition has the broker that ClusterIdentity names as its coordinator, answered with the
  address that the client's own listener advertises. COORDINATOR_NOT_AVAILABLE while it names none: another broker takes over.
- Needs DESCRIBE on each group or transactional id, CLUSTER_ACTION on the cluster for share partitions.
- A share group is a group. Type 2 asks for who keeps the state of a share partition, by a key GROUP:TOPIC_ID:PARTITION. It is meant
  for brokers; INVALID_REQUEST for another key, and before v6.

Versions:
- v1: key types, error message, throttle time.
- v3: flexible encoding.
- v4: several keys in one request (KIP-699).
- v5: TRANSACTION_ABORTABLE may be answered (KIP-890); never is here.
- v6: key type 2, share partitions (KIP-932).
"""

import re
from base64 import urlsafe_b64decode
from typing import Final

from broker.handlers.authorization import GROUP_DENIED, TRANSACTIONAL_ID_DENIED, require_on_cluster
from broker.handlers.base import Handler, RequestContext
from broker.model import Node
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.find_coordinator import (
    FindCoordinatorRequest,
    FindCoordinatorResponse,
    FindCoordinatorResponseCoordinator,
)
from security.acls.kinds import Operation, ResourceType

GROUP: Final = 0
TRANSACTION: Final = 1
SHARE: Final = 2
_JUDGED_AS: Final = {
    GROUP: (ResourceType.GROUP, ErrorCode.GROUP_AUTHORIZATION_FAILED, GROUP_DENIED),
    TRANSACTION: (
        ResourceType.TRANSACTIONAL_ID,
        ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        TRANSACTIONAL_ID_DENIED,
    ),
}
_TOPIC_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}(?:==)?")
_INDEX: Final = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)
NO_NODE: Final = Node(-1, "", -1)
NOBODY_YET: Final = "The coordinator is not available."


def handle(request: FindCoordinatorRequest, context: RequestContext) -> FindCoordinatorResponse:
    if request.key_type in (GROUP, TRANSACTION) or (request.key_type == SHARE and context.api_version >= 6):
        if request.key_type == SHARE:
            require_on_cluster(context, Operation.CLUSTER_ACTION)
        # Not null on success: the two texts that Kafka sends in these places.
        return _answer(request, context, ErrorCode.NONE, "NONE" if context.api_version < 4 else "")
    message = "Share groups are not supported." if request.key_type == SHARE else f"Unknown key type {request.key_type}."
    return _answer(request, context, ErrorCode.INVALID_REQUEST, message)


def is_share_partition(key: str) -> bool:
    """Whether it is GROUP:TOPIC_ID:PARTITION; the group's name may have colons."""
    group, _, index = key.rpartition(":")
    group, _, topic_id = group.rpartition(":")
    try:
        known = len(urlsafe_b64decode(topic_id.removesuffix("==") + "==")) == 16 and _TOPIC_ID.fullmatch(topic_id)
    except ValueError:
        return False
    return bool(group.strip() and known and _INDEX.fullmatch(index)) and -(1 << 31) <= int(index) < 1 << 31


def _answer(
    request: FindCoordinatorRequest, context: RequestContext, error: int, message: str | None
) -> FindCoordinatorResponse:
    if context.api_version < 4:
        if not error and not _is_allowed(request.key_type, request.key, context):
            _, error, message = _JUDGED_AS[request.key_type]
        node = NO_NODE if error else _coordinator(request.key_type, request.key, context)
        if node is NO_NODE and not error:
            error, message = ErrorCode.COORDINATOR_NOT_AVAILABLE, NOBODY_YET
        return FindCoordinatorResponse(
            error_code=error, error_message=message, node_id=node.node_id, host=node.host, port=node.port
        )
    coordinators = []
    for key in request.coordinator_keys:
        wrong = error
        if not error and request.key_type == SHARE and not is_share_partition(key):
            wrong = ErrorCode.INVALID_REQUEST
        elif not error and not _is_allowed(request.key_type, key, context):
            wrong = _JUDGED_AS[request.key_type][1]
        node = NO_NODE if wrong else _coordinator(request.key_type, key, context)
        if node is NO_NODE and not wrong:
            wrong = ErrorCode.COORDINATOR_NOT_AVAILABLE
        coordinators.append(
            FindCoordinatorResponseCoordinator(
                key=key, node_id=node.node_id, host=node.host, port=node.port, error_code=wrong, error_message=message
            )
        )
    return FindCoordinatorResponse(coordinators=coordinators)


def _is_allowed(kind: int, key: str, context: RequestContext) -> bool:
    judged_as = _JUDGED_AS.get(kind)
    return judged_as is None or context.allows(Operation.DESCRIBE, judged_as[0], key)


def _coordinator(kind: int, key: str, context: RequestContext) -> Node:
    advertised = context.connection.advertised
    identity = context.services.identity
    node_id = identity.coordinator_of(kind, key)
    if node_id == advertised.node_id:
        return advertised
    return next((node for node in identity.nodes(context.connection.listener) if node.node_id == node_id), NO_NODE)


def refuse(
    request: FindCoordinatorRequest, context: RequestContext, error_code: int, message: str | None
) -> FindCoordinatorResponse:
    return _answer(request, context, error_code, message)


HANDLER = Handler(key=ApiKey.FIND_COORDINATOR, name="find_coordinator", versions=range(7), handle=handle, refuse=refuse)
