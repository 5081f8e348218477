"""Scripts about record batches that are odd or wrong, and about what brokers do with connections while they are at it."""

import struct
from typing import Any

from broker.wire.messages.metadata import MetadataRequest
from broker.wire.messages.produce import ProduceRequestPartitionProduceData
from broker.wire.records.batch import HEADER_SIZE, stamp_crc
from broker.wire.records.record import Record, encode_batch
from tests.differential.raw_client import Closed, RawClient
from tests.differential.script import Stage, script
from tests.differential.scripts_data import BASE_MS, batch, fetch, produce, produce_request
from tests.differential.topics import create

LENGTH, LEADER_EPOCH, MAGIC, ATTRIBUTES, LAST_DELTA, FIRST_MS, MAX_MS, PRODUCER, EPOCH, SEQUENCE, COUNT = (
    *(8, 12, 16, 21, 23, 27, 35, 43, 51, 53, 57),
)
FORMATS = {1: ">b", 2: ">h", 4: ">i", 8: ">q"}


def changed(data: bytes, *changes: tuple[int, int, int]) -> bytes:
    """The batch with (position, width, value) written into its header, and the checksum that follows."""
    buffer = bytearray(data)
    for position, width, value in changes:
        struct.pack_into(FORMATS[width], buffer, position, value)
    stamp_crc(buffer)
    return bytes(buffer)


def with_records(records: bytes, count: int, last_delta: int | None = None) -> bytes:
    """A batch whose records are given as bytes, however wrong."""
    head = batch(1)[:HEADER_SIZE]
    last = count - 1 if last_delta is None else last_delta
    data = head + records
    return changed(data, (LENGTH, 4, len(data) - 12), (COUNT, 4, count), (LAST_DELTA, 4, last))


def record(
    *, delta: int = 0, key: bytes = b"\x06key", value: bytes = b"\x0avalue", headers: bytes = b"\0", attributes: int = 0
) -> bytes:
    """One record as bytes; ``delta`` is small enough to be one byte."""
    body = bytes([attributes, 0, delta * 2]) + key + value + headers
    return bytes([len(body) * 2]) + body


