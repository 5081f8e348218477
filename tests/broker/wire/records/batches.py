"""Batches to test with: hypothesis strategies for records, and a plain value form that compares by content."""

from collections.abc import Iterable

from hypothesis import strategies as st

from broker.wire.records.compression import Codec
from broker.wire.records.record import Record, encode_batch

NOW_MS = 1_700_000_000_000
CODECS = tuple(Codec)

_bytes = st.binary(max_size=200)
_headers = st.lists(st.tuples(st.text(max_size=8).map(str.encode), st.none() | _bytes), max_size=4).map(tuple)
_timestamps = st.integers(-1, 2**62)
_contents = st.tuples(_timestamps, st.none() | _bytes, st.none() | _bytes, _headers)


def records(min_size: int = 1, max_size: int = 12) -> st.SearchStrategy[list[Record]]:
    """Records with consecutive offsets from 0."""
    return st.lists(_contents, min_size=min_size, max_size=max_size).map(
        lambda contents: [Record(offset, *rest) for offset, rest in enumerate(contents)]
    )


def plain(decoded: Iterable[Record]) -> list[Record]:
    """The records with every view turned into bytes."""
    return [
        Record(
            record.offset,
            record.timestamp,
            None if record.key is None else bytes(record.key),
            None if record.value is None else bytes(record.value),
            tuple((bytes(key), None if value is None else bytes(value)) for key, value in record.headers),
        )
        for record in decoded
    ]


def sample(count: int = 5) -> list[Record]:
    """Records as a client would send them, a second apart, every third with headers and every fourth without a key."""
    return [
        Record(
            index,
            NOW_MS + index * 1000,
            None if index % 4 == 3 else b"key-%d" % index,
            b"value %d " % index * 10,
            ((b"trace", b"abc"), (b"empty", None)) if index % 3 == 0 else (),
        )
        for index in range(count)
    ]


def sample_batch(count: int = 5, codec: int = Codec.NONE) -> bytes:
    """A batch of `sample(count)` by an idempotent producer."""
    return bytes(encode_batch(sample(count), codec=codec, producer_id=7, producer_epoch=1, base_sequence=3))
