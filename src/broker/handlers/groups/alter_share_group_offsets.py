"""
AlterShareGroupOffsets (key 91), version 0.

Behaviour:
- Has a share group that nobody is in begin to read partitions at given offsets; -1 leaves it to share.auto.offset.reset again. What it
  had acknowledged from there on is delivered once more.
- A group that does not exist is made, as in Kafka, if there is anything to set. NON_EMPTY_GROUP while there are members.
- Needs READ on the group, and READ on each topic.
- Partitions that do not exist are refused one by one. A topic named twice is answered once; of a partition named twice the last counts.

Versions:
- v0: KIP-932.
"""

from typing import Final

from broker.errors import BrokerError
from broker.handlers.authorization import GROUP_DENIED, TOPIC_DENIED
from broker.handlers.base import Handler, RequestContext
from broker.model import ZERO_UUID
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.alter_share_group_offsets import (
    AlterShareGroupOffsetsRequest,
    AlterShareGroupOffsetsResponse,
    AlterShareGroupOffsetsResponsePartition,
    AlterShareGroupOffsetsResponseTopic,
)
from security.acls.kinds import Operation, ResourceType

NO_SUCH_PARTITION: Final = "This server does not host this topic-partition."


async def handle(request: AlterShareGroupOffsetsRequest, context: RequestContext) -> AlterShareGroupOffsetsResponse:
    if not context.allows(Operation.READ, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, GROUP_DENIED)
    groups = context.services.groups
    if error := groups.error_of(request.group_id):
        return refuse(request, context, error, None)
    if not request.group_id:
        return refuse(request, context, ErrorCode.INVALID_GROUP_ID, "The group id is invalid.")
    answers: dict[str, AlterShareGroupOffsetsResponseTopic] = {}
    offsets: dict[tuple[bytes, int], int] = {}
    for topic in request.topics:
        is_denied = not context.allows(Operation.READ, ResourceType.TOPIC, topic.topic_name)
        state = None if is_denied else context.services.directory.by_name(topic.topic_name)
        topic_id = ZERO_UUID if state is None else state.topic_id
        answer = answers.setdefault(
            topic.topic_name, AlterShareGroupOffsetsResponseTopic(topic_name=topic.topic_name, topic_id=topic_id)
        )
        for partition in topic.partitions:
            outcome = AlterShareGroupOffsetsResponsePartition(partition_index=partition.partition_index)
            if is_denied:
                outcome.error_code, outcome.error_message = ErrorCode.TOPIC_AUTHORIZATION_FAILED, TOPIC_DENIED
            elif state is None or not 0 <= partition.partition_index < len(state.pids):
                outcome.error_code, outcome.error_message = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, NO_SUCH_PARTITION
            else:
                offsets[topic_id, partition.partition_index] = partition.start_offset
            answer.partitions.append(outcome)
    try:
        outcomes = await groups.shares.alter_offsets(request.group_id, offsets)
    except BrokerError as refusal:
        return refuse(request, context, refusal.code, refusal.message)
    for answer in answers.values():
        for outcome in answer.partitions:
            if not outcome.error_code:
                key = answer.topic_id, outcome.partition_index
                outcome.error_code = outcomes[key]
                if not outcome.error_code:
                    after = {"topic": answer.topic_name, "partition": key[1], "offset": offsets[key]}
                    context.changed(f"group:{request.group_id}:share_offsets", None, after)
    return AlterShareGroupOffsetsResponse(responses=list(answers.values()))


def refuse(
    request: AlterShareGroupOffsetsRequest, context: RequestContext, error_code: int, message: str | None
) -> AlterShareGroupOffsetsResponse:
    return AlterShareGroupOffsetsResponse(error_code=error_code, error_message=message)


HANDLER = Handler(
    key=ApiKey.ALTER_SHARE_GROUP_OFFSETS, name="alter_share_group_offsets", versions=range(1), handle=handle, refuse=refuse
)
