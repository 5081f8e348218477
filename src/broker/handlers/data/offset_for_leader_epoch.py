"""
OffsetForLeaderEpoch (key 23), versions 2-4.

Behaviour:
- Where an epoch of the log ends: where the next one began. The current epoch ends at the end of the log.
- A newer or undefined epoch is answered with epoch -1 and offset -1.
- Needs DESCRIBE on each topic, or CLUSTER_ACTION on the cluster for all of them.
- The client's own idea of the current epoch is checked: FENCED_LEADER_EPOCH below, UNKNOWN_LEADER_EPOCH above.

Versions:
- v2: the client's leader epoch (KIP-320). v3: a replica id, without meaning here. v4: flexible.
"""

from typing import Any

from broker.handlers.base import Handler, RequestContext
from broker.log.visibility import check_leader_epoch, end_of_epoch
from broker.model import LogBounds
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.offset_for_leader_epoch import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochRequestOffsetForLeaderPartition,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderEpochResponseEpochEndOffset,
    OffsetForLeaderEpochResponseOffsetForLeaderTopicResult,
)
from security.acls.kinds import CLUSTER_NAME, Operation, ResourceType


def handle(request: OffsetForLeaderEpochRequest, context: RequestContext) -> Any:
    denied = _denied(request, context)
    pids = _pids(request, context, denied)
    known: dict[int, LogBounds] = {}
    for pid in pids.values():
        bounds = context.services.catalog.peek_bounds(pid)
        if bounds is None:
            return _ask_catalog(request, context, denied, pids)
        known[pid] = bounds
    return _answer(request, denied, pids, known)


def _denied(request: OffsetForLeaderEpochRequest, context: RequestContext) -> set[str]:
    """The topics that the client must not know of."""
    if context.sees(Operation.CLUSTER_ACTION, ResourceType.CLUSTER, CLUSTER_NAME):
        return set()
    names = {topic.topic for topic in request.topics}
    return {name for name in names if not context.allows(Operation.DESCRIBE, ResourceType.TOPIC, name)}


async def _ask_catalog(
    request: OffsetForLeaderEpochRequest, context: RequestContext, denied: set[str], pids: dict[tuple[str, int], int]
) -> OffsetForLeaderEpochResponse:
    return _answer(request, denied, pids, await context.services.reader.bounds_of(sorted(set(pids.values()))))


def _pids(
    request: OffsetForLeaderEpochRequest, context: RequestContext, denied: set[str]
) -> dict[tuple[str, int], int]:
    """The partitions asked for, as far as they exist and the client may know of them."""
    pids: dict[tuple[str, int], int] = {}
    for topic in request.topics:
        state = context.services.directory.by_name(topic.topic)
        if state is not None and topic.topic not in denied:
            for partition in topic.partitions:
                if 0 <= partition.partition < len(state.pids):
                    pids[topic.topic, partition.partition] = state.pids[partition.partition]
    return pids


def _answer(
    request: OffsetForLeaderEpochRequest,
    denied: set[str],
    pids: dict[tuple[str, int], int],
    known: dict[int, LogBounds],
) -> OffsetForLeaderEpochResponse:
    return OffsetForLeaderEpochResponse(
        topics=[
            OffsetForLeaderEpochResponseOffsetForLeaderTopicResult(
                topic=topic.topic,
                partitions=[
                    OffsetForLeaderEpochResponseEpochEndOffset(
                        partition=partition.partition, error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED
                    )
                    if topic.topic in denied
                    else _end(partition, known.get(pids.get((topic.topic, partition.partition), -1)))
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def _end(
    partition: OffsetForLeaderEpochRequestOffsetForLeaderPartition, bounds: LogBounds | None
) -> OffsetForLeaderEpochResponseEpochEndOffset:
    answer = OffsetForLeaderEpochResponseEpochEndOffset(partition=partition.partition)
    if bounds is None:
        answer.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        return answer
    answer.error_code = check_leader_epoch(partition.current_leader_epoch, bounds)
    if not answer.error_code:
        answer.leader_epoch, answer.end_offset = end_of_epoch(bounds, partition.leader_epoch)
    return answer


def refuse(
    request: OffsetForLeaderEpochRequest, context: RequestContext, code: int, message: str | None
) -> OffsetForLeaderEpochResponse:
    return OffsetForLeaderEpochResponse(
        topics=[
            OffsetForLeaderEpochResponseOffsetForLeaderTopicResult(
                topic=topic.topic,
                partitions=[
                    OffsetForLeaderEpochResponseEpochEndOffset(partition=partition.partition, error_code=code)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


HANDLER = Handler(
    key=ApiKey.OFFSET_FOR_LEADER_EPOCH,
    name="offset_for_leader_epoch",
    versions=range(2, 5),
    handle=handle,
    refuse=refuse,
)
