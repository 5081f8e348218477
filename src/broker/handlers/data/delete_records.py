"""
DeleteRecords (key 21), versions 0-2.

Behaviour:
- Moves the log start forward; the space is given back in the background. An offset below the log start changes nothing.
- -1 means the high watermark; above it, or any other negative offset: OFFSET_OUT_OF_RANGE.
- A topic that is compacted and never deletes by age or size, and the audit log: POLICY_VIOLATION.
- Needs DELETE on each topic.
- Fetches that wait are woken, so that a reader of deleted records learns of it.

Versions:
- v2: flexible.
"""

from typing import Final

from broker.admin.topic_names import AUDIT_TOPIC
from broker.errors import BrokerError
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.delete_records import (
    DeleteRecordsPartitionResult,
    DeleteRecordsRequest,
    DeleteRecordsResponse,
    DeleteRecordsTopicResult,
)
from security.acls.kinds import Operation, ResourceType

HIGH_WATERMARK: Final = -1
INVALID_LOW_WATERMARK: Final = -1


async def handle(request: DeleteRecordsRequest, context: RequestContext) -> DeleteRecordsResponse:
    denied = {
        topic.name for topic in request.topics if not context.allows(Operation.DELETE, ResourceType.TOPIC, topic.name)
    }
    return DeleteRecordsResponse(
        topics=[
            DeleteRecordsTopicResult(
                name=topic.name,
                partitions=[
                    _denied(partition.partition_index)
                    if topic.name in denied
                    else await _delete(topic.name, partition.partition_index, partition.offset, context)
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


def _denied(index: int) -> DeleteRecordsPartitionResult:
    return DeleteRecordsPartitionResult(
        partition_index=index, low_watermark=INVALID_LOW_WATERMARK, error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED
    )


async def _delete(name: str, index: int, offset: int, context: RequestContext) -> DeleteRecordsPartitionResult:
    try:
        low_watermark = await _advance(name, index, offset, context)
    except BrokerError as error:
        return DeleteRecordsPartitionResult(
            partition_index=index, low_watermark=INVALID_LOW_WATERMARK, error_code=error.code
        )
    return DeleteRecordsPartitionResult(partition_index=index, low_watermark=low_watermark)


async def _advance(name: str, index: int, offset: int, context: RequestContext) -> int:
    services = context.services
    state = services.directory.by_name(name)
    if state is None or not 0 <= index < len(state.pids):
        raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    policy = state.config.cleanup_policy
    if ("compact" in policy and "delete" not in policy) or name == AUDIT_TOPIC:
        raise BrokerError(ErrorCode.POLICY_VIOLATION)
    pid = state.pids[index]
    bounds = (await services.catalog.bounds([pid])).get(pid)
    if bounds is None:
        raise BrokerError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    if offset == HIGH_WATERMARK:
        offset = bounds.high_watermark
    if not 0 <= offset <= bounds.high_watermark:
        raise BrokerError(ErrorCode.OFFSET_OUT_OF_RANGE)
    if offset <= bounds.log_start:
        return bounds.log_start
    moved = await services.catalog.advance_log_start(pid, offset)
    services.reader.log_start_moved(pid, moved.log_start)
    context.changed(f"topic:{name}:{index}:log_start", bounds.log_start, moved.log_start)
    return moved.log_start


def refuse(
    request: DeleteRecordsRequest, context: RequestContext, code: int, message: str | None
) -> DeleteRecordsResponse:
    return DeleteRecordsResponse(
        topics=[
            DeleteRecordsTopicResult(
                name=topic.name,
                partitions=[
                    DeleteRecordsPartitionResult(
                        partition_index=partition.partition_index,
                        low_watermark=INVALID_LOW_WATERMARK,
                        error_code=code,
                    )
                    for partition in topic.partitions
                ],
            )
            for topic in request.topics
        ]
    )


HANDLER = Handler(key=ApiKey.DELETE_RECORDS, name="delete_records", versions=range(3), handle=handle, refuse=refuse)
