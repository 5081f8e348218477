"""Other implementations of the format: each reads what we write and writes what we read."""

import pytest
from aiokafka.record.default_records import DefaultRecordBatch as AiokafkaBatch
from aiokafka.record.default_records import DefaultRecordBatchBuilder as AiokafkaBuilder
from hypothesis import given
from hypothesis import strategies as st
from kio.records.readers import read_batch as kio_read

from broker.wire.records.batch import compute_crc, iter_batches, parse_header
from broker.wire.records.compression import Codec
from broker.wire.records.record import Record, encode_batch, iter_records
from tests.broker.wire.records.batches import CODECS, NOW_MS, plain, records, sample
from tests.broker.wire.records.kafka_python import DefaultRecordBatch as KafkaPythonBatch
from tests.broker.wire.records.kafka_python import DefaultRecordBatchBuilder as KafkaPythonBuilder

# kafka-python finds no snappy and zstd libraries here: it needs python-snappy and zstandard, we use others.
CASES = [(AiokafkaBuilder, AiokafkaBatch, codec) for codec in CODECS] + [
    (KafkaPythonBuilder, KafkaPythonBatch, codec) for codec in (Codec.NONE, Codec.GZIP, Codec.LZ4)
]


def named(case: object) -> str | None:
    return f"{case.__module__.split('.')[0]}" if isinstance(case, type) else None


@pytest.mark.parametrize(("builder", "_", "codec"), CASES, ids=named)
@given(st.data())
def test_we_read_what_clients_write(builder: type, _: type, codec: Codec, data: st.DataObject) -> None:
    """A batch built by a client decodes to the client's records, with a right header."""
    wanted = [record._replace(timestamp=max(record.timestamp, 0)) for record in data.draw(records())]
    build = builder(
        magic=2, compression_type=codec, is_transactional=1, producer_id=5, producer_epoch=2, base_sequence=9, batch_size=1_000_000
    )  # fmt: skip
    for record in wanted:
        headers = [(bytes(key).decode(), value) for key, value in record.headers]
        build.append(record.offset, record.timestamp, record.key, record.value, headers)
    batch = bytes(build.build())

    header = parse_header(batch)
    assert plain(iter_records(batch)) == wanted
    assert header.crc == compute_crc(batch)
    assert header.record_count == len(wanted)
    assert header.is_transactional
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (5, 2, 9)
    assert header.max_timestamp == max(record.timestamp for record in wanted)
    assert [pos for pos, _ in iter_batches(batch)] == [0]


@pytest.mark.parametrize(("_", "reader", "codec"), CASES, ids=named)
@given(st.data())
def test_clients_read_what_we_write(_: type, reader: type, codec: Codec, data: st.DataObject) -> None:
    """A batch of ours decodes to the same records in a client, CRC and header included."""
    wanted = data.draw(records())
    batch = reader(bytes(encode_batch(wanted, codec=codec, producer_id=5, producer_epoch=2, base_sequence=9)))

    assert batch.validate_crc()
    assert (batch.producer_id, batch.producer_epoch, batch.base_sequence) == (5, 2, 9)
    read = [
        Record(r.offset, r.timestamp, r.key, r.value, tuple((key.encode(), value) for key, value in r.headers))
        for r in batch
    ]
    assert read == wanted


def test_kio_reads_what_we_write() -> None:
    """kio's reader, which reads uncompressed batches and whole seconds, agrees on every field."""
    wanted = [record._replace(offset=30 + record.offset) for record in sample()]
    data = bytes(encode_batch(wanted, base_offset=30, producer_id=5, producer_epoch=2, base_sequence=9, leader_epoch=1))

    batch, size = kio_read(data, 0)

    header = parse_header(data)
    assert size == len(data)
    assert all(getattr(batch, field) == getattr(header, field) for field in header._fields if field != "record_count")
    assert [
        Record(
            record.offset,
            int(record.timestamp.timestamp() * 1000),
            record.key,
            record.value,
            tuple((header.key or b"", header.value) for header in record.headers),
        )
        for record in batch.records
    ] == wanted
    assert wanted[0].timestamp == NOW_MS
