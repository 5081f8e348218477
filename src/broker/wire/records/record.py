"""The records inside a batch v2: decode them, walk them without their contents, encode new batches.

Layout of one record (KIP-82, KIP-98), `v` a zigzag varint:

    length v | attributes i8 | timestamp delta v64 | offset delta v | key length v, key | value length v, value
    | header count v | per header: key length v, key, value length v, value

A length of -1 means null; header keys are never null. Every reader here checks all of it: a batch that decodes has
exactly `record_count` records, each filling its length, offsets rising within the batch, and nothing after the last.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from broker.wire.errors import DecodeError
from broker.wire.records.batch import (
    CODEC_MASK,
    CONTROL_BIT,
    CREATE_TIME,
    HEADER,
    HEADER_SIZE,
    LENGTH_OVERHEAD,
    LOG_APPEND_TIME,
    LOG_APPEND_TIME_BIT,
    MAGIC,
    NO_LEADER_EPOCH,
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    NO_TIMESTAMP,
    TRANSACTIONAL_BIT,
    BatchHeader,
    parse_header,
    stamp_crc,
)
from broker.wire.records.compression import MAX_OUTPUT, Codec, compress, decompress
from broker.wire.records.crc import Buffer
from broker.wire.records.varint import append_varint, read_more

MIN_RECORD_SIZE = 7  # length, attributes, two deltas, two null lengths, no headers

_INT64_MIN = -(2**63)
_INT64_MAX = 2**63 - 1
_new = tuple.__new__

Header = tuple[bytes | memoryview, bytes | memoryview | None]

RECORDS_AT_ONCE: Final = 1_000
HEADERS_AT_ONCE: Final = 1_000
"""Of a batch, and of one record, that are looked at without a pause."""


def go_on() -> None:
    """The pause of who needs none."""


class Record(NamedTuple):
    """One record. Decoded ones hold views into the (decompressed) batch; `timestamp` is in milliseconds."""

    offset: int
    timestamp: int = NO_TIMESTAMP
    key: bytes | memoryview | None = None
    value: bytes | memoryview | None = None
    headers: tuple[Header, ...] = ()


class Spot(NamedTuple):
    """A record as bytes `start` to `end` of the decompressed records of its batch, and as much of it as compaction looks at."""

    start: int
    end: int
    offset: int
    timestamp: int
    key: bytes | None
    has_value: bool


class Position(NamedTuple):
    """Where a record stands in the log and in time."""

    offset: int
    timestamp: int


def body(buf: Buffer, pos: int = 0, header: BatchHeader | None = None, max_output: int = MAX_OUTPUT) -> memoryview:
    """The records of the batch at `pos`, decompressed: a view of `buf` when the codec is none.

    DecodeError when the batch is cut off, the data is damaged, or (OutputLimitError) it exceeds `max_output` bytes.
    """
    if header is None:
        header = parse_header(buf, pos)
    size = header.batch_length + LENGTH_OVERHEAD
    if size < HEADER_SIZE or size > len(buf) - pos:
        raise DecodeError(f"record batch: {size} bytes announced, {len(buf) - pos} left")
    data = memoryview(buf)[pos + HEADER_SIZE : pos + size]
    return memoryview(decompress(header.attributes & CODEC_MASK, data, max_output))


def iter_records(
    buf: Buffer, pos: int = 0, header: BatchHeader | None = None, *, max_output: int = MAX_OUTPUT
) -> Iterator[Record]:
    """The records of the batch at `pos`, in order, with absolute offsets.

    Raises DecodeError at the first byte that is wrong; records before it have been yielded by then.
    """
    if header is None:
        header = parse_header(buf, pos)
    view = body(buf, pos, header, max_output)
    for offset, timestamp, key_at, key_size, value_at, value_size, headers, _ in _scan(view, header, with_headers=True):
        yield _new(
            Record,
            (
                offset,
                timestamp,
                view[key_at : key_at + key_size] if key_size >= 0 else None,
                view[value_at : value_at + value_size] if value_size >= 0 else None,
                headers,
            ),
        )


def walk(
    buf: Buffer,
    pos: int = 0,
    header: BatchHeader | None = None,
    *,
    max_output: int = MAX_OUTPUT,
    pause: Callable[[], None] = go_on,
) -> Iterator[tuple[int, int, bool]]:
    """(offset, timestamp, has a key) of each record: the checks of `iter_records` without making its objects. `pause` is called when the batch is unpacked,
    and as by `walk_body`."""
    if header is None:
        header = parse_header(buf, pos)
    data = body(buf, pos, header, max_output)
    pause()
    return walk_body(data, header, pause)


def walk_body(
    data: memoryview, header: BatchHeader, pause: Callable[[], None] = go_on
) -> Iterator[tuple[int, int, bool]]:
    """`walk` over what `body` returned, for callers that need the decompressed bytes themselves too. `pause` is called after every RECORDS_AT_ONCE records,
    and within a record after every HEADERS_AT_ONCE headers."""
    for number, (offset, timestamp, _, key_size, _, _, _, _) in enumerate(_scan(data, header, pause=pause), 1):
        yield offset, timestamp, key_size >= 0
        if number % RECORDS_AT_ONCE == 0:
            pause()


def find_timestamp(
    buf: Buffer,
    target: int,
    pos: int = 0,
    header: BatchHeader | None = None,
    *,
    start_offset: int = 0,
    max_output: int = MAX_OUTPUT,
    pause: Callable[[], None] = go_on,
) -> Position | None:
    """The first record of the batch at or after `start_offset` whose timestamp is at least `target` (ListOffsets). `pause` as for `walk`."""
    if header is None:
        header = parse_header(buf, pos)
    if header.max_timestamp < target or header.last_offset < start_offset:
        return None
    for offset, timestamp, _ in walk(buf, pos, header, max_output=max_output, pause=pause):
        if timestamp >= target and offset >= start_offset:
            return Position(offset, timestamp)
    return None


def latest_timestamp(
    buf: Buffer,
    pos: int = 0,
    header: BatchHeader | None = None,
    *,
    max_output: int = MAX_OUTPUT,
) -> Position | None:
    """The first record with the greatest timestamp in the batch (KIP-734); None when the batch is empty."""
    best: Position | None = None
    for offset, timestamp, _ in walk(buf, pos, header, max_output=max_output):
        if best is None or timestamp > best.timestamp:
            best = Position(offset, timestamp)
    return best


def spots(data: memoryview, header: BatchHeader) -> Iterator[Spot]:
    """Where each record of `data`, which `body` returned, lies: for whoever keeps some of them as they are."""
    start = 0
    for offset, timestamp, key_at, key_size, _, value_size, _, end in _scan(data, header):
        key = bytes(data[key_at : key_at + key_size]) if key_size >= 0 else None
        yield _new(Spot, (start, end, offset, timestamp, key, value_size >= 0))
        start = end


def _scan(
    view: memoryview, header: BatchHeader, with_headers: bool = False, pause: Callable[[], None] = go_on
) -> Iterator[tuple[int, int, int, int, int, int, tuple[Header, ...], int]]:
    """(offset, timestamp, key position, key size, value position, value size, headers, end) of each record, all checked.

    One loop with the one-byte varints read in place: it runs once a record wherever records are looked at. Fields may
    be read past the end of their record at first; nothing is yielded before `at` was found to meet `end`. Headers are
    always checked, and made only for who wants them: two bytes of one are hundreds in memory.
    """
    count = header.record_count
    total = len(view)
    if count < 0 or count * MIN_RECORD_SIZE > total:
        raise DecodeError(f"record batch: {count} records announced in {total} bytes")
    # Indexing bytes is several times faster than indexing a view; what was unpacked is such already.
    whole = view.obj
    data = whole if isinstance(whole, bytes | bytearray) and len(whole) == total else bytes(view)
    base_offset = header.base_offset
    base_timestamp = header.base_timestamp
    append_time = header.attributes & LOG_APPEND_TIME_BIT
    timestamp = header.max_timestamp
    last_delta = -1
    at = 0
    try:
        for _ in range(count):
            raw = data[at]
            at += 1
            if raw > 0x7F:
                raw, at = read_more(data, at, raw, 32)
            end = at + (raw >> 1)
            if raw & 1 or end > total:
                raise DecodeError(f"record: length {(raw >> 1) ^ -(raw & 1)} with {total - at} bytes left")

            raw = data[at + 1]  # after the attributes, which mean nothing yet
            at += 2
            if raw > 0x7F:
                raw, at = read_more(data, at, raw, 64)
            if not append_time:
                timestamp = base_timestamp + ((raw >> 1) ^ -(raw & 1))
                if not _INT64_MIN <= timestamp <= _INT64_MAX:
                    raise DecodeError("record: the timestamp is beyond 64 bits")

            raw = data[at]
            at += 1
            if raw > 0x7F:
                raw, at = read_more(data, at, raw, 32)
            delta = (raw >> 1) ^ -(raw & 1)
            if delta <= last_delta:
                raise DecodeError(f"record: offset delta {delta} after {last_delta}")
            last_delta = delta

            raw = data[at]
            at += 1
            if raw > 0x7F:
                raw, at = read_more(data, at, raw, 32)
            key_at = at
            key_size = (raw >> 1) ^ -(raw & 1)
            if key_size > 0:
                at += key_size
            elif key_size < -1:
                raise DecodeError(f"record: a key of {key_size} bytes")

            raw = data[at]
            at += 1
            if raw > 0x7F:
                raw, at = read_more(data, at, raw, 32)
            value_at = at
            value_size = (raw >> 1) ^ -(raw & 1)
            if value_size > 0:
                at += value_size
            elif value_size < -1:
                raise DecodeError(f"record: a value of {value_size} bytes")

            if at + 1 == end and data[at] == 0:
                headers: tuple[Header, ...] = ()
            else:
                headers = _headers(view, data, at, end, with_headers, pause)
            at = end
            yield base_offset + delta, timestamp, key_at, key_size, value_at, value_size, headers, end
    except IndexError:
        raise DecodeError("record batch: the records are cut off") from None
    if at != total:
        raise DecodeError(f"record batch: {total - at} bytes after the last record")
    if last_delta > header.last_offset_delta:
        raise DecodeError(f"record: offset delta {last_delta}, the batch ends at {header.last_offset_delta}")


def _headers(
    view: memoryview, data: bytes | bytearray, at: int, end: int, wanted: bool, pause: Callable[[], None]
) -> tuple[Header, ...]:
    """The headers that fill `data[at:end]` exactly; none when they are only to be checked."""
    count, at = _length(data, at, end)  # each takes a byte at least, so the bound on a length bounds the count too
    if count < 0:
        raise DecodeError("record: a negative number of headers")
    headers: list[Header] = []
    for number in range(1, count + 1):
        if number % HEADERS_AT_ONCE == 0:
            pause()
        size, key_at = _length(data, at, end)
        if size < 0:
            raise DecodeError("record: a header without a key")
        key_end = key_at + size
        value_size, at = _length(data, key_end, end)
        if wanted:
            headers.append((view[key_at:key_end], None if value_size < 0 else view[at : at + value_size]))
        at += max(value_size, 0)
    if at != end:
        raise DecodeError(f"record: {end - at} bytes after the last header")
    return tuple(headers)


def _length(data: bytes | bytearray, at: int, end: int) -> tuple[int, int]:
    """(length, next position) of a nullable field whose bytes must lie before `end`; -1 is null."""
    if at >= end:
        raise DecodeError("record: it ends in the middle of a field")
    raw = data[at]
    at += 1
    if raw > 0x7F:
        raw, at = read_more(data, at, raw, 32)
    size = (raw >> 1) ^ -(raw & 1)
    if size > end - at or size < -1:
        raise DecodeError(f"record: field of {size} bytes with {end - at} left")
    return size, at


def encode_batch(
    records: Iterable[Record],
    *,
    base_offset: int = 0,
    last_offset_delta: int | None = None,
    codec: int = Codec.NONE,
    level: int | None = None,
    timestamp_type: int = CREATE_TIME,
    max_timestamp: int | None = None,
    producer_id: int = NO_PRODUCER_ID,
    producer_epoch: int = NO_PRODUCER_EPOCH,
    base_sequence: int = NO_SEQUENCE,
    leader_epoch: int = NO_LEADER_EPOCH,
    transactional: bool = False,
    control: bool = False,
) -> bytearray:
    """One batch holding `records`, whose offsets are absolute and rise from `base_offset`.

    `last_offset_delta` is the last record's unless given (compaction keeps the old one when it removes the last
    record). `max_timestamp` is the greatest unless given, as it must be with LOG_APPEND_TIME. An empty batch is
    possible; its timestamps are then NO_TIMESTAMP. ValueError for offsets that do not rise.
    """
    out = bytearray()
    one = bytearray()
    base_timestamp = NO_TIMESTAMP
    greatest = NO_TIMESTAMP
    last_delta = -1
    count = 0
    for record in records:
        if count == 0:
            base_timestamp = record.timestamp
        greatest = max(greatest, record.timestamp)
        delta = record.offset - base_offset
        if delta <= last_delta:
            raise ValueError(f"offset {record.offset} does not follow {base_offset + last_delta}")
        last_delta = delta
        count += 1
        one.clear()
        one.append(0)
        append_varint(one, record.timestamp - base_timestamp)
        append_varint(one, delta)
        _append_bytes(one, record.key)
        _append_bytes(one, record.value)
        append_varint(one, len(record.headers))
        for key, value in record.headers:
            _append_bytes(one, key)
            _append_bytes(one, value)
        append_varint(out, len(one))
        out += one
    data = compress(codec, out, level)
    attributes = (
        codec
        | (LOG_APPEND_TIME_BIT if timestamp_type == LOG_APPEND_TIME else 0)
        | (TRANSACTIONAL_BIT if transactional else 0)
        | (CONTROL_BIT if control else 0)
    )
    header = BatchHeader(
        base_offset=base_offset,
        batch_length=HEADER_SIZE - LENGTH_OVERHEAD + len(data),
        partition_leader_epoch=leader_epoch,
        magic=MAGIC,
        crc=0,
        attributes=attributes,
        last_offset_delta=max(last_delta, 0) if last_offset_delta is None else last_offset_delta,
        base_timestamp=base_timestamp,
        max_timestamp=greatest if max_timestamp is None else max_timestamp,
        producer_id=producer_id,
        producer_epoch=producer_epoch,
        base_sequence=base_sequence,
        record_count=count,
    )
    return assemble(header, data)


def assemble(header: BatchHeader, data: Buffer) -> bytearray:
    """A batch of `header` and the records as they go on the wire, with the length and CRC that follow from them."""
    batch = bytearray(HEADER.pack(*header._replace(batch_length=HEADER_SIZE - LENGTH_OVERHEAD + len(data))))
    batch += data
    stamp_crc(batch)
    return batch


def _append_bytes(out: bytearray, data: bytes | memoryview | None) -> None:
    if data is None:
        out.append(1)  # -1 in zigzag
    else:
        append_varint(out, len(data))
        out += data
