"""Records inside a batch: round trips, search by time, and every way the bytes can be wrong."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.errors import DecodeError
from broker.wire.records.batch import HEADER_SIZE, LOG_APPEND_TIME, NO_TIMESTAMP, BatchHeader, compute_crc, parse_header
from broker.wire.records.compression import Codec, OutputLimitError
from broker.wire.records.record import (
    Position,
    Record,
    assemble,
    body,
    encode_batch,
    find_timestamp,
    iter_records,
    latest_timestamp,
    walk,
)
from tests.broker.wire.records.batches import CODECS, NOW_MS, plain, records, sample, sample_batch


def decoded(buf: bytes | bytearray) -> list[Record]:
    return plain(iter_records(buf))


def with_body(data: bytes, **fields: int) -> bytearray:
    """A batch of one record (unless `fields` say otherwise) whose record bytes are `data`."""
    header = parse_header(encode_batch([Record(0, NOW_MS)]))
    return assemble(header._replace(**fields), data)


@given(records(min_size=0), st.sampled_from(CODECS), st.integers(0, 2**62))
def test_round_trip(wanted: list[Record], codec: Codec, base_offset: int) -> None:
    """Records come back from a batch under every codec, and the header tells the truth about them."""
    wanted = [record._replace(offset=base_offset + record.offset) for record in wanted]

    batch = encode_batch(wanted, base_offset=base_offset, codec=codec)

    header = parse_header(batch)
    assert decoded(batch) == wanted
    assert header.size == len(batch)
    assert header.crc == compute_crc(batch)
    assert header.codec == codec
    assert header.record_count == len(wanted)
    assert header.last_offset_delta == max(len(wanted) - 1, 0)
    assert header.max_timestamp == max((record.timestamp for record in wanted), default=NO_TIMESTAMP)


@given(records(), st.binary(max_size=10), st.binary(max_size=10))
def test_batches_are_read_where_they_stand(wanted: list[Record], before: bytes, after: bytes) -> None:
    """Bytes around the batch do not matter, nor does the kind of buffer."""
    buf = before + encode_batch(wanted) + after
    assert plain(iter_records(memoryview(buf), len(before))) == wanted
    assert plain(iter_records(bytearray(buf), len(before))) == wanted


@given(records())
def test_walking_agrees_with_decoding(wanted: list[Record]) -> None:
    """The cheap walk tells the same offsets and timestamps, and who has a key."""
    assert list(walk(encode_batch(wanted))) == [
        (record.offset, record.timestamp, record.key is not None) for record in wanted
    ]


def test_values_are_views_into_the_batch() -> None:
    """An uncompressed record is not copied out."""
    batch = bytearray(encode_batch([Record(0, NOW_MS, b"key", b"value")]))
    record = next(iter_records(batch))
    batch[batch.index(b"value")] = ord("V")

    assert isinstance(record.value, memoryview)
    assert bytes(record.value) == b"Value"


def test_producer_fields_and_flags_are_written() -> None:
    """Everything the header can say is settable."""
    batch = encode_batch(
        sample(),
        producer_id=9,
        producer_epoch=2,
        base_sequence=2**31 - 2,
        leader_epoch=4,
        transactional=True,
        timestamp_type=LOG_APPEND_TIME,
        max_timestamp=NOW_MS + 9,
    )
    header = parse_header(batch)

    assert (header.producer_id, header.producer_epoch, header.base_sequence, header.last_sequence) == (
        9,
        2,
        2**31 - 2,
        2,
    )
    assert (header.partition_leader_epoch, header.is_transactional, header.is_control) == (4, True, False)
    assert {record.timestamp for record in iter_records(batch)} == {NOW_MS + 9}


def test_compaction_leaves_gaps() -> None:
    """Offsets may skip, and the batch may end after its last record."""
    kept = [Record(12, NOW_MS, b"a", b"1"), Record(15, NOW_MS, b"b", b"2")]
    batch = encode_batch(kept, base_offset=10, last_offset_delta=9)

    assert decoded(batch) == kept
    assert parse_header(batch).last_offset == 19


def test_offsets_must_rise_when_encoding() -> None:
    """A record at or before its predecessor, or before the base, is a bug of the caller's."""
    with pytest.raises(ValueError, match="does not follow"):
        encode_batch([Record(1), Record(1)])
    with pytest.raises(ValueError, match="does not follow"):
        encode_batch([Record(4)], base_offset=5)


def test_finding_by_timestamp_gives_the_first_record_late_enough() -> None:
    """ListOffsets wants the exact record, even when timestamps do not rise."""
    batch = encode_batch([Record(offset, timestamp) for offset, timestamp in enumerate([50, 10, 70, 60, 70])])

    assert find_timestamp(batch, 0) == Position(0, 50)
    assert find_timestamp(batch, 51) == Position(2, 70)
    assert find_timestamp(batch, 51, start_offset=3) == Position(3, 60)
    assert find_timestamp(batch, 70, start_offset=3) == Position(4, 70)
    assert find_timestamp(batch, 71) is None
    assert find_timestamp(batch, 50, start_offset=5) is None


@given(records(), st.sampled_from(CODECS), st.integers(-2, 2**62))
def test_finding_agrees_with_a_plain_search(wanted: list[Record], codec: Codec, target: int) -> None:
    """Whatever the codec, the answer is that of reading every record."""
    expected = next((Position(r.offset, r.timestamp) for r in wanted if r.timestamp >= target), None)
    assert find_timestamp(encode_batch(wanted, codec=codec), target) == expected


