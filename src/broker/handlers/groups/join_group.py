"""
JoinGroup (key 11), versions 0-9.

Behaviour:
- Answered when all members have joined or the rebalance times out, or at once when nothing changes for the member.
- In a group of the consumer protocol answered at once, with nobody leading: the coordinator assigns (KIP-848).
- Needs READ on the group.
- The member stays in the group for its session (or rebalance) timeout when its connection breaks meanwhile.

Versions:
- v1: a rebalance timeout of its own (KIP-62); before, the session timeout is used.
- v2: throttle time.
- v4: a member without an id gets one with MEMBER_ID_REQUIRED and comes back with it (KIP-394).
- v5: group instance id, static members (KIP-345).
- v6: flexible encoding.
- v7: protocol type in the answer, null protocol name on errors (KIP-559).
- v8: the reason for joining (KIP-800).
- v9: the leader may be told to skip the assignment (KIP-814).
"""

from broker.coordinators.groups.commands import JoinAnswer, JoinCommand
from broker.handlers.base import Handler, Pending, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.join_group import JoinGroupRequest, JoinGroupResponse, JoinGroupResponseMember
from security.acls.kinds import Operation, ResourceType


def handle(request: JoinGroupRequest, context: RequestContext) -> Pending | JoinGroupResponse:
    if not context.allows(Operation.READ, ResourceType.GROUP, request.group_id):
        return refuse(None, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, None)
    version = context.api_version
    # Before version 1 the field has its default, -1; whoever sends that later means the same.
    rebalance_timeout_ms = (
        request.rebalance_timeout_ms if request.rebalance_timeout_ms >= 0 else request.session_timeout_ms
    )
    command = JoinCommand(
        member_id=request.member_id,
        fresh_member_id="",
        group_instance_id=request.group_instance_id,
        client_id=context.client_id or "",
        client_host=f"/{context.connection.peer_host}",
        session_timeout_ms=request.session_timeout_ms,
        rebalance_timeout_ms=rebalance_timeout_ms,
        protocol_type=request.protocol_type,
        protocols=tuple((protocol.name, protocol.metadata) for protocol in request.protocols),
        requires_known_member_id=version >= 4,
        supports_skipping_assignment=version >= 9,
        reason=request.reason,
    )
    pending = Pending()
    context.services.groups.join(request.group_id, command, lambda answer: pending.resolve(_response(answer, version)))
    return pending


def _response(answer: JoinAnswer, version: int) -> JoinGroupResponse:
    protocol = answer.protocol
    return JoinGroupResponse(
        error_code=answer.error,
        generation_id=answer.generation,
        protocol_type=answer.protocol_type,
        protocol_name=protocol if protocol is not None or version >= 7 else "",
        leader=answer.leader,
        skip_assignment=answer.skip_assignment,
        member_id=answer.member_id,
        members=[
            JoinGroupResponseMember(
                member_id=member.member_id, group_instance_id=member.group_instance_id, metadata=member.metadata
            )
            for member in answer.members
        ],
    )


def refuse(
    request: JoinGroupRequest | None, context: RequestContext, error_code: int, message: str | None
) -> JoinGroupResponse:
    member_id = "" if request is None else request.member_id
    return JoinGroupResponse(
        error_code=error_code, member_id=member_id, protocol_name=None if context.api_version >= 7 else ""
    )


HANDLER = Handler(
    key=ApiKey.JOIN_GROUP, name="join_group", versions=range(10), handle=handle, refuse=refuse, waits_for_others=True
)
