"""
SyncGroup (key 14), versions 0-5.

Behaviour:
- The leader brings everybody's assignment; all are answered when that is stored. A member the leader left out gets an empty one.
- Needs READ on the group.
- In a group of the consumer protocol the coordinator's own assignment, in the version that the member understands (KIP-848).

Versions:
- v1: throttle time.
- v3: group instance id (KIP-345).
- v4: flexible encoding.
- v5: protocol type and name, checked against the group's (KIP-559).
"""

from broker.coordinators.groups.commands import SyncAnswer, SyncCommand
from broker.handlers.base import Handler, Pending, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.sync_group import SyncGroupRequest, SyncGroupResponse
from security.acls.kinds import Operation, ResourceType


def handle(request: SyncGroupRequest, context: RequestContext) -> Pending | SyncGroupResponse:
    if context.api_version >= 5 and (request.protocol_type is None or request.protocol_name is None):
        return SyncGroupResponse(error_code=ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    if not context.allows(Operation.READ, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, None)
    command = SyncCommand(
        member_id=request.member_id,
        group_instance_id=request.group_instance_id,
        generation=request.generation_id,
        protocol_type=request.protocol_type,
        protocol=request.protocol_name,
        assignments={each.member_id: each.assignment for each in request.assignments},
    )
    pending = Pending()
    context.services.groups.sync(request.group_id, command, lambda answer: pending.resolve(_response(answer)))
    return pending


def _response(answer: SyncAnswer) -> SyncGroupResponse:
    return SyncGroupResponse(
        error_code=answer.error,
        protocol_type=answer.protocol_type,
        protocol_name=answer.protocol,
        assignment=answer.assignment,
    )


def refuse(
    request: SyncGroupRequest | None, context: RequestContext, error_code: int, message: str | None
) -> SyncGroupResponse:
    return SyncGroupResponse(error_code=error_code)


HANDLER = Handler(
    key=ApiKey.SYNC_GROUP, name="sync_group", versions=range(6), handle=handle, refuse=refuse, waits_for_others=True
)
