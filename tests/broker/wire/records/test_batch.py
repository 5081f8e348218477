"""The batch header: reading, walking, and patching in place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.errors import DecodeError
from broker.wire.records import batch
from broker.wire.records.batch import (
    HEADER,
    HEADER_SIZE,
    BatchHeader,
    compute_crc,
    iter_batches,
    last_sequence,
    parse_header,
    stamp,
    stamp_log_append_time,
    stamped_prefix,
)
from broker.wire.records.record import encode_batch, iter_records
from tests.broker.wire.records.batches import NOW_MS, plain, sample, sample_batch

_i64 = st.integers(-(2**63), 2**63 - 1)
_i32 = st.integers(-(2**31), 2**31 - 1)
_i16 = st.integers(-(2**15), 2**15 - 1)


@given(st.tuples(_i64, _i32, _i32, st.integers(-128, 127), st.integers(0, 2**32 - 1), _i16, _i32, _i64, _i64, _i64, _i16, _i32, _i32), st.integers(0, 20))  # fmt: skip
def test_every_field_is_read_where_it_stands(fields: tuple[int, ...], before: int) -> None:
    """Any 61 bytes at any position read back as the thirteen fields they were made of."""
    buf = b"x" * before + HEADER.pack(*fields)

    assert tuple(parse_header(buf, before)) == fields
    assert parse_header(memoryview(buf), before) == parse_header(bytearray(buf), before)


def test_helpers_tell_what_the_bits_mean() -> None:
    """Codec, timestamp type and the flags are read from the attributes."""
    plain_header = parse_header(encode_batch(sample(3), base_offset=0, codec=4))
    marked = plain_header._replace(attributes=0x08 | 0x10 | 0x20 | 0x40 | 2, base_offset=10)

    assert (plain_header.codec, plain_header.timestamp_type) == (4, batch.CREATE_TIME)
    assert not (plain_header.is_transactional)
    assert not (plain_header.is_control)
    assert not (plain_header.has_delete_horizon)
    assert not plain_header.has_producer
    assert (marked.codec, marked.timestamp_type) == (2, batch.LOG_APPEND_TIME)
    assert marked.is_transactional
    assert marked.is_control
    assert marked.has_delete_horizon
    assert (marked.last_offset, marked.next_offset) == (12, 13)
    assert marked.size == marked.batch_length + 12


@pytest.mark.parametrize(
    ("base", "delta", "last"), [(0, 0, 0), (5, 4, 9), (2**31 - 1, 0, 2**31 - 1), (2**31 - 1, 1, 0), (2**31 - 3, 9, 6), (-1, 4, -1)]
)  # fmt: skip
def test_sequences_wrap_to_zero(base: int, delta: int, last: int) -> None:
    """The sequence after 2^31 - 1 is 0, and no sequence stays none."""
    assert last_sequence(base, delta) == last


def test_a_header_cut_off_is_an_error() -> None:
    """60 bytes are no header, at any position."""
    whole = sample_batch()
    for length in range(HEADER_SIZE):
        with pytest.raises(DecodeError, match="61 needed"):
            parse_header(whole[:length])
    with pytest.raises(DecodeError):
        parse_header(whole, len(whole) - 60)


def test_batches_are_walked_in_order() -> None:
    """Several batches in one buffer come out with their positions, within the bounds given."""
    one, two = sample_batch(2), sample_batch(3)
    buf = b"..." + one + two + b"trailing"

    found = list(iter_batches(buf, 3, 3 + len(one) + len(two)))

    assert [(pos, header.record_count) for pos, header in found] == [(3, 2), (3 + len(one), 3)]
    assert list(iter_batches(b"")) == []


@pytest.mark.parametrize(
    "field",
    [{"magic": 1}, {"batch_length": 48}, {"batch_length": -1}, {"batch_length": 2**31 - 1}, {"last_offset_delta": -1}, {"record_count": -1}],
)  # fmt: skip
def test_walking_stops_at_nonsense(field: dict[str, int]) -> None:
    """A batch that cannot be is an error, after those before it were given."""
    good = sample_batch()
    bad = HEADER.pack(*parse_header(good)._replace(**field)) + good[HEADER_SIZE:]
    batches = iter_batches(good + bad)

    assert next(batches)[0] == 0
    with pytest.raises(DecodeError):
        next(batches)


def test_truncation_anywhere_is_an_error() -> None:
    """A buffer that ends inside a batch never yields it."""
    whole = sample_batch()
    for length in range(1, len(whole)):
        with pytest.raises(DecodeError):
            list(iter_batches(whole[:length]))


def test_stamping_offsets_leaves_the_crc_right() -> None:
    """Base offset and leader epoch change, nothing else does, and the CRC still holds."""
    buf = bytearray(b"xx" + sample_batch())
    before = parse_header(buf, 2)

    stamp(memoryview(buf), 2, 2**40, 6)

    after = parse_header(buf, 2)
    assert after == before._replace(base_offset=2**40, partition_leader_epoch=6)
    assert compute_crc(buf, 2) == after.crc
    assert [record.offset - 2**40 for record in iter_records(buf, 2)] == [0, 1, 2, 3, 4]
    assert buf[:2] == b"xx"


def test_a_stamped_prefix_is_what_stamping_would_write() -> None:
    """Sixteen bytes plus the untouched rest equal the batch stamped in place."""
    whole = sample_batch()
    stamped = bytearray(whole)
    stamp(stamped, 0, 99, 4)

    assert stamped_prefix(parse_header(whole), 99, 4) + whole[16:] == stamped


def test_log_append_time_makes_every_record_that_old() -> None:
    """The bit and the maximum are set, the CRC is right again, and records tell the broker's time."""
    buf = bytearray(b"x" + sample_batch())

    stamp_log_append_time(buf, 1, NOW_MS + 77)

    header = parse_header(buf, 1)
    assert header.timestamp_type == batch.LOG_APPEND_TIME
    assert header.max_timestamp == NOW_MS + 77
    assert header.base_timestamp == NOW_MS
    assert compute_crc(buf, 1) == header.crc
    assert {record.timestamp for record in iter_records(buf, 1)} == {NOW_MS + 77}
    assert plain(iter_records(buf, 1))[1].value == sample()[1].value


def test_patching_read_only_memory_is_refused() -> None:
    """Stamping never writes into bytes that somebody else may hold."""
    with pytest.raises(TypeError):
        stamp(memoryview(sample_batch()), 0, 1, 1)


@given(st.binary(max_size=300))
def test_random_bytes_give_batches_or_a_decode_error(data: bytes) -> None:
    """Walking any bytes ends in headers or DecodeError."""
    try:
        for _, header in iter_batches(data):
            assert isinstance(header, BatchHeader)
    except DecodeError:
        pass
