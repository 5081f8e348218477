"""
LeaveGroup (key 13), versions 0-5.

Behaviour:
- The members leave at once and the others rebalance, once for all that leave together.
- A static member can be removed by its instance id alone (administrators do that); its own client just stays away.
- Needs READ on the group.

Versions:
- v0-2: one member, its error is the request's.
- v1: throttle time.
- v3: several members, an outcome for each (KIP-345).
- v4: flexible encoding.
- v5: the reason for leaving (KIP-800).
"""

from broker.coordinators.groups.commands import Leaver
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.leave_group import (
    LeaveGroupRequest,
    LeaveGroupResponse,
    LeaveGroupResponseMemberResponse,
)
from security.acls.kinds import Operation, ResourceType


def handle(request: LeaveGroupRequest, context: RequestContext) -> LeaveGroupResponse:
    if not context.allows(Operation.READ, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, None)
    if context.api_version < 3:
        error, outcomes = context.services.groups.leave(request.group_id, [Leaver(request.member_id)])
        return LeaveGroupResponse(error_code=error or outcomes[0].error)
    leavers = [Leaver(each.member_id, each.group_instance_id, each.reason) for each in request.members]
    error, outcomes = context.services.groups.leave(request.group_id, leavers)
    return LeaveGroupResponse(
        error_code=error,
        members=[
            LeaveGroupResponseMemberResponse(
                member_id=outcome.member_id, group_instance_id=outcome.group_instance_id, error_code=outcome.error
            )
            for outcome in outcomes
        ],
    )


def refuse(
    request: LeaveGroupRequest, context: RequestContext, error_code: int, message: str | None
) -> LeaveGroupResponse:
    return LeaveGroupResponse(error_code=error_code)


HANDLER = Handler(key=ApiKey.LEAVE_GROUP, name="leave_group", versions=range(6), handle=handle, refuse=refuse)
