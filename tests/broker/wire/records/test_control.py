"""Transaction markers."""

import pytest

from broker.wire.errors import DecodeError
from broker.wire.records.batch import compute_crc, parse_header
from broker.wire.records.control import ABORT, COMMIT, Marker, decode_marker, encode_marker
from broker.wire.records.record import Record, encode_batch
from tests.broker.wire.records.batches import NOW_MS, sample_batch
from tests.broker.wire.records.kafka_python import MemoryRecords


@pytest.mark.parametrize("kind", [COMMIT, ABORT])
def test_round_trip(kind: int) -> None:
    """A marker says what it was made to say, in a control batch without a sequence."""
    batch = encode_marker(
        kind, base_offset=42, producer_id=7, producer_epoch=3, timestamp=NOW_MS, coordinator_epoch=5, leader_epoch=1
    )

    header = parse_header(batch)
    assert decode_marker(batch) == Marker(kind, 5)
    assert header.is_control
    assert header.is_transactional
    assert (header.base_offset, header.record_count, header.base_sequence) == (42, 1, -1)
    assert (header.producer_id, header.producer_epoch, header.partition_leader_epoch) == (7, 3, 1)
    assert header.crc == compute_crc(batch)


def test_a_client_understands_our_markers() -> None:
    """kafka-python reads commit as commit and abort as abort."""
    for kind in (COMMIT, ABORT):
        data = bytes(encode_marker(kind, base_offset=0, producer_id=7, producer_epoch=3, timestamp=NOW_MS))
        batch = MemoryRecords(data).next_batch()
        assert batch.is_control_batch
        assert batch.is_transactional
        assert batch.validate_crc()
        (record,) = list(batch)
        assert (record.commit, record.abort) == (kind == COMMIT, kind == ABORT)


@pytest.mark.parametrize(
    "batch",
    [
        sample_batch(1),
        encode_batch([Record(0, 0, b"\0\0\0\1", b"\0" * 6)]),
        encode_batch([Record(0, 0, b"\0\0\0", b"\0" * 6)], control=True),
        encode_batch([Record(0, 0, b"\0\0\0\1", b"\0" * 5)], control=True),
        encode_batch([Record(0, 0, None, b"\0" * 6)], control=True),
        encode_batch([Record(0, 0, b"\0\0\0\1", None)], control=True),
        encode_batch([Record(0, 0, b"\0\0\0\2", b"\0" * 6)], control=True),
        encode_batch([Record(i, 0, b"\0\0\0\1", b"\0" * 6) for i in range(2)], control=True),
        encode_batch([], control=True),
    ],
)
def test_anything_else_is_no_marker(batch: bytes) -> None:
    """Data batches, short keys or values, and other control types are refused."""
    with pytest.raises(DecodeError):
        decode_marker(batch)
