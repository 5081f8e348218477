"""
Heartbeat (key 12), versions 0-4.

Behaviour:
- Keeps the member's session alive. REBALANCE_IN_PROGRESS asks it to join again; it is alive all the same.
- Needs READ on the group.

Versions:
- v1: throttle time.
- v3: group instance id (KIP-345).
- v4: flexible encoding.
"""

from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.heartbeat import HeartbeatRequest, HeartbeatResponse
from security.acls.kinds import Operation, ResourceType


def handle(request: HeartbeatRequest, context: RequestContext) -> HeartbeatResponse:
    if not context.allows(Operation.READ, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, None)
    error = context.services.groups.heartbeat(
        request.group_id, request.member_id, request.group_instance_id, request.generation_id
    )
    return HeartbeatResponse(error_code=error)


def refuse(
    request: HeartbeatRequest, context: RequestContext, error_code: int, message: str | None
) -> HeartbeatResponse:
    return HeartbeatResponse(error_code=error_code)


HANDLER = Handler(key=ApiKey.HEARTBEAT, name="heartbeat", versions=range(5), handle=handle, refuse=refuse)
