"""
ListOffsets (key 2), versions 1-11.

Behaviour:
- Latest (-1) is the high watermark, or the last stable offset for read_committed; earliest (-2) is the log start.
- A timestamp is answered with the first record at or after it, exactly; the largest timestamp (-3) with its first record. -1 and -1
  when there is none, or a read_committed reader could not see it.
- Every answer is as fresh as a look into the catalog that began after the request came; the ends of many logs are one look.
- All data is local: earliest local (-4) is the earliest; latest tiered (-5) and earliest pending upload (-6) do not exist (-1).
- Needs DESCRIBE on each topic.
- A special timestamp that the request's version does not know: UNSUPPORTED_VERSION. A partition named twice: INVALID_REQUEST.

Versions:
- v2: isolation level. v4: leader epochs (KIP-320). v6: flexible. v7: -3 (KIP-734). v8: -4 (KIP-405). v9: -5 (KIP-1005).
- v10: a timeout, without meaning here (KIP-1075). v11: -6 (KIP-1023).
"""

from collections import Counter
from typing import Any

from broker.cluster.directory import TopicState
from broker.errors import BrokerError
from broker.handlers.base import Handler, RequestContext
from broker.log import timestamps
from broker.log.offset_finder import OffsetFinder
from broker.log.visibility import check_leader_epoch, upper_bound
from broker.model import LogBounds
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsPartitionResponse,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopicResponse,
)
from security.acls.kinds import Operation, ResourceType


def handle(request: ListOffsetsRequest, context: RequestContext) -> Any:
    directory = context.services.directory
    named = Counter(
        (topic.name, partition.partition_index) for topic in request.topics for partition in topic.partitions
    )
    response = ListOffsetsResponse()
    slow: list[tuple[ListOffsetsPartition, int, ListOffsetsPartitionResponse]] = []
    for topic in request.topics:
        is_denied = not context.allows(Operation.DESCRIBE, ResourceType.TOPIC, topic.name)
        state = directory.by_name(topic.name)
        answered = ListOffsetsTopicResponse(name=topic.name)
        response.topics.append(answered)
        for partition in topic.partitions:
            answer = ListOffsetsPartitionResponse(partition_index=partition.partition_index)
            answered.partitions.append(answer)
            if is_denied:
                answer.error_code = ErrorCode.TOPIC_AUTHORIZATION_FAILED
                continue
            answer.error_code = _check(
                partition, state, context.api_version, named[topic.name, partition.partition_index]
            )
            if answer.error_code or state is None:
                continue
            pid = state.pids[partition.partition_index]
            bounds = context.services.catalog.peek_bounds(pid)
            # What this broker happens to know of a log that others write to is never an answer here.
            if bounds is None or partition.timestamp >= 0 or partition.timestamp == timestamps.MAX:
                slow.append((partition, pid, answer))
            else:
                _answer_from_bounds(partition, bounds, request.isolation_level, answer)
    if slow:
        return _answer_slowly(request, context, slow, response)
    return response


def _check(partition: ListOffsetsPartition, state: TopicState | None, version: int, mentions: int) -> ErrorCode:
    if mentions > 1:
        return ErrorCode.INVALID_REQUEST
    if partition.timestamp < 0 and version < timestamps.FIRST_VERSIONS.get(partition.timestamp, version + 1):
        return ErrorCode.UNSUPPORTED_VERSION
    if state is None or not 0 <= partition.partition_index < len(state.pids):
        return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return ErrorCode.NONE


def _answer_from_bounds(
    partition: ListOffsetsPartition, bounds: LogBounds, isolation: int, answer: ListOffsetsPartitionResponse
) -> None:
    """Answer what the ends of the log alone can tell."""
    answer.error_code = check_leader_epoch(partition.current_leader_epoch, bounds)
    if answer.error_code:
        return
    match partition.timestamp:
        case timestamps.LATEST:
            answer.offset = upper_bound(bounds, isolation)
            answer.leader_epoch = bounds.leader_epoch
        case timestamps.EARLIEST | timestamps.EARLIEST_LOCAL:
            answer.offset = bounds.log_start
            answer.leader_epoch = bounds.leader_epoch


async def _answer_slowly(
    request: ListOffsetsRequest,
    context: RequestContext,
    slow: list[tuple[ListOffsetsPartition, int, ListOffsetsPartitionResponse]],
    response: ListOffsetsResponse,
) -> ListOffsetsResponse:
    services = context.services
    finder = OffsetFinder(services.catalog, services.reader)
    ends = [pid for partition, pid, _ in slow if partition.timestamp < 0 and partition.timestamp != timestamps.MAX]
    try:
        known = await services.reader.bounds_of(ends) if ends else {}
    except BrokerError as error:
        return _refuse_all(slow, error, response)
    for partition, pid, answer in slow:
        try:
            if partition.timestamp >= 0:
                bounds, found = await finder.at_timestamp(pid, partition.timestamp)
            elif partition.timestamp == timestamps.MAX:
                bounds, found = await finder.at_max_timestamp(pid)
            else:
                if pid not in known:
                    raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
                _answer_from_bounds(partition, known[pid], request.isolation_level, answer)
                continue
        except BrokerError as error:
            answer.error_code = error.code
            continue
        answer.error_code = check_leader_epoch(partition.current_leader_epoch, bounds)
        if not answer.error_code and found is not None and found.offset < upper_bound(bounds, request.isolation_level):
            answer.offset = found.offset
            answer.timestamp = found.timestamp
            answer.leader_epoch = bounds.leader_epoch
    return response


def _refuse_all(
    slow: list[tuple[ListOffsetsPartition, int, ListOffsetsPartitionResponse]],
    error: BrokerError,
    response: ListOffsetsResponse,
) -> ListOffsetsResponse:
    for _, _, answer in slow:
        answer.error_code = error.code
    return response


def refuse(request: ListOffsetsRequest, context: RequestContext, code: int, message: str | None) -> ListOffsetsResponse:
    return ListOffsetsResponse(
        topics=[
            ListOffsetsTopicResponse(
                name=topic.name,
                partitions=[
                    ListOffsetsPartitionResponse(partition_index=partition.partition_index, error_code=code)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


HANDLER = Handler(key=ApiKey.LIST_OFFSETS, name="list_offsets", versions=range(1, 12), handle=handle, refuse=refuse)
