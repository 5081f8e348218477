"""
DescribeShareGroupOffsets (key 90), versions 0-1.

Behaviour:
- Where a share group begins to read each partition, or of every partition that it reads (topics null).
- -1 where that is not known: the group has not fetched yet, or does not read the partition; it or the topic need not exist. No error is
  answered for these, as in Kafka. A topic named twice is answered once.
- Needs DESCRIBE on each group, and on each topic; among all of a group's topics others are left out.
- A group that is asked for everything twice is answered once: a small request must not make a huge answer.

Versions:
- v1: how many records are still to be delivered (KIP-1226).
"""

from collections.abc import Mapping
from typing import Final

from broker.coordinators.share_group_coordinator import SharePartition, StartOffset
from broker.errors import BrokerError
from broker.handlers.authorization import TOPIC_DENIED
from broker.handlers.base import Handler, RequestContext
from broker.model import ZERO_UUID
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_share_group_offsets import (
    DescribeShareGroupOffsetsRequest,
    DescribeShareGroupOffsetsRequestGroup,
    DescribeShareGroupOffsetsRequestTopic,
    DescribeShareGroupOffsetsResponse,
    DescribeShareGroupOffsetsResponseGroup,
    DescribeShareGroupOffsetsResponsePartition,
    DescribeShareGroupOffsetsResponseTopic,
)
from security.acls.kinds import Operation, ResourceType

UNKNOWN: Final = -1


async def handle(request: DescribeShareGroupOffsetsRequest, context: RequestContext) -> DescribeShareGroupOffsetsResponse:
    whole = {group.group_id: group for group in reversed(request.groups) if group.topics is None}
    asked = [group for group in request.groups if group.topics is not None or whole[group.group_id] is group]
    return DescribeShareGroupOffsetsResponse(groups=[await _group(group, context) for group in asked])


async def _group(asked: DescribeShareGroupOffsetsRequestGroup, context: RequestContext) -> DescribeShareGroupOffsetsResponseGroup:
    if not context.allows(Operation.DESCRIBE, ResourceType.GROUP, asked.group_id):
        return DescribeShareGroupOffsetsResponseGroup(
            group_id=asked.group_id, error_code=ErrorCode.GROUP_AUTHORIZATION_FAILED
        )
    shares = context.services.groups.shares
    error = context.services.groups.error_of(asked.group_id)
    if error:
        return DescribeShareGroupOffsetsResponseGroup(group_id=asked.group_id, error_code=error)
    try:
        if asked.topics is None:
            return DescribeShareGroupOffsetsResponseGroup(
                group_id=asked.group_id, topics=_all(await shares.start_offsets(asked.group_id, None), context)
            )
        answers = [_answer(topic, context) for topic in {topic.topic_name: topic for topic in reversed(asked.topics)}.values()]
        answers.reverse()
        wanted = [
            (topic.topic_id, partition.partition_index)
            for topic in answers
            if topic.topic_id != ZERO_UUID
            for partition in topic.partitions
        ]
        found = await shares.start_offsets(asked.group_id, wanted) if wanted else {}
    except BrokerError as refusal:
        return DescribeShareGroupOffsetsResponseGroup(
            group_id=asked.group_id, error_code=refusal.code, error_message=refusal.message
        )
    for topic in answers:
        for partition in topic.partitions:
            if (topic.topic_id, partition.partition_index) in found:
                _fill(partition, found[topic.topic_id, partition.partition_index])
    return DescribeShareGroupOffsetsResponseGroup(group_id=asked.group_id, topics=answers)


def _answer(topic: DescribeShareGroupOffsetsRequestTopic, context: RequestContext) -> DescribeShareGroupOffsetsResponseTopic:
    if not context.allows(Operation.DESCRIBE, ResourceType.TOPIC, topic.topic_name):
        return DescribeShareGroupOffsetsResponseTopic(
            topic_name=topic.topic_name,
            topic_id=ZERO_UUID,
            partitions=[_denied(index) for index in dict.fromkeys(topic.partitions)],
        )
    state = context.services.directory.by_name(topic.topic_name)
    return DescribeShareGroupOffsetsResponseTopic(
        topic_name=topic.topic_name,
        topic_id=ZERO_UUID if state is None else state.topic_id,
        partitions=[_partition(index) for index in dict.fromkeys(topic.partitions)],
    )


def _all(
    found: Mapping[SharePartition, StartOffset], context: RequestContext
) -> list[DescribeShareGroupOffsetsResponseTopic]:
    topics: dict[bytes, DescribeShareGroupOffsetsResponseTopic] = {}
    for (topic_id, index), offset in sorted(found.items(), key=lambda each: each[0]):
        state = context.services.directory.by_id(topic_id)
        if state is None or not context.sees(Operation.DESCRIBE, ResourceType.TOPIC, state.name):
            continue
        if topic_id not in topics:
            topics[topic_id] = DescribeShareGroupOffsetsResponseTopic(topic_name=state.name, topic_id=topic_id)
        partition = _partition(index)
        _fill(partition, offset)
        topics[topic_id].partitions.append(partition)
    return list(topics.values())


def _partition(index: int) -> DescribeShareGroupOffsetsResponsePartition:
    return DescribeShareGroupOffsetsResponsePartition(partition_index=index, start_offset=UNKNOWN, leader_epoch=0, lag=UNKNOWN)


def _denied(index: int) -> DescribeShareGroupOffsetsResponsePartition:
    partition = _partition(index)
    partition.error_code, partition.error_message = ErrorCode.TOPIC_AUTHORIZATION_FAILED, TOPIC_DENIED
    return partition


def _fill(partition: DescribeShareGroupOffsetsResponsePartition, offset: StartOffset) -> None:
    partition.start_offset = offset.start_offset
    partition.leader_epoch = max(offset.leader_epoch, 0)
    partition.lag = offset.lag


def refuse(
    request: DescribeShareGroupOffsetsRequest, context: RequestContext, error_code: int, message: str | None
) -> DescribeShareGroupOffsetsResponse:
    return DescribeShareGroupOffsetsResponse(
        groups=[
            DescribeShareGroupOffsetsResponseGroup(group_id=group.group_id, error_code=error_code, error_message=message)
            for group in request.groups
        ]
    )


HANDLER = Handler(
    key=ApiKey.DESCRIBE_SHARE_GROUP_OFFSETS,
    name="describe_share_group_offsets",
    versions=range(2),
    handle=handle,
    refuse=refuse,
)
