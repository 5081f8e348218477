"""Scripts about records: Produce, Fetch, ListOffsets, DeleteRecords, OffsetForLeaderEpoch, InitProducerId, DescribeProducers."""

import time
from typing import Any

from broker.wire.messages.delete_records import DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic
from broker.wire.messages.describe_producers import DescribeProducersRequest, DescribeProducersRequestTopicRequest
from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic
from broker.wire.messages.init_producer_id import InitProducerIdRequest
from broker.wire.messages.list_offsets import ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic
from broker.wire.messages.offset_for_leader_epoch import (
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochRequestOffsetForLeaderPartition,
    OffsetForLeaderEpochRequestOffsetForLeaderTopic,
)
from broker.wire.messages.produce import (
    ProduceRequest,
    ProduceRequestPartitionProduceData,
    ProduceRequestTopicProduceData,
)
from broker.wire.records.record import Record, encode_batch
from tests.differential.raw_client import RawClient
from tests.differential.script import Stage, script
from tests.differential.topics import create
from tests.support.waiting import wait_until

BASE_MS = int(time.time() * 1000) - 60_000
"""Both brokers get the same timestamps, near enough to now to be accepted."""

PRODUCE = range(3, 14)
FETCH = range(4, 19)


def batch(count: int = 1, first_ms: int = BASE_MS, **fields: Any) -> bytes:
    """A batch of ``count`` records with rising timestamps."""
    value = fields.pop("value", b"value")
    key = fields.pop("key", b"key")
    records = [Record(offset=i, timestamp=first_ms + i, key=key, value=value) for i in range(count)]
    return bytes(encode_batch(records, **fields))


def produce_request(version: int, topic: str, topic_id: bytes, parts: dict[int, Any], acks: int = -1) -> ProduceRequest:
    return ProduceRequest(
        acks=acks,
        timeout_ms=30_000,
        topic_data=[
            ProduceRequestTopicProduceData(
                name=topic,
                topic_id=topic_id,
                partition_data=[
                    ProduceRequestPartitionProduceData(index=index, records=data) for index, data in parts.items()
                ],
            )
        ],
    )


def produce(client: RawClient, version: int, topic: str, topic_id: bytes, parts: dict[int, Any], acks: int = -1) -> Any:
    answer = client.call(0, version, produce_request(version, topic, topic_id, parts, acks))
    for response in getattr(answer, "responses", []):
        response.partition_responses.sort(key=lambda part: part.index)  # their order is that of a hash map
    return answer


def new_producer(client: RawClient, version: int = 4) -> Any:
    """A producer id; asked for again while Apache Kafka is still fetching its next block of them."""
    request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=60_000)
    return wait_until(lambda answer: answer.error_code != 14, lambda: client.call(22, version, request))


