"""
OffsetFetch (key 9), versions 1-10.

Behaviour:
- Offsets that were acknowledged, and no others. -1 where a group has none, also for groups and topics that do not exist.
- Where brokers share the catalog they are read from it: transactions that others coordinate commit offsets, too.
- Needs DESCRIBE on each group, and on each topic; among all offsets of a group those of other topics are left out.
- An offset of a deleted topic is never shown for a new topic of the same name.
- What a transaction carries is not shown before it is committed. With ``require_stable`` such a partition is answered
  UNSTABLE_OFFSET_COMMIT until the transaction ends; among all offsets of a group only where it has an offset already, as in Kafka.

- A group that is coordinated elsewhere, or not yet, has the error for the group as a whole, as in Kafka, and at each partition that was asked for as well:
  aiokafka looks at partitions only, and would take an answer without any for "nothing committed" and begin anew; librdkafka asks for none
  again that was not answered. From v7 on what they are told at partitions is UNSTABLE_OFFSET_COMMIT, after which librdkafka asks again.

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

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Final, NamedTuple

from broker.cluster.directory import TopicState
from broker.coordinators.group_writer import ERRORS_AS_CLIENTS_KNOW_THEM
from broker.coordinators.offset_reader import OffsetReader
from broker.errors import BrokerError
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
from security.acls.kinds import Operation, ResourceType


def handle(request: OffsetFetchRequest, context: RequestContext) -> OffsetFetchResponse | Awaitable[OffsetFetchResponse]:
    groups = context.services.groups
    if groups.offset_reader is not None:
        return _read(request, context, groups.offset_reader)
    return _answer(request, context, lambda group_id: Committed(groups.offsets_of(group_id), groups.transactional.is_pending))


async def _read(request: OffsetFetchRequest, context: RequestContext, reader: OffsetReader) -> OffsetFetchResponse:
    """Brokers share the catalog: what it has counts, not memory."""
    found: dict[str, Committed | ErrorCode] = {}
    named = [group.group_id for group in request.groups] if context.api_version >= 8 else [request.group_id]
    for group_id in dict.fromkeys(named):
        if context.services.groups.error_of(group_id) or not _sees(group_id, context):
            continue
        try:
            now = await reader.read(group_id)
        except BrokerError as refusal:
            found[group_id] = ERRORS_AS_CLIENTS_KNOW_THEM.get(refusal.code, refusal.code)
        else:
            found[group_id] = Committed(now.offsets, now.is_pending)
    return _answer(request, context, lambda group_id: found.get(group_id, ErrorCode.NOT_COORDINATOR))


def _sees(group_id: str, context: RequestContext) -> bool:
    """The answer says aloud what is denied; here it is only not read."""
    return context.sees(Operation.DESCRIBE, ResourceType.GROUP, group_id)


class Committed(NamedTuple):
    """What a group has committed, and what of it may change any moment."""

    offsets: Mapping[str, Mapping[int, CommittedOffset]]
    is_pending: Callable[[str, str, int], bool]


_COORDINATED_ELSEWHERE: Final = frozenset(
    (ErrorCode.NOT_COORDINATOR, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.COORDINATOR_NOT_AVAILABLE)
)

Look = Callable[[str], Committed | ErrorCode]


def _answer(request: OffsetFetchRequest, context: RequestContext, look: Look) -> OffsetFetchResponse:
    if context.api_version >= 8:
        return OffsetFetchResponse(groups=_groups(request, context, look))
    if not context.allows(Operation.DESCRIBE, ResourceType.GROUP, request.group_id):
        return refuse(request, context, ErrorCode.GROUP_AUTHORIZATION_FAILED, None)
    error = context.services.groups.error_of(request.group_id)
    committed = error or look(request.group_id)
    if isinstance(committed, ErrorCode):
        return refuse(request, context, committed, None)
    offsets = committed.offsets
    if request.topics is None:
        return OffsetFetchResponse(
            topics=[
                _old_topic(
                    name, sorted(of_topic), of_topic, state, _unstable(request, request.group_id, name, of_topic, committed)
                )
                for name, of_topic, state in _all(offsets, context)
            ]
        )
    return OffsetFetchResponse(
        topics=[
            _old_denied_topic(topic.name, topic.partition_indexes)
            if not context.allows(Operation.DESCRIBE, ResourceType.TOPIC, topic.name)
            else _old_topic(
                topic.name,
                topic.partition_indexes,
                offsets.get(topic.name, {}),
                context.services.directory.by_name(topic.name),
                _unstable(request, request.group_id, topic.name, topic.partition_indexes, committed),
            )
            for topic in request.topics
        ]
    )


def _groups(request: OffsetFetchRequest, context: RequestContext, look: Look) -> list[OffsetFetchResponseGroup]:
    """All offsets of a group are answered once, however often they are asked for: the answer would dwarf the request."""
    answers = []
    in_full: set[str] = set()
    for group in request.groups:
        if group.topics is None:
            if group.group_id in in_full:
                continue
            in_full.add(group.group_id)
        answers.append(_group(request, group, context, look))
    return answers


def _group(
    request: OffsetFetchRequest, group: OffsetFetchRequestGroup, context: RequestContext, look: Look
) -> OffsetFetchResponseGroup:
    if not context.allows(Operation.DESCRIBE, ResourceType.GROUP, group.group_id):
        return _failed_group(group, ErrorCode.GROUP_AUTHORIZATION_FAILED)
    groups = context.services.groups
    error = groups.error_of(group.group_id) or groups.fetch_error(group.group_id, group.member_id, group.member_epoch)
    committed = error or look(group.group_id)
    if isinstance(committed, ErrorCode):
        return _failed_group(group, committed)
    offsets = committed.offsets
    directory = context.services.directory
    by_id = context.api_version >= 10
    answers = []
    if group.topics is None:
        for name, of_topic, state in _all(offsets, context):
            if state is not None or not by_id:
                topic_id = state.topic_id if state is not None else ZERO_UUID
                unstable = _unstable(request, group.group_id, name, of_topic, committed)
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
            if not context.allows(Operation.DESCRIBE, ResourceType.TOPIC, name):
                denied = ErrorCode.TOPIC_AUTHORIZATION_FAILED
                answers.append(_failed_topic(topic.name, topic.topic_id, topic.partition_indexes, denied))
                continue
            unstable = _unstable(request, group.group_id, name, topic.partition_indexes, committed)
            answers.append(_topic(name, topic.topic_id, topic.partition_indexes, offsets.get(name, {}), state, unstable))
    return OffsetFetchResponseGroup(group_id=group.group_id, topics=answers)


Found = tuple[str, Mapping[int, CommittedOffset], TopicState | None]


def _all(offsets: Mapping[str, Mapping[int, CommittedOffset]], context: RequestContext) -> Iterable[Found]:
    """Every topic the group has offsets in and the client may know of; only the offsets that are of the topic as it is now."""
    for name, of_topic in offsets.items():
        if not context.sees(Operation.DESCRIBE, ResourceType.TOPIC, name):
            continue
        state = context.services.directory.by_name(name)
        current = {index: offset for index, offset in of_topic.items() if _is_of(offset, state)}
        if current:
            yield name, current, state


def _unstable(
    request: OffsetFetchRequest, group_id: str, topic: str, indexes: Iterable[int], committed: Committed
) -> Collection[int]:
    """The partitions whose offset may change when an open transaction ends, for a client that does not want to see such."""
    if not request.require_stable:
        return ()
    return {index for index in indexes if committed.is_pending(group_id, topic, index)}


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


def _old_denied_topic(name: str, indexes: Iterable[int]) -> OffsetFetchResponseTopic:
    return OffsetFetchResponseTopic(
        name=name,
        partitions=[
            OffsetFetchResponsePartition(
                partition_index=index,
                committed_offset=UNKNOWN_OFFSET,
                error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED,
            )
            for index in indexes
        ],
    )


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
        return OffsetFetchResponse(groups=[_failed_group(group, error_code) for group in request.groups])
    if context.api_version >= 2 and error_code not in _COORDINATED_ELSEWHERE:
        return OffsetFetchResponse(error_code=error_code)
    at_partitions = error_code if context.api_version < 7 else ErrorCode.UNSTABLE_OFFSET_COMMIT
    return OffsetFetchResponse(
        error_code=error_code if context.api_version >= 2 else ErrorCode.NONE,
        topics=[
            OffsetFetchResponseTopic(
                name=topic.name,
                partitions=[
                    OffsetFetchResponsePartition(
                        partition_index=index, committed_offset=UNKNOWN_OFFSET, error_code=at_partitions
                    )
                    for index in topic.partition_indexes
                ],
            )
            for topic in request.topics or ()
        ],
    )


def _failed_group(group: OffsetFetchRequestGroup, error_code: int) -> OffsetFetchResponseGroup:
    named = (group.topics or ()) if error_code in _COORDINATED_ELSEWHERE else ()
    return OffsetFetchResponseGroup(
        group_id=group.group_id,
        error_code=error_code,
        topics=[
            _failed_topic(topic.name, topic.topic_id, topic.partition_indexes, ErrorCode.UNSTABLE_OFFSET_COMMIT)
            for topic in named
        ],
    )


HANDLER = Handler(key=ApiKey.OFFSET_FETCH, name="offset_fetch", versions=range(1, 11), handle=handle, refuse=refuse)
