"""
OffsetFetch (key 9), versions 1-10.

Behaviour:
- Offsets that were acknowledged, and no others. -1 where a group has none, also for groups and topics that do not exist.
- An offset of a deleted topic is never shown for a new topic of the same name.
- What a transaction carries is not shown before it is committed. With ``require_stable`` such a partition is answered
  UNSTABLE_OFFSET_COMMIT until the transaction ends; among all offsets of a group only where it has an offset already, as in Kafka.

Versions:
- v2: an error for the group as a whole; null topics ask for all offsets of the group.
- v3: throttle time.
- v5: leader epoch (KIP-320).
- v6: flexible encoding.
- v7: require_stable (KIP-447).
- v8: several groups (KIP-709).
- v9: member id and epoch (KIP-848), which groups of the consumer protocol check: UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH.
- v10: topic ids instead of names.
"""

from collections.abc import Collection, Iterable, Mapping

from broker.cluster.directory import TopicState
from broker.handlers.base import Handler, RequestContext
from broker.model import UNKNOWN_OFFSET, ZERO_UUID, CommittedOffset
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.offset_fetch import (
    OffsetFetchRequest,
    OffsetFetchRequestGroup,
    OffsetFetchResponse,
    OffsetFetchResponseGroup,
    OffsetFetchResponsePartition,
    OffsetFetchResponsePartitions,
    OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
)


def handle(request: OffsetFetchRequest, context: RequestContext) -> OffsetFetchResponse:
    error = context.services.groups.offset_error()
    if error:
        return refuse(request, context, error, None)
    if context.api_version >= 8:
        return OffsetFetchResponse(groups=_groups(request, context))
    offsets = context.services.groups.offsets_of(request.group_id)
    if request.topics is None:
        return OffsetFetchResponse(
            topics=[
                _old_topic(
                    name, sorted(of_topic), of_topic, state, _unstable(request, request.group_id, name, of_topic, context)
                )
                for name, of_topic, state in _all(offsets, context)
            ]
        )
    return OffsetFetchResponse(
        topics=[
            _old_topic(
                topic.name,
                topic.partition_indexes,
                offsets.get(topic.name, {}),
                context.services.directory.by_name(topic.name),
                _unstable(request, request.group_id, topic.name, topic.partition_indexes, context),
            )
            for topic in request.topics
        ]
    )


def _groups(request: OffsetFetchRequest, context: RequestContext) -> list[OffsetFetchResponseGroup]:
    """All offsets of a group are answered once, however often they are asked for: the answer would dwarf the request."""
    answers = []
    in_full: set[str] = set()
    for group in request.groups:
        if group.topics is None:
            if group.group_id in in_full:
                continue
            in_full.add(group.group_id)
        answers.append(_group(request, group, context))
    return answers


def _group(
    request: OffsetFetchRequest, group: OffsetFetchRequestGroup, context: RequestContext
) -> OffsetFetchResponseGroup:
    error = context.services.groups.fetch_error(group.group_id, group.member_id, group.member_epoch)
    if error:
        return OffsetFetchResponseGroup(group_id=group.group_id, error_code=error)
    offsets = context.services.groups.offsets_of(group.group_id)
    directory = context.services.directory
    by_id = context.api_version >= 10
    answers = []
    if group.topics is None:
        for name, of_topic, state in _all(offsets, context):
            if state is not None or not by_id:
                topic_id = state.topic_id if state is not None else ZERO_UUID
                unstable = _unstable(request, group.group_id, name, of_topic, context)
                answers.append(_topic(name, topic_id, sorted(of_topic), of_topic, state, unstable))
        return OffsetFetchResponseGroup(group_id=group.group_id, topics=answers)
    for topic in group.topics:
        state = directory.by_id(topic.topic_id) if by_id else directory.by_name(topic.name)
        if state is None and by_id:
            answers.append(
                _failed_topic(topic.name, topic.topic_id, topic.partition_indexes, ErrorCode.UNKNOWN_TOPIC_ID)
            )
        else:
            name = state.name if state is not None else topic.name
            unstable = _unstable(request, group.group_id, name, topic.partition_indexes, context)
            answers.append(_topic(name, topic.topic_id, topic.partition_indexes, offsets.get(name, {}), state, unstable))
    return OffsetFetchResponseGroup(group_id=group.group_id, topics=answers)


Found = tuple[str, Mapping[int, CommittedOffset], TopicState | None]


