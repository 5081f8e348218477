"""Transaction markers: the control batch, of one record, that ends a transaction on a partition (KIP-98)."""

from struct import Struct
from typing import NamedTuple

from broker.wire.errors import DecodeError
from broker.wire.records.batch import NO_LEADER_EPOCH, BatchHeader, parse_header
from broker.wire.records.crc import Buffer
from broker.wire.records.record import Record, encode_batch, iter_records

ABORT = 0
COMMIT = 1

_KEY = Struct(">hh")  # version, type
_VALUE = Struct(">hi")  # version, coordinator epoch
_VERSION = 0


class Marker(NamedTuple):
    """What a marker says: COMMIT or ABORT, and the epoch of the coordinator that said it."""

    kind: int
    coordinator_epoch: int


def encode_marker(
    kind: int,
    *,
    base_offset: int,
    producer_id: int,
    producer_epoch: int,
    timestamp: int,
    coordinator_epoch: int = 0,
    leader_epoch: int = NO_LEADER_EPOCH,
) -> bytearray:
    """The batch that commits or aborts the producer's open transaction; it has no sequence."""
    record = Record(
        base_offset, timestamp, key=_KEY.pack(_VERSION, kind), value=_VALUE.pack(_VERSION, coordinator_epoch)
    )
    return encode_batch(
        [record],
        base_offset=base_offset,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        leader_epoch=leader_epoch,
        transactional=True,
        control=True,
    )


def decode_marker(buf: Buffer, pos: int = 0, header: BatchHeader | None = None) -> Marker:
    """The marker in the control batch at `pos`; DecodeError when it is none. Newer versions may carry more bytes."""
    if header is None:
        header = parse_header(buf, pos)
    records = list(iter_records(buf, pos, header))
    if not header.is_control or len(records) != 1:
        raise DecodeError(f"control batch: control bit {header.is_control}, {len(records)} records")
    key, value = records[0].key, records[0].value
    if key is None or len(key) < _KEY.size or value is None or len(value) < _VALUE.size:
        raise DecodeError("control batch: key or value is cut off")
    kind = _KEY.unpack_from(key)[1]
    if kind not in (ABORT, COMMIT):
        raise DecodeError(f"control batch: type {kind} ends no transaction")
    return Marker(kind, _VALUE.unpack_from(value)[1])
