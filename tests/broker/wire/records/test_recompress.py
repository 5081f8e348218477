"""Changing the codec of a batch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.errors import DecodeError
from broker.wire.records.batch import compute_crc, parse_header
from broker.wire.records.compression import Codec, OutputLimitError
from broker.wire.records.recompress import recompress
from broker.wire.records.record import Record, encode_batch, iter_records
from tests.broker.wire.records.batches import CODECS, plain, records, sample_batch

_UNTOUCHED = {"batch_length": 0, "crc": 0, "attributes": 0}


@given(records(), st.sampled_from(CODECS), st.sampled_from(CODECS), st.booleans())
def test_only_the_compression_changes(wanted: list[Record], old: Codec, new: Codec, transactional: bool) -> None:
    """Records, offsets, timestamps, producer and flags are the same under the new codec, and the CRC is right."""
    before = encode_batch(
        wanted, codec=old, producer_id=4, producer_epoch=1, base_sequence=8, leader_epoch=3, transactional=transactional
    )

    after = recompress(before, new)

    was, header = parse_header(before), parse_header(after)
    assert header._replace(**_UNTOUCHED) == was._replace(**_UNTOUCHED)
    assert header.attributes == was.attributes & ~7 | new
    assert header.size == len(after)
    assert header.crc == compute_crc(after)
    assert plain(iter_records(after)) == wanted


def test_the_level_is_used() -> None:
    """A topic's level reaches the compressor."""
    batch = sample_batch(500)
    assert len(recompress(batch, Codec.ZSTD, 19)) < len(recompress(batch, Codec.ZSTD, -50))


def test_damage_and_bombs_are_refused() -> None:
    """Old data that does not decompress, or to too much, is an error."""
    batch = bytearray(sample_batch(100, Codec.GZIP))
    with pytest.raises(OutputLimitError):
        recompress(batch, Codec.ZSTD, max_output=100)
    batch[70] ^= 0xFF
    with pytest.raises(DecodeError):
        recompress(batch[:-1], Codec.ZSTD)