def _all(offsets: Mapping[str, Mapping[int, CommittedOffset]], context: RequestContext) -> Iterable[Found]:
    """Every topic the group has offsets in; only the offsets that are of the topic as it is now."""
    for name, of_topic in offsets.items():
        state = context.services.directory.by_name(name)
        current = {index: offset for index, offset in of_topic.items() if _is_of(offset, state)}
        if current:
            yield name, current, state


def _unstable(
    request: OffsetFetchRequest, group_id: str, topic: str, indexes: Iterable[int], context: RequestContext
) -> Collection[int]:
    """The partitions whose offset may change when an open transaction ends, for a client that does not want to see such."""
    if not request.require_stable:
        return ()
    is_pending = context.services.groups.transactional.is_pending
    return {index for index in indexes if is_pending(group_id, topic, index)}


def _is_of(offset: CommittedOffset, state: TopicState | None) -> bool:
    return state is None or offset.topic_id in (ZERO_UUID, state.topic_id)


def _old_topic(
    name: str,
    indexes: Iterable[int],
    offsets: Mapping[int, CommittedOffset],
    state: TopicState | None,
    unstable: Collection[int],
) -> OffsetFetchResponseTopic:
    partitions = []
    for index in indexes:
        offset = offsets.get(index)
        if index in unstable:
            partitions.append(
                OffsetFetchResponsePartition(
                    partition_index=index,
                    committed_offset=UNKNOWN_OFFSET,
                    error_code=ErrorCode.UNSTABLE_OFFSET_COMMIT,
                )
            )
        elif offset is None or not _is_of(offset, state):
            partitions.append(OffsetFetchResponsePartition(partition_index=index, committed_offset=UNKNOWN_OFFSET))
        else:
            partitions.append(
                OffsetFetchResponsePartition(
                    partition_index=index,
                    committed_offset=offset.offset,
                    committed_leader_epoch=offset.leader_epoch,
                    metadata=offset.metadata,
                )
            )
    return OffsetFetchResponseTopic(name=name, partitions=partitions)


def _topic(
    name: str,
    topic_id: bytes,
    indexes: Iterable[int],
    offsets: Mapping[int, CommittedOffset],
    state: TopicState | None,
    unstable: Collection[int],
) -> OffsetFetchResponseTopics:
    partitions = []
    for index in indexes:
        offset = offsets.get(index)
        if index in unstable:
            partitions.append(
                OffsetFetchResponsePartitions(
                    partition_index=index,
                    committed_offset=UNKNOWN_OFFSET,
                    error_code=ErrorCode.UNSTABLE_OFFSET_COMMIT,
                )
            )
        elif offset is None or not _is_of(offset, state):
            partitions.append(OffsetFetchResponsePartitions(partition_index=index, committed_offset=UNKNOWN_OFFSET))
        else:
            partitions.append(
                OffsetFetchResponsePartitions(
                    partition_index=index,
                    committed_offset=offset.offset,
                    committed_leader_epoch=offset.leader_epoch,
                    metadata=offset.metadata,
                )
            )
    return OffsetFetchResponseTopics(name=name, topic_id=topic_id, partitions=partitions)


def _failed_topic(name: str, topic_id: bytes, indexes: Iterable[int], error: int) -> OffsetFetchResponseTopics:
    return OffsetFetchResponseTopics(
        name=name,
        topic_id=topic_id,
        partitions=[
            OffsetFetchResponsePartitions(partition_index=index, committed_offset=UNKNOWN_OFFSET, error_code=error)
            for index in indexes
        ],
    )


def refuse(
    request: OffsetFetchRequest, context: RequestContext, error_code: int, message: str | None
) -> OffsetFetchResponse:
    """The error stands for the whole group, or before version 2 for each partition."""
    if context.api_version >= 8:
        return OffsetFetchResponse(
            groups=[
                OffsetFetchResponseGroup(group_id=group.group_id, error_code=error_code) for group in request.groups
            ]
        )
    if context.api_version >= 2:
        return OffsetFetchResponse(error_code=error_code)
    return OffsetFetchResponse(
        topics=[
            OffsetFetchResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetFetchResponsePartition(
                        partition_index=index, committed_offset=UNKNOWN_OFFSET, error_code=error_code
                    )
                    for index in topic.partition_indexes
                ],
            )
            for topic in request.topics or ()
        ]
    )


HANDLER = Handler(key=ApiKey.OFFSET_FETCH, name="offset_fetch", versions=range(1, 11), handle=handle, refuse=refuse)
