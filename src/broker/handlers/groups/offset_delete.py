"""
OffsetDelete (key 47), version 0.

Behaviour:
- Deletes offsets of topics that no member subscribes to (GROUP_SUBSCRIBED_TO_TOPIC otherwise); offsets that are not there
  count as deleted.
- Needs DELETE on the group, and READ on each topic.
- A group with members that is no consumer group is refused as a whole: NON_EMPTY_GROUP.
- Partitions that do not exist are refused one by one; when none is left the group is not even looked at (as in Kafka).

Versions:
- v0: KIP-496.
"""

from broker.handlers.base import Handler, Pending, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.offset_delete import (
    OffsetDeleteRequest,
    OffsetDeleteResponse,
    OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
)
from security.acls.kinds import Operation, ResourceType


def handle(request: OffsetDeleteRequest, context: RequestContext) -> Pending | OffsetDeleteResponse:
    if not context.allows(Operation.DELETE, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, None)
    wanted: list[tuple[str, int]] = []
    known: list[tuple[str, OffsetDeleteResponsePartition]] = []
    answers = []
    for topic in request.topics:
        state = context.services.directory.by_name(topic.name)
        is_denied = not context.allows(Operation.READ, ResourceType.TOPIC, topic.name)
        answer = OffsetDeleteResponseTopic(name=topic.name)
        answers.append(answer)
        for partition in topic.partitions:
            outcome = OffsetDeleteResponsePartition(partition_index=partition.partition_index)
            answer.partitions.append(outcome)
            if is_denied:
                outcome.error_code = ErrorCode.TOPIC_AUTHORIZATION_FAILED
            elif state is None or not 0 <= partition.partition_index < len(state.pids):
                outcome.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            else:
                wanted.append((topic.name, partition.partition_index))
                known.append((topic.name, outcome))
    response = OffsetDeleteResponse(topics=answers)
    if not wanted:
        return response
    pending = Pending()

    def done(error: ErrorCode, subscribed: frozenset[str]) -> None:
        if error:
            response.error_code, response.topics = error, []
        for name, outcome in known:
            if name in subscribed:
                outcome.error_code = ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
            elif not error:
                context.changed(f"group:{request.group_id}:offsets", {"topic": name, "partition": outcome.partition_index}, None)
        pending.resolve(response)

    context.services.groups.delete_offsets(request.group_id, wanted, done)
    return pending


def refuse(
    request: OffsetDeleteRequest, context: RequestContext, error_code: int, message: str | None
) -> OffsetDeleteResponse:
    return OffsetDeleteResponse(error_code=error_code)


HANDLER = Handler(key=ApiKey.OFFSET_DELETE, name="offset_delete", versions=range(1), handle=handle, refuse=refuse)
