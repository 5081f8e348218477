"""Large Produce requests are counted before they are decoded."""

import pytest

from broker.server.produce_frame import PARTITIONS_MAX, check_partition_count
from broker.wire.errors import DecodeError
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
)
from broker.wire.registry import codec
from broker.wire.writer import Writer


def body(version: int, topics: int, partitions: int, records: bytes | None) -> memoryview:
    data = [ProduceRequestPartitionProduceData(index=index, records=records) for index in range(partitions)]
    request = ProduceRequest(
        acks=-1,
        timeout_ms=1,
        topic_data=[ProduceRequestTopicProduceData(name="topic", partition_data=data) for _ in range(topics)],
    )
    writer = Writer()
    codec(0).encode_request(version, request, writer)
    return memoryview(b"".join(bytes(chunk) for chunk in writer.chunks()))


@pytest.mark.parametrize("version", range(3, 14))
@pytest.mark.parametrize("records", [b"", bytes(300), None])
def test_requests_with_few_partitions_pass(version: int, records: bytes | None) -> None:
    """Whatever their records are."""
    check_partition_count(body(version, 3, 2, records), 0, version)


@pytest.mark.parametrize("version", [3, 8, 9, 12, 13])
@pytest.mark.parametrize(("topics", "partitions"), [(1, PARTITIONS_MAX), (PARTITIONS_MAX // 2, 2)])
def test_too_many_partitions_are_refused(version: int, topics: int, partitions: int) -> None:
    """In one topic or in many."""
    with pytest.raises(DecodeError, match="more than"):
        check_partition_count(body(version, topics, partitions, b""), 0, version)


@pytest.mark.parametrize("version", range(3, 14))
def test_a_frame_that_ends_early_is_malformed(version: int) -> None:
    """Wherever it was cut within what has to be walked."""
    whole = body(version, 2, 2, bytes(10))
    for size in range(6, 20):
        with pytest.raises(DecodeError):
            check_partition_count(whole[:size], 0, version)
