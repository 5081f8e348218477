"""May these bytes of a Produce request be appended to this partition, and in what shape?

What Kafka's broker checks of a client's append, in its order, for magic 2 (the only format written):

1. Exactly one whole batch of magic 2 (INVALID_RECORD), its length and magic possible (CORRUPT_MESSAGE); what a sender left
   after it of a batch that is not whole is dropped, as Kafka does.
2. zstd only from Produce 7 on (KIP-110), no codec that does not exist (UNSUPPORTED_COMPRESSION_TYPE).
3. Base offset 0 (INVALID_RECORD), size within max.message.bytes (MESSAGE_TOO_LARGE), CRC (CORRUPT_MESSAGE).
4. Record count and offsets agree; no control batch; producer id, epoch and sequence go together (INVALID_RECORD).
5. Timestamps within the topic's bounds (INVALID_TIMESTAMP); keys on compacted topics (INVALID_RECORD). Both name the records
   (KIP-467).
6. The topic's compression.type. The batch may outgrow max.message.bytes here (MESSAGE_TOO_LARGE).

Where this differs from Kafka, on purpose: Kafka decodes every record of every batch. Here the header is enough while nothing
asks for more (`is_heavy`), so the timestamps checked are the header's base (the first record's) and maximum, which an honest
producer's records lie between in all practice. Only when one of the two is out of bounds are the records decoded, judged one
by one, and named. And records that are damaged although their CRC is right are found by whoever reads them, unless the setting
`check_records` has every record decoded here.

Checking is in two steps, so that the caller can do the second in a worker thread: `check_header` costs a few microseconds and
the CRC; `check_contents` decompresses, walks and recompresses, and is needed only if `CheckedBatch.settled` is false.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from broker.errors import BrokerError
from broker.wire.error_codes import ErrorCode
from broker.wire.errors import DecodeError
from broker.wire.records.batch import (
    CODEC_MASK,
    CONTROL_BIT,
    DELETE_HORIZON_BIT,
    HEADER_SIZE,
    LENGTH_AT,
    LENGTH_OVERHEAD,
    LOG_APPEND_TIME_BIT,
    MAGIC,
    MAGIC_AT,
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    NO_TIMESTAMP,
    TRANSACTIONAL_BIT,
    BatchHeader,
    compute_crc,
    last_sequence,
    parse_header,
    stamp_timestamps,
)
from broker.wire.records.compression import Codec, OutputLimitError
from broker.wire.records.crc import Buffer
from broker.wire.records.recompress import with_codec
from broker.wire.records.record import body, go_on, walk_body

ZSTD_MIN_VERSION = 7
RECORD_ERRORS_MAX = 1000
"""A refused batch names at most so many records: a batch of tiny ones must not make an answer larger than itself."""

_MIN_LEGACY_LENGTH = 14  # the least any magic's length can be; below, Kafka calls the batch corrupt before its magic
_FIRST_BYTES = MAGIC_AT + 1
_INT64_MAX = 2**63 - 1
_FOREIGN_BITS = LOG_APPEND_TIME_BIT | DELETE_HORIZON_BIT  # the broker's to set


class RecordError(NamedTuple):
    """Why one record was refused; `batch_index` counts from 0 within the batch."""

    batch_index: int
    message: str


class RecordsRefused(BrokerError):
    """The batch may not be appended; `record_errors` names the records at fault where they are known."""

    def __init__(self, code: ErrorCode, message: str, record_errors: tuple[RecordError, ...] = ()) -> None:
        super().__init__(code, message)
        self.record_errors = record_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendRules:
    """What a topic's configuration says about appending; the defaults are Kafka's. Made once per configuration."""

    max_message_bytes: int = 1_048_588
    log_append_time: bool = False
    """message.timestamp.type is LogAppendTime: the broker's clock counts, the producer's is not looked at."""
    before_max_ms: int = _INT64_MAX
    after_max_ms: int = 3_600_000
    compacted: bool = False
    codec: int | None = None
    """The codec to store under, None to keep the producer's (`compression.codec_named` reads compression.type)."""
    level: int | None = None
    """The topic's level for `codec`, None for the codec's default."""
    max_decompressed_bytes: int = 32 * 1024 * 1024
    """Above this (and max.message.bytes) a batch that must be decompressed is refused: kilobytes can hold gigabytes."""
    every_record: bool = False
    """Decode the records of every batch, as Kafka does (the setting `check_records`)."""



