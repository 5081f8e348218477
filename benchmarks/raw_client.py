"""One connection that asks raw requests, without the pauses and back-offs of a full client.

Used where those would be measured instead of the broker: the first record after a start, and preparing topics.
"""

import socket
import time
from types import TracebackType
from typing import Any, Final, Self

from broker.wire.api import ApiKey
from broker.wire.messages.create_topics import CreateTopicsRequest, CreateTopicsRequestCreatableTopic
from broker.wire.messages.metadata import MetadataRequest, MetadataRequestTopic
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
)
from broker.wire.records.record import Record, encode_batch
from broker.wire.registry import FLEXIBLE_FROM, codec
from broker.wire.writer import Writer

_TIMEOUT_S: Final = 30.0
_CREATE_TOPICS: Final = 5
_METADATA: Final = 9
_PRODUCE: Final = 9


class RawClient:
    """A blocking connection. Raises OSError when the broker is not there."""

    def __init__(self, bootstrap: str) -> None:
        host, _, port = bootstrap.split(",")[0].rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def create_topic(self, name: str, partitions: int) -> int:
        """Create a topic with the broker's default configuration; Kafka's error code."""
        topic = CreateTopicsRequestCreatableTopic(name=name, num_partitions=partitions, replication_factor=-1)
        answer = self.ask(ApiKey.CREATE_TOPICS, _CREATE_TOPICS, CreateTopicsRequest(topics=[topic], timeout_ms=30_000))
        return int(answer.topics[0].error_code)

    def topic_error(self, name: str) -> int:
        """The error of a topic in Metadata, or of its first partition that has one; the topic is created when missing."""
        answer = self.ask(
            ApiKey.METADATA,
            _METADATA,
            MetadataRequest(topics=[MetadataRequestTopic(name=name)], allow_auto_topic_creation=True),
        )
        topic = answer.topics[0]
        return int(topic.error_code) or next((p.error_code for p in topic.partitions if p.error_code), 0)

    def produce_one(self, topic: str) -> int:
        """Send one record to partition 0 with acks=all and wait for its answer; Kafka's error code."""
        batch = encode_batch([Record(0, int(time.time() * 1000), None, b"x" * 100)])
        data = ProduceRequestPartitionProduceData(index=0, records=memoryview(batch))
        request = ProduceRequest(
            acks=-1, timeout_ms=30_000, topic_data=[ProduceRequestTopicProduceData(name=topic, partition_data=[data])]
        )
        answer = self.ask(ApiKey.PRODUCE, _PRODUCE, request)
        return int(answer.responses[0].partition_responses[0].error_code)

    def ask(self, key: int, version: int, request: Any) -> Any:
        """Send a request and decode its answer."""
        flexible = version >= FLEXIBLE_FROM[key]
        header = b"".join(part.to_bytes(size, "big") for part, size in ((key, 2), (version, 2), (1, 4), (0, 2)))
        writer = Writer(b"\0\0\0\0" + header + (b"\0" if flexible else b""))
        codec(key).encode_request(version, request, writer)
        self._socket.sendall(b"".join(writer.frame()))
        answer = self._read(int.from_bytes(self._read(4), "big"))
        return codec(key).decode_response(version, answer, 5 if flexible else 4)

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise ConnectionResetError("the broker closed the connection")
            data += piece
        return bytes(data)