@script(0, range(3, 14, 5))
def odd_batches(stage: Stage) -> None:
    """Headers and records that say strange things; what is accepted is fetched to see what became of it."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    good = batch(3)
    for step, data in {
        "base_offset": changed(good, (0, 8, 77)),
        "negative_base_offset": changed(good, (0, 8, -5)),
        "leader_epoch": changed(good, (LEADER_EPOCH, 4, 9)),
        "count_zero": changed(
            batch(1)[:HEADER_SIZE], (LENGTH, 4, HEADER_SIZE - 12), (COUNT, 4, 0), (LAST_DELTA, 4, -1)
        ),
        "count_zero_delta_0": changed(batch(1)[:HEADER_SIZE], (LENGTH, 4, HEADER_SIZE - 12), (COUNT, 4, 0)),
        "count_negative": changed(good, (COUNT, 4, -1)),
        "count_too_low": changed(good, (COUNT, 4, 2)),
        "count_too_high": changed(good, (COUNT, 4, 4)),
        "count_too_low_with_delta": changed(good, (COUNT, 4, 2), (LAST_DELTA, 4, 1)),
        "count_too_high_with_delta": changed(good, (COUNT, 4, 4), (LAST_DELTA, 4, 3)),
        "delta_too_high": changed(good, (LAST_DELTA, 4, 9)),
        "delta_too_low": changed(good, (LAST_DELTA, 4, 1)),
        "delta_negative": changed(good, (LAST_DELTA, 4, -1)),
        "magic_0": changed(good, (MAGIC, 1, 0)),
        "magic_3": changed(good, (MAGIC, 1, 3)),
        "magic_negative": changed(good, (MAGIC, 1, -1)),
        "length_short": changed(good, (LENGTH, 4, len(good) - 13)),
        "length_tiny": bytes(changed(good)[:8] + (5).to_bytes(4, "big") + good[12:]),
        "length_negative": bytes(changed(good)[:8] + b"\xff\xff\xff\xf0" + good[12:]),
        "codec_5": changed(good, (ATTRIBUTES, 2, 5)),
        "codec_7": changed(good, (ATTRIBUTES, 2, 7)),
        "says_gzip": changed(good, (ATTRIBUTES, 2, 1)),
        "says_zstd": changed(good, (ATTRIBUTES, 2, 4)),
        "log_append_time": changed(good, (ATTRIBUTES, 2, 8)),
        "control": changed(good, (ATTRIBUTES, 2, 0x20)),
        "transactional": changed(good, (ATTRIBUTES, 2, 0x10)),
        "delete_horizon": changed(good, (ATTRIBUTES, 2, 0x40)),
        "unused_attribute": changed(good, (ATTRIBUTES, 2, 0x100)),
        "max_timestamp_wrong": changed(good, (MAX_MS, 8, BASE_MS - 5000)),
        "max_timestamp_future": changed(good, (MAX_MS, 8, BASE_MS + 10_000)),
        "no_timestamps": changed(good, (FIRST_MS, 8, -1), (MAX_MS, 8, -1)),
        "negative_timestamps": changed(good, (FIRST_MS, 8, -100), (MAX_MS, 8, -98)),
        "epoch_without_producer": changed(good, (EPOCH, 2, 3)),
        "sequence_without_producer": changed(good, (SEQUENCE, 4, 3)),
        "producer_without_sequence": changed(good, (PRODUCER, 8, 10**9), (EPOCH, 2, 0)),
        "producer_without_epoch": changed(good, (PRODUCER, 8, 10**9 + 1), (SEQUENCE, 4, 0)),
        "producer_negative": changed(good, (PRODUCER, 8, -7), (SEQUENCE, 4, 0), (EPOCH, 2, 0)),
        "gap_in_offsets": with_records(record() + record(delta=2), 2),
        "gap_in_offsets_with_delta": with_records(record() + record(delta=2), 2, 2),
        "same_offset_twice": with_records(record() + record(), 2),
        "record_attributes": with_records(record(attributes=7), 1),
        "null_key_and_value": with_records(record(key=b"\x01", value=b"\x01"), 1),
        "key_too_long": with_records(record(key=b"\x7ekey"), 1),
        "key_very_negative": with_records(record(key=b"\x03key"), 1),
        "null_header_key": with_records(record(headers=b"\x02\x01\x02v"), 1),
        "negative_headers": with_records(record(headers=b"\x01"), 1),
        "too_many_headers": with_records(record(headers=b"\x7e"), 1),
        "good_header": with_records(record(headers=b"\x02\x02k\x01"), 1),
        "record_length_short": with_records(bytes([6]) + record()[1:], 1),
        "bytes_after_record": with_records(record() + b"\0\0\0", 1),
        "long_varint": with_records(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 1),
        "trailing_bytes": good + b"\0" * 5,
        "trailing_batch_header": good + good[:30],
    }.items():
        answer = produce(client, stage.version, topic, topic_id, {0: data})
        if isinstance(answer, Closed):
            stage.record(step, answer)
            continue
        part = answer.responses[0].partition_responses[0]
        # Offsets differ as soon as one batch is taken by one broker only; each is therefore looked at by itself.
        read = b""
        if part.error_code == 0 and part.base_offset >= 0:
            found = fetch(client, 11, topic, topic_id, {0: part.base_offset})
            read = bytes(found.responses[0].partitions[0].records)[8:]
        refused = [error.batch_index for error in part.record_errors]
        stage.record(step, {"error_code": part.error_code, "record_errors": refused, "read": read})


@script(0, range(9, 10))
def odd_compressed_batches(stage: Stage) -> None:
    """What is wrong inside compressed batches, and codecs that do not fit what they say."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    for codec in range(1, 5):
        whole = batch(20, codec=codec)
        for step, data in {
            "garbage": changed(whole[: HEADER_SIZE + 6] + b"\xee" * (len(whole) - HEADER_SIZE - 6)),
            "cut": changed(whole[:-9], (LENGTH, 4, len(whole) - 9 - 12)),
            "empty": changed(whole[:HEADER_SIZE], (LENGTH, 4, HEADER_SIZE - 12)),
            "count_too_high": changed(whole, (COUNT, 4, 21), (LAST_DELTA, 4, 20)),
            "count_too_low": changed(whole, (COUNT, 4, 19), (LAST_DELTA, 4, 18)),
            "trailing": changed(whole + b"\0\0\0\0", (LENGTH, 4, len(whole) + 4 - 12)),
            "other_codec": changed(whole, (ATTRIBUTES, 2, codec % 4 + 1)),
            "wrong_offsets": batch_of_gaps(codec),
        }.items():
            answer = produce(client, stage.version, topic, topic_id, {0: data})
            part = answer.responses[0].partition_responses[0]
            stage.record(
                f"codec_{codec}_{step}",
                {"error_code": part.error_code, "record_errors": [e.batch_index for e in part.record_errors]},
            )