@given(records())
def test_the_latest_record_is_the_first_of_the_greatest(wanted: list[Record]) -> None:
    """Among equal timestamps the lowest offset counts."""
    best = max(wanted, key=lambda record: record.timestamp)
    assert latest_timestamp(encode_batch(wanted)) == Position(best.offset, best.timestamp)


def test_log_append_time_counts_in_search() -> None:
    """With LogAppendTime every record has the batch's time, so the first one is found."""
    batch = encode_batch(sample(), timestamp_type=LOG_APPEND_TIME, max_timestamp=NOW_MS)

    assert find_timestamp(batch, NOW_MS) == Position(0, NOW_MS)
    assert find_timestamp(batch, NOW_MS + 1) is None
    assert latest_timestamp(batch) == Position(0, NOW_MS)


def test_an_empty_batch_has_no_latest_record() -> None:
    """Compaction may leave a batch without records."""
    assert latest_timestamp(encode_batch([])) is None


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("0c0000000101", "announced in 6 bytes"),
        ("0e000000010100", "length 7 with 6"),
        ("0b000000010100", "length -6"),
        ("ffffffff0f0000000101000000", "length"),
        ("feffffff0f0000000101000000", "length 2147483647"),
        ("0c000001010100", "offset delta -1"),
        ("0c000002010100", "ends at 0"),
        ("0c000000030100", "a key of -2"),
        ("0c000000010300", "a value of -2"),
        ("0c000000200100", "cut off"),
        ("0c000000012000", "middle of a field"),
        ("0c000000010101", "a negative number of headers"),
        ("0c000000010102", "field of 1 bytes with 0"),
        ("0e00000001010201", "without a key"),
        ("120000000101020000" + "00", "bytes after the last header"),
        ("0e00000001010000", "bytes after the last header"),
        ("0c000000010100" + "00", "bytes after the last record"),
        ("1600" + "ff" * 10 + "7f" + "00010100", "64 bits"),
    ],
)
def test_malformed_records_are_refused(data: str, what: str) -> None:
    """Each rule of the layout is checked, by decoding and by walking alike."""
    batch = with_body(bytes.fromhex(data))
    for read in (iter_records, walk):
        with pytest.raises(DecodeError, match=what):
            list(read(batch))


def test_a_timestamp_beyond_64_bits_is_refused() -> None:
    """Base and delta are each in range, their sum must be too."""
    delta_one = bytes.fromhex("0c000200010100")
    assert next(iter_records(with_body(delta_one, base_timestamp=2**63 - 2))).timestamp == 2**63 - 1
    with pytest.raises(DecodeError, match="64 bits"):
        list(iter_records(with_body(delta_one, base_timestamp=2**63 - 1)))


def test_counts_must_agree_with_the_bytes() -> None:
    """Neither more nor fewer records than announced, and no count that the bytes could not hold."""
    batch = encode_batch(sample(3))
    header = parse_header(batch)
    data = bytes(batch[HEADER_SIZE:])
    for count in (-1, 0, 2, 4, 2**31 - 1):
        with pytest.raises(DecodeError):
            list(iter_records(assemble(header._replace(record_count=count), data)))


def test_truncation_at_every_byte_is_an_error() -> None:
    """A batch cut anywhere, with its length put right, does not decode."""
    whole = sample_batch()
    header = parse_header(whole)
    for length in range(HEADER_SIZE, len(whole)):
        with pytest.raises(DecodeError):
            list(iter_records(assemble(header, whole[HEADER_SIZE:length])))
        with pytest.raises(DecodeError):
            list(iter_records(whole[:length]))


@pytest.mark.parametrize("length", [-1, 0, 48, 2**31 - 1])
def test_impossible_batch_lengths_are_refused(length: int) -> None:
    """The length in the header is checked against the header's size and the buffer."""
    batch = sample_batch()
    with pytest.raises(DecodeError):
        body(batch, 0, parse_header(batch)._replace(batch_length=length))


@pytest.mark.parametrize("codec", CODECS)
def test_the_bound_on_output_reaches_every_reader(codec: Codec) -> None:
    """Each function that decompresses takes the caller's limit."""
    batch = sample_batch(50, codec)
    readers: list[Callable[[], object]] = [
        lambda: body(batch, max_output=100),
        lambda: list(iter_records(batch, max_output=100)),
        lambda: list(walk(batch, max_output=100)),
        lambda: find_timestamp(batch, 0, max_output=100),
        lambda: latest_timestamp(batch, max_output=100),
    ]
    for read in readers:
        with pytest.raises(OutputLimitError):
            read()


@given(st.binary(max_size=120), st.integers(0, 10))
def test_random_record_bytes_decode_or_are_refused(data: bytes, count: int) -> None:
    """Any bytes under a right header give records or DecodeError, by decoding and walking alike."""
    batch = with_body(data, record_count=count, last_offset_delta=max(count - 1, 0))
    outcomes: list[object] = []
    for read in (iter_records, walk):
        try:
            outcomes.append(len(list(read(batch))))
        except DecodeError:
            outcomes.append("refused")
    assert outcomes[0] == outcomes[1]


@given(st.sampled_from(CODECS), st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 255)), min_size=1, max_size=4))
def test_mutations_are_survived(codec: Codec, flips: list[tuple[int, int]]) -> None:
    """Changed bytes anywhere in a batch give records or DecodeError, never anything else."""
    batch = bytearray(sample_batch(8, codec))
    for at, flip in flips:
        batch[at % len(batch)] ^= flip
    header = parse_header(batch)
    assert isinstance(header, BatchHeader)
    try:
        for record in iter_records(batch, max_output=1_000_000):
            assert isinstance(record, Record)
    except DecodeError:
        pass
