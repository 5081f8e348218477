"""
DescribeProducers (key 61), version 0 (KIP-664).

Behaviour:
- The idempotent producers that each partition remembers, with their last sequence and the time of their last batch, and where their
  open transaction begins on the partition (-1 without one).
- Needs READ on each topic.
- A partition named twice: INVALID_REQUEST, for a small request must not make a huge answer.
- The coordinator epoch is 0 for a producer that has a transactional id: there has been one coordinator; -1 for others.
"""

from broker.errors import BrokerError
from broker.handlers.authorization import TOPIC_DENIED
from broker.handlers.base import Handler, RequestContext
from broker.wire.api import ApiKey
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_producers import (
    DescribeProducersRequest,
    DescribeProducersResponse,
    DescribeProducersResponsePartitionResponse,
    DescribeProducersResponseProducerState,
    DescribeProducersResponseTopicResponse,
)
from security.acls.kinds import Operation, ResourceType


async def handle(request: DescribeProducersRequest, context: RequestContext) -> DescribeProducersResponse:
    seen: set[tuple[str, int]] = set()
    denied = {topic.name for topic in request.topics if not context.allows(Operation.READ, ResourceType.TOPIC, topic.name)}
    return DescribeProducersResponse(
        topics=[
            DescribeProducersResponseTopicResponse(
                name=topic.name,
                partitions=[
                    _denied(index) if topic.name in denied else await _describe(topic.name, index, seen, context)
                    for index in topic.partition_indexes
                ],
            )
            for topic in request.topics
        ]
    )


def _denied(index: int) -> DescribeProducersResponsePartitionResponse:
    return DescribeProducersResponsePartitionResponse(
        partition_index=index, error_code=ErrorCode.TOPIC_AUTHORIZATION_FAILED, error_message=TOPIC_DENIED
    )


async def _describe(
    name: str, index: int, seen: set[tuple[str, int]], context: RequestContext
) -> DescribeProducersResponsePartitionResponse:
    answer = DescribeProducersResponsePartitionResponse(partition_index=index)
    if (name, index) in seen:
        answer.error_code = ErrorCode.INVALID_REQUEST
        answer.error_message = "the request names this partition before"
        return answer
    seen.add((name, index))
    state = context.services.directory.by_name(name)
    if state is None or not 0 <= index < len(state.pids):
        answer.error_code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        if state is None:
            answer.error_message = f"there is no topic {name!r}"
        return answer
    try:
        catalog = context.services.catalog
        producers = await catalog.producers(state.pids[index])
        owned = {
            producer.producer_id
            for producer in producers
            if await catalog.find_transaction_of_producer(producer.producer_id) is not None
        }
    except BrokerError as error:
        answer.error_code, answer.error_message = error.code, error.message
        return answer
    answer.active_producers = [
        DescribeProducersResponseProducerState(
            producer_id=producer.producer_id,
            producer_epoch=producer.epoch,
            last_sequence=producer.last_sequence,
            # Of the records, not of their arrival, as Kafka reports it.
            last_timestamp=producer.window[0][3] if producer.window else producer.last_timestamp,
            coordinator_epoch=0 if producer.producer_id in owned else -1,
            current_txn_start_offset=-1 if producer.open_first_offset is None else producer.open_first_offset,
        )
        for producer in producers
    ]
    return answer


def refuse(
    request: DescribeProducersRequest, context: RequestContext, code: int, message: str | None
) -> DescribeProducersResponse:
    return DescribeProducersResponse(
        topics=[
            DescribeProducersResponseTopicResponse(
                name=topic.name,
                partitions=[
                    DescribeProducersResponsePartitionResponse(
                        partition_index=index, error_code=code, error_message=message
                    )
                    for index in topic.partition_indexes
                ],
            )
            for topic in request.topics
        ]
    )


HANDLER = Handler(
    key=ApiKey.DESCRIBE_PRODUCERS, name="describe_producers", versions=range(1), handle=handle, refuse=refuse
)