@script(0, PRODUCE)
def produce_good(stage: Stage) -> None:
    """Batches to several partitions, with and without timestamps of the broker's."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic, 2)
    stage.record("first", produce(client, stage.version, topic, topic_id, {0: batch(3), 1: batch(1)}))
    stage.record("second", produce(client, stage.version, topic, topic_id, {0: batch(2)}))
    stage.record("acks_1", produce(client, stage.version, topic, topic_id, {0: batch(2)}, acks=1))
    stage.record("no_topics", client.call(0, stage.version, ProduceRequest(acks=-1, timeout_ms=1000, topic_data=[])))
    for codec in range(5):
        if codec < 4 or stage.version >= 7:
            stage.record(f"codec_{codec}", produce(client, stage.version, topic, topic_id, {1: batch(5, codec=codec)}))


@script(0, PRODUCE)
def produce_refused(stage: Stage) -> None:
    """Everything that may be wrong with a produce request; null records aside, which Apache Kafka never answers."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic, 1, max_message_bytes="2000")
    good = batch(2)
    corrupt = bytearray(good)
    corrupt[-1] ^= 0xFF
    magic = bytearray(good)
    magic[16] = 1
    length = bytearray(good)
    length[8:12] = (len(good) * 2).to_bytes(4, "big")
    steps: dict[str, Any] = {
        "unknown_partition": {7: good},
        "corrupt": {0: bytes(corrupt)},
        "magic_1": {0: bytes(magic)},
        "length_beyond": {0: bytes(length)},
        "two_batches": {0: good + good},
        "too_large": {0: batch(1, value=b"x" * 3000)},
        "empty": {0: b""},
        "far_future": {0: batch(1, first_ms=BASE_MS + 10 * 3_600_000)},
        "truncated": {0: good[:40]},
        "partly_good": {0: good, 3: good},
    }
    for step, parts in steps.items():
        stage.record(step, produce(client, stage.version, topic, topic_id, parts))
    stage.record("bad_acks", produce(client, stage.version, topic, topic_id, {0: good}, acks=5))
    stage.record("unknown_topic", produce(client, stage.version, stage.name("none"), b"n" * 16, {0: good}))
    request = produce_request(stage.version, topic, topic_id, {0: good})
    request.transactional_id = stage.name("x")
    stage.record("plain_with_transactional_id", client.call(0, stage.version, request))
    stage.record("after_all", produce(client, stage.version, topic, topic_id, {0: good}))


@script(0, range(9, 14))
def produce_idempotent(stage: Stage) -> None:
    """Sequences in order, repeated, missing, and of other epochs."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    producer_id = new_producer(client).producer_id

    def send(step: str, sequence: int, count: int = 1, epoch: int = 0, producer: int = producer_id) -> None:
        data = batch(count, producer_id=producer, producer_epoch=epoch, base_sequence=sequence)
        stage.record(step, produce(client, stage.version, topic, topic_id, {0: data}))

    send("first", 0, 2)
    send("second", 2, 3)
    send("duplicate_second", 2, 3)
    send("duplicate_first", 0, 2)
    send("gap", 9)
    send("overlap", 4)
    for index in range(6):
        send(f"next_{index}", 5 + index)
    send("old_duplicate", 0, 2)
    send("new_epoch_not_zero", 3, epoch=1)
    send("new_epoch", 0, epoch=1)
    send("old_epoch", 11, epoch=0)
    send("unknown_producer_late_start", 40, producer=producer_id + 5000)
    send("unknown_producer_continues", 41, producer=producer_id + 5000)
    send("wrap_start", 2147483646, 2, producer=producer_id + 6000)
    send("wrap_end", 0, producer=producer_id + 6000)
    send("wrap_within", 2147483646, 4, producer=producer_id + 7000)
    send("wrap_after", 2, producer=producer_id + 7000)


@script(0, range(9, 10))
def produce_topic_settings(stage: Stage) -> None:
    """LogAppendTime, compaction, compression of the topic, timestamp bounds."""
    client = stage.client()
    stamped = create(client, stage.name("stamped"), message_timestamp_type="LogAppendTime")
    answer = produce(client, 9, stage.name("stamped"), stamped, {0: batch(2)})
    part = answer.responses[0].partition_responses[0]
    stage.record("log_append_time", [part.error_code, part.base_offset, part.log_append_time_ms > BASE_MS])
    compacted = create(client, stage.name("compacted"), cleanup_policy="compact")
    stage.record("null_key", produce(client, 9, stage.name("compacted"), compacted, {0: batch(2, key=None)}))
    stage.record(
        "null_key_gzip", produce(client, 9, stage.name("compacted"), compacted, {0: batch(2, key=None, codec=1)})
    )
    stage.record("key", produce(client, 9, stage.name("compacted"), compacted, {0: batch(2)}))
    zipped = create(client, stage.name("zipped"), compression_type="gzip")
    stage.record("recompressed", produce(client, 9, stage.name("zipped"), zipped, {0: batch(20)}))
    stage.record("recompressed_bytes", fetch(client, 11, stage.name("zipped"), zipped, {0: 0}, decode=True))
    bound = create(client, stage.name("bound"), message_timestamp_before_max_ms="1000")
    stage.record("too_old", produce(client, 9, stage.name("bound"), bound, {0: batch(3)}))


def fetch(
    client: RawClient,
    version: int,
    topic: str,
    topic_id: bytes,
    offsets: dict[int, int],
    *,
    decode: bool = False,
    **fields: Any,
) -> Any:
    limit = fields.pop("partition_max_bytes", 1 << 20)
    epoch = fields.pop("current_leader_epoch", -1)
    request = FetchRequest(
        replica_id=-1,
        max_wait_ms=fields.pop("max_wait_ms", 0),
        min_bytes=fields.pop("min_bytes", 0),
        max_bytes=fields.pop("max_bytes", 50 << 20),
        topics=[
            FetchTopic(
                topic=topic,
                topic_id=topic_id,
                partitions=[
                    FetchPartition(
                        partition=index, fetch_offset=offset, partition_max_bytes=limit, current_leader_epoch=epoch
                    )
                    for index, offset in offsets.items()
                ],
            )
        ],
        **({"session_id": 0, "session_epoch": -1} | fields),
    )
    answer = client.call(1, version, request)
    if decode:
        return [
            [(header[0], header[6] & 7, header[13]) for header in headers(part.records)]
            for response in answer.responses
            for part in response.partitions
        ]
    return answer


def headers(data: Any) -> list[tuple[Any, ...]]:
    """The headers of the batches in ``data``, read independently of the broker's own parser."""
    import struct

    data, found, position = bytes(data or b""), [], 0
    while len(data) - position >= 61:
        fields = struct.unpack_from(">qiIBIhiqqqhii", data, position)
        base, length, epoch, magic, crc, attributes, last, first_ms, max_ms, pid, pepoch, seq, count = fields
        found.append(
            (base, length, epoch, magic, crc, last, attributes, first_ms, max_ms, pid, pepoch, seq, length, count)
        )
        position += 12 + length
    return found