def batch_of_gaps(codec: int) -> bytes:
    """As compaction leaves them, and producers must not send them."""
    records = [Record(offset=index * 2, timestamp=BASE_MS, key=b"k", value=b"v") for index in range(5)]
    return bytes(encode_batch(records, codec=codec))


@script(0, range(3, 14, 5))
def zstd_of_old(stage: Stage) -> None:
    """zstd is for Produce from v7 and Fetch from v10 (KIP-110)."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    stage.record("produce", produce(client, stage.version, topic, topic_id, {0: batch(5, codec=4)}))
    produce(client, 9, topic, topic_id, {0: batch(5, codec=4)})
    for version in (4, 9, 10, 12):
        stage.record(
            f"fetch_{version}", fetch(client, version, topic, topic_id, {0: 0}).responses[0].partitions[0].error_code
        )
    own = create(client, stage.name("own"), compression_type="zstd")
    produce(client, 9, stage.name("own"), own, {0: batch(5)})
    for version in (4, 9, 10, 12):
        answer = fetch(client, version, stage.name("own"), own, {0: 0})
        stage.record(f"fetch_own_{version}", answer.responses[0].partitions[0].error_code)


@script(0, range(3, 14, 2))
def same_partition_twice(stage: Stage) -> None:
    """A request that names a partition twice."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic)
    request = produce_request(stage.version, topic, topic_id, {0: batch(1)})
    request.topic_data[0].partition_data.append(ProduceRequestPartitionProduceData(index=0, records=batch(2)))
    answer = client.call(0, stage.version, request)
    parts = [part for response in answer.responses for part in response.partition_responses]
    stage.record("errors", sorted(part.error_code for part in parts))


@script(0, range(3, 14, 5))
def no_acknowledgement(stage: Stage) -> None:
    """acks=0: nothing is answered; what is refused ends the connection."""
    topic = stage.name("t")
    topic_id = create(stage.client(), topic)

    def ask(step: str, client: RawClient, topic_name: str, parts: dict[int, Any]) -> None:
        request = produce_request(stage.version, topic_name, topic_id, parts, acks=0)
        client.send(0, stage.version, request)
        client.send(3, 1, MetadataRequest(topics=[]))
        answer = client.receive(3, 1)
        stage.record(step, answer if isinstance(answer, Closed) else "next answer came")
        client.close()

    ask("good", stage.client(), topic, {0: batch(1)})
    ask("unknown_partition", stage.client(), topic, {7: batch(1)})
    corrupt = bytearray(batch(1))
    corrupt[-1] ^= 1
    ask("corrupt", stage.client(), topic, {0: bytes(corrupt)})
    ask("empty", stage.client(), topic, {0: b""})
    client = stage.client()
    stage.record("was_it_appended", fetch(client, 11, topic, topic_id, {0: 0}, decode=True))


@script(0, range(9, 10))
def pipelined(stage: Stage) -> None:
    """Many requests at once over one connection are answered in their order."""
    client = stage.client()
    topic = stage.name("t")
    topic_id = create(client, topic, 2)
    for index in range(20):
        client.send(0, 9, produce_request(9, topic, topic_id, {index % 2: batch(1 + index % 3)}))
        if index % 5 == 0:
            client.send(3, 1, MetadataRequest(topics=[]))
    for index in range(20):
        stage.record(f"produce_{index}", client.receive(0, 9))
        if index % 5 == 0:
            stage.record(f"metadata_{index}", len(client.receive(3, 1).topics))
    client.send(1, 4, _long_poll(topic))
    client.send(3, 1, MetadataRequest(topics=[]))
    stage.record("fetch_first", client.receive(1, 4).responses[0].partitions[0].error_code)
    stage.record("metadata_second", len(client.receive(3, 1).topics))


def _long_poll(topic: str) -> Any:
    from broker.wire.messages.fetch import FetchPartition, FetchRequest, FetchTopic

    part = FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)
    return FetchRequest(
        replica_id=-1,
        max_wait_ms=200,
        min_bytes=1 << 20,
        max_bytes=1 << 24,
        topics=[FetchTopic(topic=topic, partitions=[part])],
    )
