"""
ShareGroupHeartbeat (key 76), version 1.

Behaviour:
- Joins (epoch 0), keeps alive, leaves (epoch -1), and answers with the partitions the member may fetch when these have changed, when it
  joins, and when its last answer got lost (KIP-932).
- A step that changes anything is in the catalog before it is answered.
- Needs READ on the group, and DESCRIBE on each topic that is subscribed to by name.
- Fields that are null are as they were.

Versions:
- v1: the first there is (0 was a preview and is gone).
"""

from broker.coordinators.groups.consumer_member import JOIN_EPOCH, LEAVE_EPOCH
from broker.coordinators.groups.epoch_group import HeartbeatAnswer
from broker.coordinators.groups.share_member import ShareCommand
from broker.errors import BrokerError
from broker.handlers.authorization import GROUP_DENIED
from broker.handlers.base import Handler, Pending, RequestContext
from broker.handlers.groups.describing import may_describe
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.share_group_heartbeat import (
    ShareGroupHeartbeatRequest,
    ShareGroupHeartbeatResponse,
    ShareGroupHeartbeatResponseAssignment,
    ShareGroupHeartbeatResponseTopicPartitions,
)
from security.acls.kinds import Operation, ResourceType

MEMBER_ID_CHARACTERS_MAX = 36
"""As long as a UUID in text, which is what clients make."""


def handle(request: ShareGroupHeartbeatRequest, context: RequestContext) -> Pending | ShareGroupHeartbeatResponse:
    if not context.allows(Operation.READ, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, GROUP_DENIED)
    if not may_describe(request.subscribed_topic_names or (), context):
        return refuse(request, context, ErrorCode.TOPIC_AUTHORIZATION_FAILED, None)
    groups = context.services.groups
    if unavailable := groups.error_of(request.group_id):
        return refuse(request, context, unavailable, None)
    if not 0 < len(request.member_id) <= MEMBER_ID_CHARACTERS_MAX:
        return refuse(request, context, ErrorCode.INVALID_REQUEST, None)
    if problem := _problem(request):
        return refuse(request, context, ErrorCode.INVALID_REQUEST, problem)
    pending = Pending()

    def answered(answer: HeartbeatAnswer | BrokerError) -> None:
        if isinstance(answer, BrokerError):
            pending.resolve(refuse(request, context, answer.code, answer.message))
        else:
            pending.resolve(_response(answer, groups.shares.heartbeat_interval_ms(request.group_id)))

    if request.member_epoch == LEAVE_EPOCH:
        groups.shares.leave(request.group_id, request.member_id, request.member_epoch, answered)
    else:
        groups.shares.heartbeat(request.group_id, _command(request, context), answered)
    return pending


def _problem(request: ShareGroupHeartbeatRequest) -> str | None:
    """What is wrong with the request by itself, in Kafka's words and order."""
    if not request.member_id.strip():
        return "MemberId can't be empty."
    if not request.group_id.strip():
        return "GroupId can't be empty."
    if request.rack_id is not None and not request.rack_id.strip():
        return "RackId can't be empty."
    if request.member_epoch == JOIN_EPOCH:
        if not request.subscribed_topic_names:
            return "SubscribedTopicNames must be set in first request."
    elif request.member_epoch < LEAVE_EPOCH:
        return "MemberEpoch is invalid."
    return None


def _command(request: ShareGroupHeartbeatRequest, context: RequestContext) -> ShareCommand:
    names = request.subscribed_topic_names
    return ShareCommand(
        member_id=request.member_id,
        member_epoch=request.member_epoch,
        rack_id=request.rack_id,
        client_id=context.client_id or "",
        client_host=f"/{context.connection.peer_host}",
        topic_names=None if names is None else frozenset(names),
    )


def _response(answer: HeartbeatAnswer, interval_ms: int) -> ShareGroupHeartbeatResponse:
    response = ShareGroupHeartbeatResponse(member_id=answer.member_id, member_epoch=answer.member_epoch)
    if answer.member_epoch >= JOIN_EPOCH:
        response.heartbeat_interval_ms = interval_ms
    if answer.assigned is not None:
        response.assignment = ShareGroupHeartbeatResponseAssignment(
            topic_partitions=[
                ShareGroupHeartbeatResponseTopicPartitions(topic_id=topic_id, partitions=sorted(indexes))
                for topic_id, indexes in answer.assigned.items()
            ]
        )
    return response


def refuse(
    request: ShareGroupHeartbeatRequest, context: RequestContext, error_code: int, message: str | None
) -> ShareGroupHeartbeatResponse:
    return ShareGroupHeartbeatResponse(error_code=error_code, error_message=message)


HANDLER = Handler(
    key=ApiKey.SHARE_GROUP_HEARTBEAT, name="share_group_heartbeat", versions=range(1, 2), handle=handle, refuse=refuse
)