class NeedsRoom(Exception):
    """A batch unpacks to more than there was room for, and may be right: it is to be checked again, with more."""


class CheckedBatch:
    """A batch that may be appended once `settled` is true.

    `buffer` is the batch and nothing else: the bytes received (not copied), or a new buffer where something had to change.
    Producer fields are -1 for a batch without a producer, whatever the client left in them. With `log_append_time` the one
    who writes the batch stamps it (`stamp_log_append_time`); `max_timestamp` is then the time of checking.
    """

    __slots__ = ("buffer", "header", "log_append_time", "max_timestamp", "settled")

    def __init__(
        self, buffer: Buffer, header: BatchHeader, max_timestamp: int, log_append_time: bool, settled: bool
    ) -> None:
        self.buffer = buffer
        self.header = header
        self.max_timestamp = max_timestamp
        self.log_append_time = log_append_time
        self.settled = settled

    @property
    def record_count(self) -> int:
        return self.header.record_count

    @property
    def producer_id(self) -> int:
        return self.header.producer_id if self.header.has_producer else NO_PRODUCER_ID

    @property
    def producer_epoch(self) -> int:
        return self.header.producer_epoch if self.header.has_producer else NO_PRODUCER_EPOCH

    @property
    def first_sequence(self) -> int:
        return self.header.base_sequence if self.header.has_producer else NO_SEQUENCE

    @property
    def last_sequence(self) -> int:
        header = self.header
        return last_sequence(header.base_sequence, header.last_offset_delta) if header.has_producer else NO_SEQUENCE

    @property
    def transactional(self) -> bool:
        return self.header.is_transactional


def check_records(records: Buffer | None, rules: AppendRules, now_ms: int, version: int) -> CheckedBatch:
    """Both steps at once: the records of one partition of a Produce request of `version`, checked and settled.

    Raises RecordsRefused.
    """
    checked = check_header(records, rules, now_ms, version)
    return checked if checked.settled else check_contents(checked, rules, now_ms)


def is_heavy(header: BatchHeader, rules: AppendRules) -> bool:
    """Must the records be looked at or compressed anew, whatever their timestamps? Costs milliseconds for large batches."""
    return (
        rules.compacted
        or rules.every_record
        or (rules.codec is not None and rules.codec != header.attributes & CODEC_MASK)
        or header.attributes & _FOREIGN_BITS != 0
    )


def check_header(records: Buffer | None, rules: AppendRules, now_ms: int, version: int) -> CheckedBatch:
    """Everything that can be told without reading records. Raises RecordsRefused.

    The batch is settled unless it `is_heavy` or a timestamp of its header is out of bounds.
    """
    received = 0 if records is None else len(records)
    if records is None or received < HEADER_SIZE:
        raise _too_short(records, version)
    header = parse_header(records)
    size = header.batch_length + LENGTH_OVERHEAD
    attributes = header.attributes
    codec = attributes & CODEC_MASK
    if header.magic != MAGIC or size < HEADER_SIZE or size != received:
        records = _cut(records, header, version)
    if codec >= Codec.ZSTD and (codec > Codec.ZSTD or version < ZSTD_MIN_VERSION):
        raise _unsupported_codec(codec, version)
    if header.base_offset:
        raise _invalid(f"the base offset must be 0, it is {header.base_offset}")
    if size > rules.max_message_bytes:
        raise _too_large(size, rules)
    if compute_crc(records, 0, size) != header.crc:
        raise RecordsRefused(ErrorCode.CORRUPT_MESSAGE, f"the batch does not match its CRC {header.crc:#010x}")
    count = header.record_count
    if count <= 0 or header.last_offset_delta != count - 1:
        raise _invalid(f"{count} records, and {header.last_offset_delta} as the last offset delta")
    if attributes & CONTROL_BIT:
        raise _invalid("clients may not write control records")
    if header.producer_id >= 0:
        if header.base_sequence < 0 or header.producer_epoch < 0:
            raise _invalid(
                f"producer {header.producer_id} with epoch {header.producer_epoch}, sequence {header.base_sequence}"
            )
    elif attributes & TRANSACTIONAL_BIT:
        raise _invalid("a transactional batch without a producer id")

    if rules.log_append_time:
        return CheckedBatch(records, header, now_ms, True, not is_heavy(header, rules))
    low = now_ms - rules.before_max_ms
    high = now_ms + rules.after_max_ms
    base_timestamp = header.base_timestamp
    max_timestamp = header.max_timestamp
    timely = low <= base_timestamp <= max_timestamp <= high
    return CheckedBatch(records, header, max_timestamp, False, timely and not is_heavy(header, rules))


