"""
DeleteShareGroupOffsets (key 92), version 0.

Behaviour:
- Has a share group that nobody is in forget what it has read of topics; should it read them again, it begins as with a new topic.
- Needs DELETE on the group, and READ on each topic.
- NON_EMPTY_GROUP while there are members. UNKNOWN_TOPIC_OR_PARTITION for a topic that does not exist, or that the group has not read.

Versions:
- v0: KIP-932.
"""

from typing import Final

from broker.errors import BrokerError
from broker.handlers.authorization import GROUP_DENIED, TOPIC_DENIED
from broker.handlers.base import Handler, RequestContext
from broker.handlers.groups.alter_share_group_offsets import NO_SUCH_PARTITION
from broker.model import ZERO_UUID
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.delete_share_group_offsets import (
    DeleteShareGroupOffsetsRequest,
    DeleteShareGroupOffsetsResponse,
    DeleteShareGroupOffsetsResponseTopic,
)
from security.acls.kinds import Operation, ResourceType

NOTHING_TO_DELETE: Final = "There is no offset information to delete."


async def handle(request: DeleteShareGroupOffsetsRequest, context: RequestContext) -> DeleteShareGroupOffsetsResponse:
    if not context.allows(Operation.DELETE, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, GROUP_DENIED)
    groups = context.services.groups
    if error := groups.error_of(request.group_id):
        return refuse(request, context, error, None)
    if not request.group_id:
        return refuse(request, context, ErrorCode.INVALID_GROUP_ID, "The group id is invalid.")
    names = dict.fromkeys(topic.topic_name for topic in request.topics)
    denied = {name for name in names if not context.allows(Operation.READ, ResourceType.TOPIC, name)}
    states = {name: context.services.directory.by_name(name) for name in names if name not in denied}
    ids = {name: state.topic_id for name, state in states.items() if state is not None}
    try:
        outcomes = await groups.shares.delete_offsets(request.group_id, list(ids.values()))
    except BrokerError as refusal:
        return refuse(request, context, refusal.code, refusal.message)
    answers = []
    for name in names:
        answer = DeleteShareGroupOffsetsResponseTopic(topic_name=name, topic_id=ids.get(name, ZERO_UUID))
        if name in denied:
            answer.error_code, answer.error_message = ErrorCode.TOPIC_AUTHORIZATION_FAILED, TOPIC_DENIED
        elif name not in ids:
            answer.error_code, answer.error_message = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, NO_SUCH_PARTITION
        elif outcome := outcomes[ids[name]]:
            answer.error_code = outcome
            if outcome == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
                answer.topic_id, answer.error_message = ZERO_UUID, NOTHING_TO_DELETE
        else:
            context.changed(f"group:{request.group_id}:share_offsets", {"topic": name}, None)
        answers.append(answer)
    return DeleteShareGroupOffsetsResponse(responses=answers)


def refuse(
    request: DeleteShareGroupOffsetsRequest, context: RequestContext, error_code: int, message: str | None
) -> DeleteShareGroupOffsetsResponse:
    return DeleteShareGroupOffsetsResponse(error_code=error_code, error_message=message)


HANDLER = Handler(
    key=ApiKey.DELETE_SHARE_GROUP_OFFSETS, name="delete_share_group_offsets", versions=range(1), handle=handle, refuse=refuse
)