@script(1, FETCH)
def fetch_good(stage: Stage) -> None:
    """From the beginning, the middle of a batch, the end; several partitions; small limits."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic, 2)
    produce(client, 9, topic, topic_id, {0: batch(3), 1: batch(1)})
    produce(client, 9, topic, topic_id, {0: batch(4)})
    v = stage.version
    stage.record("all", fetch(client, v, topic, topic_id, {0: 0, 1: 0}))
    stage.record("middle", fetch(client, v, topic, topic_id, {0: 1}))
    stage.record("second", fetch(client, v, topic, topic_id, {0: 3}))
    stage.record("end", fetch(client, v, topic, topic_id, {0: 7}))
    stage.record("small", fetch(client, v, topic, topic_id, {0: 0, 1: 0}, partition_max_bytes=1, max_bytes=1))
    stage.record("wait", fetch(client, v, topic, topic_id, {0: 7}, max_wait_ms=50, min_bytes=1))
    stage.record("committed", fetch(client, v, topic, topic_id, {0: 0}, isolation_level=1))


@script(1, FETCH)
def fetch_refused(stage: Stage) -> None:
    """Offsets out of range, unknown partitions and topics, epochs."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    produce(client, 9, topic, topic_id, {0: batch(3)})
    v = stage.version
    stage.record("beyond", fetch(client, v, topic, topic_id, {0: 4}))
    stage.record("negative", fetch(client, v, topic, topic_id, {0: -1}))
    stage.record("unknown_partition", fetch(client, v, topic, topic_id, {9: 0}))
    stage.record("unknown_topic", fetch(client, v, stage.name("none"), b"n" * 16, {0: 0}))
    stage.record("nil_topic", fetch(client, v, "", bytes(16), {0: 0}))
    if v >= 9:
        stage.record("epoch_now", fetch(client, v, topic, topic_id, {0: 0}, current_leader_epoch=0))
        stage.record("epoch_ahead", fetch(client, v, topic, topic_id, {0: 0}, current_leader_epoch=5))


