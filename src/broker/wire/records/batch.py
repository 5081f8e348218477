"""The header of a record batch v2: read it, walk several batches, patch what a broker may patch.

The layout (KIP-98), big-endian, 61 bytes before the records:

    0 base_offset i64 | 8 batch_length i32 | 12 partition_leader_epoch i32 | 16 magic i8 | 17 crc u32
    21 attributes i16 | 23 last_offset_delta i32 | 27 base_timestamp i64 | 35 max_timestamp i64
    43 producer_id i64 | 51 producer_epoch i16 | 53 base_sequence i32 | 57 record_count i32

Invariants
1. `batch_length` counts the bytes after itself: a batch is `batch_length + 12` bytes long, at least 61.
2. The CRC covers everything from `attributes` to the end. Base offset and leader epoch lie outside, so they may be
   patched without reading the batch; changing anything else needs a new CRC.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from broker.wire.errors import DecodeError
from broker.wire.records.crc import Buffer, crc32c

HEADER_SIZE = 61
LENGTH_OVERHEAD = 12  # base_offset and batch_length, which batch_length does not count
MIN_BATCH_LENGTH = HEADER_SIZE - LENGTH_OVERHEAD
MAGIC = 2

LENGTH_AT = 8
LEADER_EPOCH_AT = 12
MAGIC_AT = 16
CRC_AT = 17
ATTRIBUTES_AT = 21  # the CRC covers from here on
LAST_OFFSET_DELTA_AT = 23
BASE_TIMESTAMP_AT = 27
MAX_TIMESTAMP_AT = 35

CODEC_MASK = 0x07
LOG_APPEND_TIME_BIT = 0x08
TRANSACTIONAL_BIT = 0x10
CONTROL_BIT = 0x20
DELETE_HORIZON_BIT = 0x40

CREATE_TIME = 0
LOG_APPEND_TIME = 1

NO_TIMESTAMP = -1
NO_PRODUCER_ID = -1
NO_PRODUCER_EPOCH = -1
NO_SEQUENCE = -1
NO_LEADER_EPOCH = -1

MAX_SEQUENCE = 2**31 - 1

HEADER = struct.Struct(">qiibIhiqqqhii")
_unpack_header = HEADER.unpack_from
_I16 = struct.Struct(">h")
_I32 = struct.Struct(">i")
_I64 = struct.Struct(">q")
_U32 = struct.Struct(">I")
_PREFIX = struct.Struct(">qii")
_new = tuple.__new__

assert HEADER.size == HEADER_SIZE


class BatchHeader(NamedTuple):
    """What the first 61 bytes of a batch say, nothing checked. Timestamps are milliseconds since 1970."""

    base_offset: int
    batch_length: int
    partition_leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int

    @property
    def size(self) -> int:
        """The bytes of the whole batch, header included."""
        return self.batch_length + LENGTH_OVERHEAD

    @property
    def last_offset(self) -> int:
        """The offset of the last record (or of the last one before compaction removed it)."""
        return self.base_offset + self.last_offset_delta

    @property
    def next_offset(self) -> int:
        """The first offset after this batch."""
        return self.base_offset + self.last_offset_delta + 1

    @property
    def codec(self) -> int:
        """The compression codec, a value of `compression.Codec` unless the batch is bad (5-7 mean nothing)."""
        return self.attributes & CODEC_MASK

    @property
    def timestamp_type(self) -> int:
        """CREATE_TIME or LOG_APPEND_TIME; with the latter every record has `max_timestamp`."""
        return LOG_APPEND_TIME if self.attributes & LOG_APPEND_TIME_BIT else CREATE_TIME

    @property
    def is_transactional(self) -> bool:
        """The batch belongs to a transaction."""
        return self.attributes & TRANSACTIONAL_BIT != 0

    @property
    def is_control(self) -> bool:
        """The batch holds a control record (a commit or abort marker), not data."""
        return self.attributes & CONTROL_BIT != 0

    @property
    def has_delete_horizon(self) -> bool:
        """`base_timestamp` is the time from which tombstones may go (KIP-534), not the first record's."""
        return self.attributes & DELETE_HORIZON_BIT != 0

    @property
    def has_producer(self) -> bool:
        """The batch carries an idempotent or transactional producer's id."""
        return self.producer_id > NO_PRODUCER_ID

    @property
    def last_sequence(self) -> int:
        """The sequence of the last record; sequences wrap from 2^31 - 1 to 0. -1 without a sequence."""
        return last_sequence(self.base_sequence, self.last_offset_delta)


