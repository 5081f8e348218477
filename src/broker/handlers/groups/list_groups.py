"""
ListGroups (key 16), versions 0-5.

Behaviour:
- All groups that this broker coordinates, or those in one of the states and of one of the types asked for; case does not matter.
- Only groups that the client may DESCRIBE, unless it may DESCRIBE the cluster.

Versions:
- v1: throttle time.
- v3: flexible encoding.
- v4: filter by states, the state in the answer (KIP-518).
- v5: filter by types, the type in the answer (KIP-848): "classic", "consumer" or "share".
"""

from typing import Final

from broker.coordinators.group_registry import Group
from broker.coordinators.groups.consumer_group import ConsumerGroup
from broker.coordinators.groups.share_group import ShareGroup
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.messages.list_groups import ListGroupsRequest, ListGroupsResponse, ListGroupsResponseListedGroup
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType

CLASSIC: Final = "classic"
CONSUMER: Final = "consumer"
SHARE: Final = "share"


def handle(request: ListGroupsRequest, context: RequestContext) -> ListGroupsResponse:
    groups = context.services.groups
    states = {state.strip().lower() for state in request.states_filter}
    types = {type_.strip().lower() for type_ in request.types_filter}
    error = groups.list_error()
    if error:
        return ListGroupsResponse(error_code=error)
    sees_all = context.sees(Operation.DESCRIBE, ResourceType.CLUSTER, CLUSTER_NAME)
    return ListGroupsResponse(
        groups=[
            ListGroupsResponseListedGroup(
                group_id=group.group_id,
                protocol_type=group.protocol_type or "",
                group_state=group.state.value,
                group_type=_type(group),
            )
            for group in groups.groups()
            if (not states or group.state.value.lower() in states)
            and (not types or _type(group) in types)
            and (sees_all or context.sees(Operation.DESCRIBE, ResourceType.GROUP, group.group_id))
        ]
    )


def _type(group: Group) -> str:
    if isinstance(group, ShareGroup):
        return SHARE
    return CONSUMER if isinstance(group, ConsumerGroup) else CLASSIC


def refuse(
    request: ListGroupsRequest, context: RequestContext, error_code: int, message: str | None
) -> ListGroupsResponse:
    return ListGroupsResponse(error_code=error_code)


HANDLER = Handler(key=ApiKey.LIST_GROUPS, name="list_groups", versions=range(6), handle=handle, refuse=refuse)