@script(1, range(7, 19))
def fetch_sessions(stage: Stage) -> None:
    """KIP-227: made, continued, changed, closed, unknown, out of step."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic, 2)
    produce(client, 9, topic, topic_id, {0: batch(3)})
    v = stage.version
    made = stage.record("made", fetch(client, v, topic, topic_id, {0: 0, 1: 0}, session_id=0, session_epoch=0))
    session = made.session_id
    stage.record("has_id", session != 0)

    def go_on(step: str, epoch: int, offsets: dict[int, int], session_id: int = session, **more: Any) -> None:
        request = FetchRequest(
            replica_id=-1,
            max_wait_ms=0,
            min_bytes=0,
            max_bytes=50 << 20,
            session_id=session_id,
            session_epoch=epoch,
            topics=[
                FetchTopic(
                    topic=topic,
                    topic_id=topic_id,
                    partitions=[
                        FetchPartition(partition=i, fetch_offset=o, partition_max_bytes=1 << 20)
                        for i, o in offsets.items()
                    ],
                )
            ]
            if offsets
            else [],
            **more,
        )
        stage.record(step, client.call(1, v, request))

    go_on("moved", 1, {0: 3})
    go_on("nothing", 2, {})
    produce(client, 9, topic, topic_id, {1: batch(1)})
    go_on("news", 3, {})
    go_on("wrong_epoch", 9, {})
    go_on("unknown", 1, {}, session_id=session ^ 1)
    go_on("closed", -1, {0: 3}, session_id=session)
    go_on("after_close", 5, {}, session_id=session)


@script(2, range(1, 12))
def list_offsets(stage: Stage) -> None:
    """By position and by time."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    empty = stage.name("empty")
    create(client, empty)
    produce(client, 9, topic, topic_id, {0: batch(5, first_ms=BASE_MS)})
    produce(client, 9, topic, topic_id, {0: batch(5, first_ms=BASE_MS + 1000, codec=1)})
    produce(client, 9, topic, topic_id, {0: batch(5, first_ms=BASE_MS + 500)})

    def ask(step: str, timestamp: int, name: str = topic, partition: int = 0, epoch: int = -1) -> None:
        request = ListOffsetsRequest(
            replica_id=-1,
            timeout_ms=30_000,
            topics=[
                ListOffsetsTopic(
                    name=name,
                    partitions=[
                        ListOffsetsPartition(partition_index=partition, timestamp=timestamp, current_leader_epoch=epoch)
                    ],
                )
            ],
        )
        answer = stage.record(step, client.call(2, stage.version, request))
        for part in getattr(answer, "topics", [])[0].partitions if hasattr(answer, "topics") else []:
            if part.timestamp >= 0:
                part.timestamp -= BASE_MS

    for name, timestamp in {
        "latest": -1,
        "earliest": -2,
        "max": -3,
        "local": -4,
        "tiered": -5,
        "pending": -6,
        "nonsense": -20,
        "zero": 0,
        "first": BASE_MS,
        "within": BASE_MS + 2,
        "between": BASE_MS + 10,
        "zipped": BASE_MS + 1003,
        "after": BASE_MS + 5000,
    }.items():
        ask(name, timestamp)
        ask(f"{name}_empty", timestamp, empty)
    ask("unknown_partition", -1, partition=5)
    ask("unknown_topic", -1, stage.name("none"))
    ask("epoch_ahead", -1, epoch=7)