def check_contents(
    checked: CheckedBatch, rules: AppendRules, now_ms: int, *, room: int | None = None, pause: Callable[[], None] = go_on
) -> CheckedBatch:
    """Decode what `check_header` left open, refuse what must be, and bring the batch into the topic's shape.

    Raises RecordsRefused; NeedsRoom when it unpacks to more than `room` bytes and the rules may allow that. Touches nothing but its arguments, so it
    may run in another thread; `pause` is called from time to time, when there are very many records.
    """
    header = checked.header
    if rules.log_append_time and header.attributes & LOG_APPEND_TIME_BIT:
        raise _foreign_timestamp_type(range(header.record_count))
    allowed = max(rules.max_decompressed_bytes, rules.max_message_bytes)
    try:
        data = body(checked.buffer, 0, header, allowed if room is None else min(allowed, room))
        pause()
        actual_max = _judge(data, header, rules, now_ms, pause)
    except OutputLimitError as error:
        if room is not None and room < allowed:
            raise NeedsRoom from None
        raise RecordsRefused(ErrorCode.MESSAGE_TOO_LARGE, str(error)) from None
    except DecodeError as error:
        raise _invalid(str(error)) from None

    buffer = checked.buffer
    if rules.codec is not None and rules.codec != header.attributes & CODEC_MASK:
        buffer = with_codec(header, data, rules.codec, rules.level)
        if len(buffer) > rules.max_message_bytes:
            raise _too_large(len(buffer), rules)
    attributes = parse_header(buffer).attributes & ~_FOREIGN_BITS
    # A batch of LogAppendTime gets its maximum when it is written; until then it keeps the producer's.
    max_timestamp = header.max_timestamp if rules.log_append_time else actual_max
    if max_timestamp != header.max_timestamp or header.attributes & _FOREIGN_BITS:
        buffer = buffer if isinstance(buffer, bytearray) else bytearray(buffer)
        stamp_timestamps(buffer, 0, attributes, max_timestamp)
    return CheckedBatch(
        buffer, parse_header(buffer), now_ms if rules.log_append_time else max_timestamp, rules.log_append_time, True
    )


def _judge(data: memoryview, header: BatchHeader, rules: AppendRules, now_ms: int, pause: Callable[[], None]) -> int:
    """The greatest timestamp of the records; RecordsRefused naming those that may not be appended."""
    low = now_ms - rules.before_max_ms
    high = now_ms + rules.after_max_ms
    foreign_type = header.attributes & LOG_APPEND_TIME_BIT != 0
    check_time = not rules.log_append_time
    greatest = NO_TIMESTAMP
    code = ErrorCode.INVALID_RECORD
    errors: list[RecordError] = []
    total = 0
    for offset, timestamp, has_key in walk_body(data, header, pause):
        if timestamp > greatest:
            greatest = timestamp
        if rules.compacted and not has_key:
            message = "a compacted topic takes no record without a key"
        elif not check_time:
            continue
        elif timestamp == NO_TIMESTAMP:
            if not foreign_type:
                continue
            code = ErrorCode.INVALID_TIMESTAMP
            message = "a producer may not set the timestamp type LogAppendTime"
        elif low <= timestamp <= high:
            continue
        else:
            code = ErrorCode.INVALID_TIMESTAMP
            message = f"timestamp {timestamp} is outside [{low}, {high}]"
        total += 1
        if len(errors) < RECORD_ERRORS_MAX:
            errors.append(RecordError(offset, message))
    if total:
        raise _records_refused(code, errors, total)
    return greatest


