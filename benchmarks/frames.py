"""Request frames as clients send them, without their length prefix."""

import time
from typing import Any

from broker.wire.api import ApiKey
from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
)
from broker.wire.records.record import Record, encode_batch
from broker.wire.registry import FLEXIBLE_FROM, codec
from broker.wire.writer import Writer

# What kafka-clients 4 sends.
PRODUCE_VERSION = 13
FETCH_VERSION = 17
METADATA_VERSION = 13

_CLIENT_ID = b"perf-producer-client"


def request_frame(key: int, version: int, request: Any) -> bytes:
    """A request with its header."""
    header = b"".join(
        part.to_bytes(size, "big") for part, size in ((key, 2), (version, 2), (1, 4), (len(_CLIENT_ID), 2))
    )
    writer = Writer(header + _CLIENT_ID + (b"\0" if version >= FLEXIBLE_FROM[key] else b""))
    codec(key).encode_request(version, request, writer)
    return b"".join(bytes(chunk) for chunk in writer.chunks())


def batch_of(size: int, record_size: int = 100) -> bytearray:
    """A batch of about `size` bytes from a plain producer, written now."""
    now = int(time.time() * 1000)
    count = max(1, (size - 61) // (record_size + 10))
    return encode_batch(Record(offset, now, None, bytes(record_size)) for offset in range(count))


def produce_frame(topic_id: bytes, index: int, batch: bytearray) -> bytes:
    """One batch to one partition with acks=all."""
    data = ProduceRequestPartitionProduceData(index=index, records=memoryview(batch))
    topic = ProduceRequestTopicProduceData(topic_id=topic_id, partition_data=[data])
    return request_frame(
        ApiKey.PRODUCE, PRODUCE_VERSION, ProduceRequest(acks=-1, timeout_ms=30_000, topic_data=[topic])
    )


def fetch_frame(topic_id: bytes, index: int, offset: int, max_bytes: int) -> bytes:
    """What a consumer asks for one partition, outside of any fetch session."""
    partition = FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=max_bytes)
    topic = FetchTopic(topic_id=topic_id, partitions=[partition])
    request = FetchRequest(max_wait_ms=500, min_bytes=1, max_bytes=50 << 20, session_epoch=-1, topics=[topic])
    return request_frame(ApiKey.FETCH, FETCH_VERSION, request)


def metadata_frame(name: str) -> bytes:
    """Metadata of one topic."""
    return request_frame(ApiKey.METADATA, METADATA_VERSION, MetadataRequest(topics=[MetadataRequestTopic(name=name)]))
