"""Batches with fewer records, read back by the decoder that reads everything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.records.batch import (
    BASE_TIMESTAMP_AT,
    LOG_APPEND_TIME,
    compute_crc,
    parse_header,
    stamp,
    stamp_log_append_time,
)
from broker.wire.records.compression import Codec
from broker.wire.records.record import Record, body, encode_batch, iter_records, spots
from broker.wire.records.rewrite import placeholder, with_records

texts = st.one_of(st.none(), st.binary(max_size=200))
records = st.lists(
    st.tuples(st.integers(0, 2**40), texts, texts, st.lists(st.tuples(st.binary(max_size=9), texts), max_size=2)),
    min_size=1,
    max_size=12,
)


def decoded(batch: bytes | bytearray) -> list[tuple[int, int, bytes | None, bytes | None, int]]:
    return [
        (
            each.offset,
            each.timestamp,
            None if each.key is None else bytes(each.key),
            None if each.value is None else bytes(each.value),
            len(each.headers),
        )
        for each in iter_records(batch)
    ]


@given(
    records,
    st.sampled_from(list(Codec)),
    st.sampled_from([None, 0, 2**41]),
    st.booleans(),
    st.data(),
)
def test_what_is_kept_is_as_it_was(
    given_records: list[tuple[int, bytes | None, bytes | None, list[tuple[bytes, bytes | None]]]],
    codec: Codec,
    horizon: int | None,
    append_time: bool,
    data: st.DataObject,
) -> None:
    """Offsets, timestamps, keys, values and headers; everything of the header that is not about the number of records."""
    batch = encode_batch(
        [Record(at, when, key, value, tuple(more)) for at, (when, key, value, more) in enumerate(given_records)],
        codec=codec,
        producer_id=7,
        producer_epoch=3,
        base_sequence=100,
        transactional=True,
    )
    stamp(batch, 0, 5000, 9)
    if append_time:
        stamp_log_append_time(batch, 0, 12345)
    header = parse_header(batch)
    everything = decoded(batch)
    keep = data.draw(st.sets(st.sampled_from(range(len(everything))), min_size=1))
    view = body(batch)
    kept = [spot for at, spot in enumerate(spots(view, header)) if at in keep]
    rewritten = with_records(header, view, kept, horizon)

    assert decoded(rewritten) == [each for at, each in enumerate(everything) if at in keep]
    new = parse_header(rewritten)
    assert compute_crc(rewritten) == new.crc
    assert (new.size, new.record_count) == (len(rewritten), len(keep))
    assert (new.base_offset, new.last_offset_delta) == (5000, len(everything) - 1)
    assert (new.producer_id, new.producer_epoch, new.base_sequence, new.partition_leader_epoch) == (7, 3, 100, 9)
    assert (new.codec, new.is_transactional, new.timestamp_type) == (codec, True, header.timestamp_type)
    assert new.has_delete_horizon == (horizon is not None)
    assert new.base_timestamp == (header.base_timestamp if horizon is None else horizon)
    assert new.max_timestamp == max(each[1] for each in decoded(rewritten))
    again = list(spots(body(rewritten), new))
    assert [spot.has_value for spot in again] == [spot.has_value for spot in kept]
    assert decoded(with_records(new, body(rewritten), again[:1])) == decoded(rewritten)[:1], "a horizon stays"


def test_spots_are_the_records_one_behind_the_other() -> None:
    """From the first byte to the last."""
    batch = encode_batch([Record(0, 5, b"a", b"1"), Record(1, 6, None, None), Record(2, 7, b"b" * 300, b"")])
    view = body(batch)
    found = list(spots(view, parse_header(batch)))

    assert [(spot.offset, spot.timestamp, spot.key, spot.has_value) for spot in found] == [
        (0, 5, b"a", True),
        (1, 6, None, False),
        (2, 7, b"b" * 300, True),
    ]
    assert [spot.start for spot in found] == [0, found[0].end, found[1].end]
    assert found[-1].end == len(view)


@pytest.mark.parametrize("codec", list(Codec))
def test_a_placeholder_covers_the_offsets_and_is_nobodys(codec: Codec) -> None:
    """A reader gets past it; it has no producer, no transaction, and no time that anybody could look for."""
    batch = encode_batch(
        [Record(at, 5, b"k", b"v") for at in range(3)],
        codec=codec,
        timestamp_type=LOG_APPEND_TIME,
        producer_id=7,
        producer_epoch=3,
        base_sequence=100,
        transactional=True,
    )
    stamp(batch, 0, 40, 2)
    empty = placeholder(parse_header(batch))
    header = parse_header(empty)

    assert list(iter_records(empty)) == []
    assert compute_crc(empty) == header.crc
    assert (header.base_offset, header.last_offset, header.record_count) == (40, 42, 0)
    assert (header.has_producer, header.is_transactional, header.is_control) == (False, False, False)
    assert (header.base_timestamp, header.max_timestamp) == (-1, -1)
    assert BASE_TIMESTAMP_AT < len(empty) == 61