@script(21, range(0, 3))
def delete_records(stage: Stage) -> None:
    """Forward, back, beyond, the high watermark."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic, 2)
    for _ in range(3):
        produce(client, 9, topic, topic_id, {0: batch(4)})

    def ask(step: str, offset: int, partition: int = 0, name: str = topic) -> None:
        request = DeleteRecordsRequest(
            timeout_ms=30_000,
            topics=[
                DeleteRecordsTopic(
                    name=name, partitions=[DeleteRecordsPartition(partition_index=partition, offset=offset)]
                )
            ],
        )
        stage.record(step, client.call(21, stage.version, request))

    ask("to_5", 5)
    stage.record("fetch_below", fetch(client, 11, topic, topic_id, {0: 2}))
    stage.record("fetch_at", fetch(client, 11, topic, topic_id, {0: 5}, decode=True))
    ask("back", 2)
    ask("beyond", 50)
    ask("negative", -5)
    ask("to_end", -1)
    ask("empty", 0, partition=1)
    ask("unknown_partition", 1, partition=8)
    ask("unknown_topic", 1, name=stage.name("none"))
    stage.record("fetch_end", fetch(client, 11, topic, topic_id, {0: 12}))


@script(23, range(2, 5))
def offset_for_leader_epoch(stage: Stage) -> None:
    """The epoch there is, the one before, the one after."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    produce(client, 9, topic, topic_id, {0: batch(4)})
    for step, (current, asked, partition, name) in {
        "same": (-1, 0, 0, topic),
        "current": (0, 0, 0, topic),
        "ahead": (5, 0, 0, topic),
        "newer": (-1, 3, 0, topic),
        "undefined": (-1, -1, 0, topic),
        "unknown_partition": (-1, 0, 9, topic),
        "unknown_topic": (-1, 0, 0, stage.name("none")),
    }.items():
        request = OffsetForLeaderEpochRequest(
            replica_id=-1,
            topics=[
                OffsetForLeaderEpochRequestOffsetForLeaderTopic(
                    topic=name,
                    partitions=[
                        OffsetForLeaderEpochRequestOffsetForLeaderPartition(
                            partition=partition, current_leader_epoch=current, leader_epoch=asked
                        )
                    ],
                )
            ],
        )
        stage.record(step, client.call(23, stage.version, request))


@script(22, range(0, 6))
def init_producer_id(stage: Stage) -> None:
    """Idempotent producers: fresh ids, and a bump of one's own."""
    client = stage.client()
    first = stage.record("first", new_producer(client, stage.version))
    second = new_producer(client, stage.version)
    stage.record("differ", first.producer_id != second.producer_id)
    if stage.version >= 3:
        again = InitProducerIdRequest(
            transactional_id=None, transaction_timeout_ms=60_000, producer_id=first.producer_id, producer_epoch=0
        )
        stage.record("bump", client.call(22, stage.version, again))
        half = InitProducerIdRequest(
            transactional_id=None, transaction_timeout_ms=60_000, producer_id=-1, producer_epoch=3
        )
        stage.record("half", client.call(22, stage.version, half))
    stage.record(
        "empty_transactional_id",
        client.call(22, stage.version, InitProducerIdRequest(transactional_id="", transaction_timeout_ms=60_000)),
    )


@script(61, range(0, 1))
def describe_producers(stage: Stage) -> None:
    """An idempotent producer's state on a partition."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    producer_id = new_producer(client).producer_id
    data = batch(3, producer_id=producer_id, producer_epoch=0, base_sequence=0)
    produce(client, 9, topic, topic_id, {0: data})
    for step, (name, index) in {
        "there": (topic, 0),
        "unknown_partition": (topic, 4),
        "unknown_topic": (stage.name("none"), 0),
    }.items():
        request = DescribeProducersRequest(
            topics=[DescribeProducersRequestTopicRequest(name=name, partition_indexes=[index])]
        )
        answer = stage.record(step, client.call(61, 0, request))
        for producer in answer.topics[0].partitions[0].active_producers:
            producer.last_timestamp -= BASE_MS
