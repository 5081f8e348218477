"""
DescribeGroups (key 15), versions 0-6.

Behaviour:
- The group's state and members; protocol and metadata only when the group is stable, as Kafka tells them.
- Needs DESCRIBE on each group.
- A group named twice is described once: a small request must not make a huge answer.
- Before v6 a group that does not exist is described as Dead without an error. So are one of the consumer protocol and
  a share group: they are described by ConsumerGroupDescribe and ShareGroupDescribe.

Versions:
- v1: throttle time.
- v3: authorized operations (KIP-430).
- v4: group instance ids (KIP-345).
- v5: flexible encoding.
- v6: GROUP_ID_NOT_FOUND with a message (KIP-1043).
"""

from broker.coordinators.groups.classic import ClassicGroup
from broker.coordinators.groups.rebalancing import GroupState
from broker.handlers.authorization import NOT_ASKED, operations_on
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_groups import (
    DescribeGroupsRequest,
    DescribeGroupsResponse,
    DescribeGroupsResponseDescribedGroup,
    DescribeGroupsResponseDescribedGroupMember,
)
from security.acls.kinds import Operation, ResourceType


def handle(request: DescribeGroupsRequest, context: RequestContext) -> DescribeGroupsResponse:
    groups = context.services.groups
    described = []
    for group_id in dict.fromkeys(request.groups):
        if not context.allows(Operation.DESCRIBE, ResourceType.GROUP, group_id):
            denied = ErrorCode.GROUP_AUTHORIZATION_FAILED
            described.append(DescribeGroupsResponseDescribedGroup(group_id=group_id, error_code=denied))
            continue
        if error := groups.error_of(group_id):
            described.append(DescribeGroupsResponseDescribedGroup(group_id=group_id, error_code=error))
            continue
        group = groups.group(group_id)
        if isinstance(group, ClassicGroup):
            answer = _described(group)
        else:
            answer = _missing(group_id, context.api_version, "not found" if group is None else "is not a classic group")
        asked = request.include_authorized_operations and not answer.error_code
        answer.authorized_operations = operations_on(context, ResourceType.GROUP, group_id) if asked else NOT_ASKED
        described.append(answer)
    return DescribeGroupsResponse(groups=described)


def _missing(group_id: str, version: int, why: str) -> DescribeGroupsResponseDescribedGroup:
    answer = DescribeGroupsResponseDescribedGroup(group_id=group_id, group_state=GroupState.DEAD.value)
    if version >= 6:
        answer.error_code = ErrorCode.GROUP_ID_NOT_FOUND
        answer.error_message = f"Group {group_id} {why}."
    return answer


def _described(group: ClassicGroup) -> DescribeGroupsResponseDescribedGroup:
    is_stable = group.state is GroupState.STABLE
    return DescribeGroupsResponseDescribedGroup(
        group_id=group.group_id,
        group_state=group.state.value,
        protocol_type=group.protocol_type or "",
        protocol_data=(group.protocol or "") if is_stable else "",
        members=[
            DescribeGroupsResponseDescribedGroupMember(
                member_id=member.member_id,
                group_instance_id=member.group_instance_id,
                client_id=member.client_id,
                client_host=member.client_host,
                member_metadata=member.metadata(group.protocol) if is_stable else b"",
                member_assignment=member.assignment,
            )
            for member in group.roster
        ],
    )


def refuse(
    request: DescribeGroupsRequest, context: RequestContext, error_code: int, message: str | None
) -> DescribeGroupsResponse:
    return DescribeGroupsResponse(
        groups=[
            DescribeGroupsResponseDescribedGroup(group_id=group_id, error_code=error_code, error_message=message)
            for group_id in request.groups
        ]
    )


HANDLER = Handler(key=ApiKey.DESCRIBE_GROUPS, name="describe_groups", versions=range(7), handle=handle, refuse=refuse)
