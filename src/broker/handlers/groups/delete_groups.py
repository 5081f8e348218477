"""
DeleteGroups (key 42), versions 0-2.

Behaviour:
- Deletes empty groups with all their offsets, each on its own; a group named twice is answered once (as in Kafka).
- Needs DELETE on each group.
- NON_EMPTY_GROUP while there are members, GROUP_ID_NOT_FOUND when there is no such group.

Versions:
- v2: flexible encoding.
"""

from collections.abc import Callable

from broker.handlers.base import Handler, Pending, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.delete_groups import (
    DeleteGroupsRequest,
    DeleteGroupsResponse,
    DeleteGroupsResponseDeletableGroupResult,
)
from security.acls.kinds import Operation, ResourceType


def handle(request: DeleteGroupsRequest, context: RequestContext) -> Pending | DeleteGroupsResponse:
    results = {
        group_id: DeleteGroupsResponseDeletableGroupResult(group_id=group_id)
        for group_id in dict.fromkeys(request.groups_names)
    }
    response = DeleteGroupsResponse(results=list(results.values()))
    allowed = []
    for group_id, result in results.items():
        if context.allows(Operation.DELETE, ResourceType.GROUP, group_id):
            allowed.append((group_id, result))
        else:
            result.error_code = ErrorCode.GROUP_AUTHORIZATION_FAILED
    if not allowed:
        return response
    pending = Pending()
    waiting = len(allowed)

    def finisher(result: DeleteGroupsResponseDeletableGroupResult) -> Callable[[ErrorCode], None]:
        def finish(error: ErrorCode) -> None:
            nonlocal waiting
            result.error_code = error
            if not error:
                context.changed(f"group:{result.group_id}", {}, None)
            waiting -= 1
            if not waiting:
                pending.resolve(response)

        return finish

    for group_id, result in allowed:
        context.services.groups.delete(group_id, finisher(result))
    return pending


def refuse(
    request: DeleteGroupsRequest, context: RequestContext, error_code: int, message: str | None
) -> DeleteGroupsResponse:
    return DeleteGroupsResponse(
        results=[
            DeleteGroupsResponseDeletableGroupResult(group_id=group_id, error_code=error_code)
            for group_id in dict.fromkeys(request.groups_names)
        ]
    )


HANDLER = Handler(key=ApiKey.DELETE_GROUPS, name="delete_groups", versions=range(3), handle=handle, refuse=refuse)
