"""DescribeProducers: what partitions remember of idempotent producers."""

import pytest

from broker.errors import StorageUnavailable
from broker.handlers.producers import describe_producers
from broker.wire.error_codes import ErrorCode
from broker.wire.messages.describe_producers import (
    DescribeProducersRequest,
    DescribeProducersRequestTopicRequest,
    DescribeProducersResponsePartitionResponse,
)
from tests.broker.log.harness import NOW_MS, Log, batch, running_log

pytestmark = pytest.mark.anyio


def request(*indexes: int, topic: str = "t") -> DescribeProducersRequest:
    return DescribeProducersRequest(
        topics=[DescribeProducersRequestTopicRequest(name=topic, partition_indexes=list(indexes))]
    )


async def described(log: Log, asked: DescribeProducersRequest) -> list[DescribeProducersResponsePartitionResponse]:
    response = await describe_producers.handle(asked, log.context(0))
    return [each for topic in response.topics for each in topic.partitions]


async def test_producers_are_described_with_their_last_batch() -> None:
    """Plain producers leave no trace; there is no transaction to tell of."""
    async with running_log() as log:
        (pid, _) = (await log.topic(partitions=2)).pids
        await log.append(pid, batch(2, producer_id=7, producer_epoch=3, base_sequence=0), batch(1))
        first, second = await described(log, request(0, 1))
        (producer,) = first.active_producers
        assert (producer.producer_id, producer.producer_epoch, producer.last_sequence) == (7, 3, 1)
        assert producer.last_timestamp == NOW_MS
        assert (producer.coordinator_epoch, producer.current_txn_start_offset) == (-1, -1)
        assert second.active_producers == []


async def test_errors_are_per_partition() -> None:
    """Unknown partitions and topics, and storage that does not answer."""
    async with running_log() as log:
        await log.topic()
        unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        assert [each.error_code for each in await described(log, request(5, 0))] == [unknown, 0]
        assert [each.error_code for each in await described(log, request(0, topic="other"))] == [unknown]

        async def fail(pid: int) -> list[object]:
            raise StorageUnavailable("I/O error")

        log.catalog.producers = fail  # type: ignore[method-assign,assignment]
        (answer,) = await described(log, request(0))
        assert (answer.error_code, answer.error_message) == (ErrorCode.KAFKA_STORAGE_ERROR, "I/O error")


async def test_a_partition_is_described_once() -> None:
    """However often a request names it."""
    async with running_log() as log:
        await log.topic()
        answers = await described(log, request(0, 0, 0))
        assert [each.error_code for each in answers] == [0, ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_REQUEST]


def test_refuse_answers_every_partition() -> None:
    """The shape of the request with one error."""
    response = describe_producers.refuse(request(0, 1), Log().context(0), ErrorCode.UNKNOWN_SERVER_ERROR, None)
    assert [(each.partition_index, each.error_code) for each in response.topics[0].partitions] == [(0, -1), (1, -1)]