def _cut(records: Buffer, header: BatchHeader, version: int) -> memoryview:
    """The one whole batch `records` begins with, when that needs saying; RecordsRefused when there is none, or another."""
    view = memoryview(records)
    size = header.batch_length + LENGTH_OVERHEAD
    if not _holds_batch(view):
        raise _no_batch(version)
    if header.magic != MAGIC:
        raise _invalid(f"Produce version {version} takes batches of magic 2 only, this has magic {header.magic}")
    if size < HEADER_SIZE:
        raise RecordsRefused(ErrorCode.CORRUPT_MESSAGE, f"a batch of {size} bytes is shorter than its header")
    if _holds_batch(view[size:]):
        raise _invalid(f"Produce version {version} takes exactly one batch for a partition")
    return view[:size]


def _too_short(records: Buffer | None, version: int) -> RecordsRefused:
    """The refusal for less than a header: a batch of another magic may be whole in it, or its length nonsense."""
    view = memoryview(b"" if records is None else records)
    if not _holds_batch(view):
        return _no_batch(version)
    if view[MAGIC_AT] != MAGIC:
        return _invalid(f"Produce version {version} takes batches of magic 2 only, this has magic {view[MAGIC_AT]}")
    return RecordsRefused(ErrorCode.CORRUPT_MESSAGE, f"a batch of {len(view)} bytes is shorter than its header")


def _holds_batch(view: memoryview) -> bool:
    """Does `view` begin with a whole batch of any magic? RecordsRefused for a length or magic that cannot be."""
    if len(view) < LENGTH_OVERHEAD:
        return False
    length = int.from_bytes(view[LENGTH_AT:LENGTH_OVERHEAD], "big", signed=True)
    if length < _MIN_LEGACY_LENGTH:
        raise RecordsRefused(ErrorCode.CORRUPT_MESSAGE, f"a batch cannot have the length {length}")
    if len(view) < _FIRST_BYTES:
        return False
    if view[MAGIC_AT] > MAGIC:
        raise RecordsRefused(ErrorCode.CORRUPT_MESSAGE, f"there is no magic {view[MAGIC_AT]}")
    return len(view) >= length + LENGTH_OVERHEAD


def _no_batch(version: int) -> RecordsRefused:
    return _invalid(f"Produce version {version} takes exactly one batch for a partition, there is no whole one")


def _invalid(message: str) -> RecordsRefused:
    return RecordsRefused(ErrorCode.INVALID_RECORD, message)


def _too_large(size: int, rules: AppendRules) -> RecordsRefused:
    message = f"the batch is {size} bytes, max.message.bytes is {rules.max_message_bytes}"
    return RecordsRefused(ErrorCode.MESSAGE_TOO_LARGE, message)


def _unsupported_codec(codec: int, version: int) -> RecordsRefused:
    if codec == Codec.ZSTD:
        message = f"zstd needs Produce version {ZSTD_MIN_VERSION} or later, this is {version}"
    else:
        message = f"compression codec {codec} is unknown"
    return RecordsRefused(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, message)


def _foreign_timestamp_type(indexes: range) -> RecordsRefused:
    errors = [
        RecordError(index, "a producer may not set the timestamp type LogAppendTime")
        for index in indexes[:RECORD_ERRORS_MAX]
    ]
    return _records_refused(ErrorCode.INVALID_TIMESTAMP, errors, len(indexes))


def _records_refused(code: ErrorCode, errors: list[RecordError], total: int) -> RecordsRefused:
    what = "invalid timestamps" if code == ErrorCode.INVALID_TIMESTAMP else "errors in records"
    first = "; ".join(f"record {error.batch_index}: {error.message}" for error in errors[:3])
    return RecordsRefused(code, f"the batch was refused for {total} {what}, the first: {first}", tuple(errors))