def last_sequence(base_sequence: int, last_offset_delta: int) -> int:
    """The sequence `last_offset_delta` after `base_sequence`, wrapping from 2^31 - 1 to 0; -1 stays -1."""
    if base_sequence < 0:
        return NO_SEQUENCE
    return (base_sequence + last_offset_delta) & MAX_SEQUENCE


def parse_header(buf: Buffer, pos: int = 0) -> BatchHeader:
    """The header at `pos`, checked for nothing but being there; DecodeError when fewer than 61 bytes are left."""
    try:
        return _new(BatchHeader, _unpack_header(buf, pos))
    except struct.error:
        raise DecodeError(f"record batch header: {len(buf) - pos} bytes left at {pos}, 61 needed") from None


def iter_batches(buf: Buffer, pos: int = 0, end: int | None = None) -> Iterator[tuple[int, BatchHeader]]:
    """Each batch in `buf[pos:end]` as (position, header).

    DecodeError on another magic, an impossible length, a count or offset delta below zero, or a batch that ends
    after `end`. The CRC is not looked at.
    """
    if end is None:
        end = len(buf)
    while pos < end:
        header = parse_header(buf, pos)
        size = header.batch_length + LENGTH_OVERHEAD
        if header.magic != MAGIC:
            raise DecodeError(f"record batch at {pos}: magic {header.magic}, only {MAGIC} is read")
        if size < HEADER_SIZE:
            raise DecodeError(f"record batch at {pos}: length {header.batch_length} is below {MIN_BATCH_LENGTH}")
        if size > end - pos:
            raise DecodeError(f"record batch at {pos}: {size} bytes announced, {end - pos} left")
        if header.last_offset_delta < 0 or header.record_count < 0:
            raise DecodeError(
                f"record batch at {pos}: last offset delta {header.last_offset_delta}, count {header.record_count}"
            )
        yield pos, header
        pos += size


def compute_crc(buf: Buffer, pos: int = 0, size: int | None = None) -> int:
    """The CRC the batch of `size` bytes at `pos` should carry; `size` is read from its header when not given."""
    if size is None:
        size = parse_header(buf, pos).size
    return crc32c(memoryview(buf)[pos + ATTRIBUTES_AT : pos + size])


def stamp(buf: bytearray | memoryview, pos: int, base_offset: int, leader_epoch: int) -> None:
    """Write the offset and leader epoch the log has given the batch; the CRC does not cover them."""
    _I64.pack_into(buf, pos, base_offset)
    _I32.pack_into(buf, pos + LEADER_EPOCH_AT, leader_epoch)


def stamped_prefix(header: BatchHeader, base_offset: int, leader_epoch: int) -> bytes:
    """The first 16 bytes of the batch as `stamp` would leave them.

    For answering from a shared buffer: send this, then the untouched bytes from position 16 on.
    """
    return _PREFIX.pack(base_offset, header.batch_length, leader_epoch)


def stamp_log_append_time(buf: bytearray | memoryview, pos: int, now_ms: int) -> None:
    """Turn the batch into one of LogAppendTime `now_ms`: attribute bit, max timestamp, new CRC.

    Base timestamp and the records' deltas stay; readers ignore them once the bit is set.
    """
    header = parse_header(buf, pos)
    stamp_timestamps(buf, pos, header.attributes | LOG_APPEND_TIME_BIT, now_ms)


def stamp_timestamps(buf: bytearray | memoryview, pos: int, attributes: int, max_timestamp: int) -> None:
    """Replace attributes and max timestamp of the batch at `pos` and give it the CRC that follows."""
    _I16.pack_into(buf, pos + ATTRIBUTES_AT, attributes)
    _I64.pack_into(buf, pos + MAX_TIMESTAMP_AT, max_timestamp)
    stamp_crc(buf, pos)


def stamp_crc(buf: bytearray | memoryview, pos: int = 0) -> None:
    """Write the CRC that the batch at `pos` should carry."""
    _U32.pack_into(buf, pos + CRC_AT, compute_crc(buf, pos))
