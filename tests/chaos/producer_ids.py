"""Under which producer ids records lie in the log: what consumers do not see, and what tells how a record came to be there twice.

An idempotent producer keeps its id for life. librdkafka takes another one when a broker says that a batch is out of order, and sends anew whatever was
not acknowledged, of every partition (its issue 4953): no fault of storage may make a broker say that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from broker.wire.api import ApiKey
from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from broker.wire.records.batch import parse_header
from tests.differential.raw_client import Closed, RawClient

VERSION = 11
PART_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class StoredBatch:
    """A batch as it lies in the log."""

    partition: int
    base_offset: int
    last_offset: int
    producer_id: int
    producer_epoch: int
    first_sequence: int


def stored_batches(bootstrap: str, topic: str, partition: int, offset: int, end: int) -> Iterator[StoredBatch]:
    """The batches of a partition from the one with ``offset`` to the one before ``end``."""
    client = RawClient(bootstrap, "producer-ids")
    try:
        while offset < end:
            part = FetchPartition(partition=partition, fetch_offset=offset, partition_max_bytes=PART_BYTES)
            request = FetchRequest(
                replica_id=-1, max_wait_ms=500, min_bytes=1, max_bytes=PART_BYTES, topics=[FetchTopic(topic=topic, partitions=[part])]
            )
            answer = client.call(ApiKey.FETCH, VERSION, request)
            assert not isinstance(answer, Closed)
            data = answer.responses[0].partitions[0]
            assert data.error_code == 0, data.error_code
            records, at = bytes(data.records or b""), 0
            while at + 61 <= len(records):
                header = parse_header(records, at)
                at += header.size
                if at > len(records) or header.base_offset >= end:
                    break
                offset = header.last_offset + 1
                yield StoredBatch(
                    *(partition, header.base_offset, header.last_offset),
                    *(header.producer_id, header.producer_epoch, header.base_sequence),
                )
    finally:
        client.close()


def names_in_log(bootstrap: str, topic: str, ends: dict[int, int]) -> dict[tuple[int, int], StoredBatch]:
    """Every (producer id, epoch) that the log has, with its first batch."""
    found: dict[tuple[int, int], StoredBatch] = {}
    for partition, end in ends.items():
        for batch in stored_batches(bootstrap, topic, partition, 0, end):
            found.setdefault((batch.producer_id, batch.producer_epoch), batch)
    return found
