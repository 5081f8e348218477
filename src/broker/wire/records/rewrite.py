"""A batch with fewer records, as compaction leaves it: the same offsets, producer and codec, and a new CRC.

What Kafka's log cleaner writes (KIP-98, KIP-534): base offset, last offset delta, base sequence and all attributes stay those of the original
batch, so that it covers the same offsets as before. With a delete horizon the base timestamp is that horizon and the
records' own timestamps are kept relative to it.
"""

from collections.abc import Sequence

from broker.wire.records.batch import (
    CODEC_MASK,
    DELETE_HORIZON_BIT,
    LOG_APPEND_TIME_BIT,
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    NO_TIMESTAMP,
    BatchHeader,
)
from broker.wire.records.compression import compress
from broker.wire.records.crc import Buffer
from broker.wire.records.record import Spot, assemble
from broker.wire.records.varint import append_varint, read_varint


def with_records(
    header: BatchHeader, data: memoryview, kept: Sequence[Spot], delete_horizon_ms: int | None = None
) -> bytearray:
    """The batch of `header` with the `kept` ones of its records, of which there is at least one.

    `data` is its decompressed records. `delete_horizon_ms` sets a delete horizon; one that the batch has stays.
    """
    attributes, base_timestamp = header.attributes, header.base_timestamp
    if delete_horizon_ms is None:
        records: Buffer = b"".join([data[spot.start : spot.end] for spot in kept])
    else:
        attributes, base_timestamp = attributes | DELETE_HORIZON_BIT, delete_horizon_ms
        records = _with_base_timestamp(data, kept, delete_horizon_ms)
    greatest = header.max_timestamp
    if not attributes & LOG_APPEND_TIME_BIT:
        greatest = max(spot.timestamp for spot in kept)
    changed = header._replace(
        attributes=attributes, base_timestamp=base_timestamp, max_timestamp=greatest, record_count=len(kept)
    )
    return assemble(changed, compress(attributes & CODEC_MASK, records))


def placeholder(header: BatchHeader) -> bytearray:
    """A batch without records that covers the offsets of `header`'s, so that a reader gets past them. It is nobody's: it belongs to no
    producer and no transaction."""
    return assemble(
        header._replace(
            attributes=0,
            base_timestamp=NO_TIMESTAMP,
            max_timestamp=NO_TIMESTAMP,
            producer_id=NO_PRODUCER_ID,
            producer_epoch=NO_PRODUCER_EPOCH,
            base_sequence=NO_SEQUENCE,
            record_count=0,
        ),
        b"",
    )


def _with_base_timestamp(data: memoryview, kept: Sequence[Spot], base_timestamp: int) -> bytearray:
    """The kept records with their timestamps relative to `base_timestamp`."""
    out = bytearray()
    one = bytearray()
    for spot in kept:
        _, at = read_varint(data, spot.start)
        one.clear()
        one.append(data[at])
        _, behind = read_varint(data, at + 1, 64)
        append_varint(one, spot.timestamp - base_timestamp)
        one += data[behind : spot.end]
        append_varint(out, len(one))
        out += one
    return out
