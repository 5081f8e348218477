"""Records found by timestamp within a span, against a scan of all records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.log.stored_batches import Piece, StoredDataError
from broker.log.timestamps import first_at, greatest
from broker.wire.records.batch import LOG_APPEND_TIME, stamp_crc
from broker.wire.records.record import RECORDS_AT_ONCE, Position, Record, encode_batch


def span_of(batches: list[list[int]], base: int = 50, codec: int = 0) -> Piece:
    """A span whose batches hold records of these timestamps."""
    data = bytearray()
    for timestamps in batches:
        data += encode_batch([Record(index, each) for index, each in enumerate(timestamps)], codec=codec)
    return Piece(memoryview(data), base, base + sum(map(len, batches)) - 1, False, True)


@given(
    st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=6), min_size=1, max_size=6),
    st.integers(0, 51),
    st.integers(45, 90),
    st.sampled_from([0, 1, 3]),
)
def test_agrees_with_a_scan(batches: list[list[int]], target: int, start_offset: int, codec: int) -> None:
    """The first record at or after a time, and the first of the largest time, from any log start on."""
    piece = span_of(batches, codec=codec)
    records = [
        Position(50 + index, timestamp)
        for index, timestamp in enumerate(each for of_batch in batches for each in of_batch)
    ]
    seen = [record for record in records if record.offset >= start_offset]
    assert first_at(piece, target, start_offset) == next((each for each in seen if each.timestamp >= target), None)
    best = max(seen, key=lambda each: (each.timestamp, -each.offset), default=None)
    assert greatest(piece, start_offset) == best


def test_with_log_append_time_every_record_has_the_batchs_time() -> None:
    """The producer's deltas do not count."""
    data = encode_batch([Record(0, 5), Record(1, 99)], timestamp_type=LOG_APPEND_TIME, max_timestamp=40)
    piece = Piece(memoryview(data), 7, 8, False, True)
    assert first_at(piece, 40, 0) == Position(7, 40)
    assert first_at(piece, 41, 0) is None
    assert first_at(piece, 40, 8) == Position(8, 40)
    assert greatest(piece, 0) == Position(7, 40)


def test_damage_is_an_error_and_nonsense_of_the_producer_is_not() -> None:
    """A wrong CRC is ours; records that do not decode under a right one stand for their batch's first offset."""
    piece = span_of([[10], [20]])
    piece.data[-1] ^= 1
    assert first_at(piece, 10, 0) == Position(50, 10)
    with pytest.raises(StoredDataError):
        first_at(piece, 11, 0)
    with pytest.raises(StoredDataError):
        greatest(piece, 0)
    nonsense = bytearray(encode_batch([Record(0, 30)]))
    nonsense[61] = 0x7F
    stamp_crc(nonsense)
    piece = Piece(memoryview(nonsense), 5, 5, False, True)
    assert first_at(piece, 1, 0) == Position(5, 30)
    assert greatest(piece, 0) == Position(5, 30)


def test_what_takes_long_is_done_with_pauses() -> None:
    """Every batch that is unpacked, every thousand records of one, and one that cannot be read as well."""
    piece = span_of([[1], [2], list(range(3 * RECORDS_AT_ONCE))], codec=1)
    made: list[None] = []
    assert greatest(piece, 0, lambda: made.append(None)) == Position(50 + 1 + 3 * RECORDS_AT_ONCE, 3 * RECORDS_AT_ONCE - 1)
    assert len(made) == 3 * 2 + 3
    made.clear()
    assert first_at(piece, 3 * RECORDS_AT_ONCE - 1, 0, lambda: made.append(None)) is not None
    assert len(made) == 2 + 2  # of the last batch, and not after the record that was found
    broken = bytearray(encode_batch([Record(0, 30)], codec=1))
    broken[-1] ^= 1
    stamp_crc(broken)
    made.clear()
    assert first_at(Piece(memoryview(broken), 5, 5, False, True), 1, 0, lambda: made.append(None)) == Position(5, 30)
    assert made
