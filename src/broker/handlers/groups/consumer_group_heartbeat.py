"""
ConsumerGroupHeartbeat (key 68), versions 0-1.

Behaviour:
- Joins (epoch 0), keeps alive, reports what the member holds, leaves (epoch -1, or -2 for a static member that will be back), and
  answers with the partitions the member is to have when these have changed or everything was said (KIP-848).
- The first to join a classic group makes it one of the consumer protocol, as group.consumer.migration.policy allows.
- A step that changes anything is in the catalog before it is answered.
- Needs READ on the group, and DESCRIBE on each topic that is subscribed to by name. A pattern matches only topics that whoever had it resolved may
  DESCRIBE.
- Fields that are null are as they were.

Versions:
- v1: a regular expression to subscribe with, in RE2's syntax; member ids are made by the client.
"""

from uuid import uuid4

from broker.coordinators.groups.consumer_member import JOIN_EPOCH, LEAVE_EPOCH, STATIC_LEAVE_EPOCH, HeartbeatCommand
from broker.coordinators.groups.epoch_group import HeartbeatAnswer
from broker.errors import BrokerError
from broker.handlers.authorization import GROUP_DENIED
from broker.handlers.base import Handler, Pending, RequestContext
from broker.handlers.groups.describing import known_topics, may_describe
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.consumer_group_heartbeat import (
    ConsumerGroupHeartbeatRequest,
    ConsumerGroupHeartbeatResponse,
    ConsumerGroupHeartbeatResponseAssignment,
    ConsumerGroupHeartbeatResponseTopicPartitions,
)
from security.acls.kinds import Operation, ResourceType

CLIENTS_MAKE_MEMBER_IDS = 1


def handle(request: ConsumerGroupHeartbeatRequest, context: RequestContext) -> Pending | ConsumerGroupHeartbeatResponse:
    if not context.allows(Operation.READ, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, GROUP_DENIED)
    if not may_describe(request.subscribed_topic_names or (), context):
        return refuse(request, context, ErrorCode.TOPIC_AUTHORIZATION_FAILED, None)
    groups = context.services.groups
    if unavailable := groups.error_of(request.group_id):
        return refuse(request, context, unavailable, None)
    assignors = context.services.settings.current.group_consumer_assignors
    if problem := _problem(request, context.api_version):
        return refuse(request, context, ErrorCode.INVALID_REQUEST, problem)
    if request.server_assignor is not None and request.server_assignor not in assignors:
        message = f"ServerAssignor {request.server_assignor} is not supported. Supported assignors: {', '.join(assignors)}."
        return refuse(request, context, ErrorCode.UNSUPPORTED_ASSIGNOR, message)
    pending = Pending()

    def answered(answer: HeartbeatAnswer | BrokerError) -> None:
        if isinstance(answer, BrokerError):
            pending.resolve(refuse(request, context, answer.code, answer.message))
        else:
            pending.resolve(_response(answer, groups.consumers.heartbeat_interval_ms(request.group_id)))

    if request.member_epoch in (LEAVE_EPOCH, STATIC_LEAVE_EPOCH):
        groups.consumers.leave(
            request.group_id, request.member_id, request.instance_id, request.member_epoch, answered
        )
    else:
        groups.consumers.heartbeat(request.group_id, _command(request, context), answered, known_topics(context))
    return pending


def _problem(request: ConsumerGroupHeartbeatRequest, version: int) -> str | None:
    """What is wrong with the request by itself, in Kafka's words and order."""
    epoch = request.member_epoch
    if (version >= CLIENTS_MAKE_MEMBER_IDS or epoch > JOIN_EPOCH or epoch == LEAVE_EPOCH) and not request.member_id.strip():
        return "MemberId can't be empty."
    if not request.group_id.strip():
        return "GroupId can't be empty."
    if request.instance_id is not None and not request.instance_id.strip():
        return "InstanceId can't be empty."
    if request.rack_id is not None and not request.rack_id.strip():
        return "RackId can't be empty."
    if epoch == JOIN_EPOCH:
        if request.rebalance_timeout_ms == -1:
            return "RebalanceTimeoutMs must be provided in first request."
        if request.topic_partitions is None or request.topic_partitions:
            return "TopicPartitions must be empty when (re-)joining."
        if request.subscribed_topic_names is None and request.subscribed_topic_regex is None:
            return "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining."
    elif epoch == STATIC_LEAVE_EPOCH:
        if request.instance_id is None:
            return "InstanceId can't be null."
    elif epoch < STATIC_LEAVE_EPOCH:
        return "MemberEpoch is invalid."
    return None


def _command(request: ConsumerGroupHeartbeatRequest, context: RequestContext) -> HeartbeatCommand:
    names = request.subscribed_topic_names
    owned: dict[bytes, frozenset[int]] | None = None
    if request.topic_partitions is not None:
        owned = {}
        for topic in request.topic_partitions:
            owned[topic.topic_id] = owned.get(topic.topic_id, frozenset()) | frozenset(topic.partitions)
    return HeartbeatCommand(
        member_id=request.member_id or str(uuid4()),
        member_epoch=request.member_epoch,
        instance_id=request.instance_id,
        rack_id=request.rack_id,
        rebalance_timeout_ms=request.rebalance_timeout_ms,
        client_id=context.client_id or "",
        client_host=f"/{context.connection.peer_host}",
        topic_names=None if names is None else frozenset(names),
        topic_regex=request.subscribed_topic_regex,
        server_assignor=request.server_assignor,
        owned=owned,
    )


def _response(answer: HeartbeatAnswer, interval_ms: int) -> ConsumerGroupHeartbeatResponse:
    response = ConsumerGroupHeartbeatResponse(member_id=answer.member_id, member_epoch=answer.member_epoch)
    if answer.member_epoch >= JOIN_EPOCH:
        response.heartbeat_interval_ms = interval_ms
    if answer.assigned is not None:
        response.assignment = ConsumerGroupHeartbeatResponseAssignment(
            topic_partitions=[
                ConsumerGroupHeartbeatResponseTopicPartitions(topic_id=topic_id, partitions=sorted(indexes))
                for topic_id, indexes in answer.assigned.items()
            ]
        )
    return response


def refuse(
    request: ConsumerGroupHeartbeatRequest, context: RequestContext, error_code: int, message: str | None
) -> ConsumerGroupHeartbeatResponse:
    return ConsumerGroupHeartbeatResponse(error_code=error_code, error_message=message)


HANDLER = Handler(
    key=ApiKey.CONSUMER_GROUP_HEARTBEAT, name="consumer_group_heartbeat", versions=range(2), handle=handle, refuse=refuse
)
