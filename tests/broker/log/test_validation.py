"""What a client may append, what it is told when it may not, and what becomes of the batch."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.log.validation import (
    RECORD_ERRORS_MAX,
    AppendRules,
    CheckedBatch,
    NeedsRoom,
    RecordsRefused,
    check_contents,
    check_header,
    check_records,
    is_heavy,
)
from broker.wire.error_codes import ErrorCode
from broker.wire.records.batch import (
    DELETE_HORIZON_BIT,
    HEADER_SIZE,
    LOG_APPEND_TIME,
    LOG_APPEND_TIME_BIT,
    BatchHeader,
    compute_crc,
    parse_header,
)
from broker.wire.records.compression import Codec
from broker.wire.records.control import ABORT, COMMIT, encode_marker
from broker.wire.records.record import HEADERS_AT_ONCE, RECORDS_AT_ONCE, Record, assemble, encode_batch, iter_records
from tests.broker.wire.records.batches import CODECS, NOW_MS, plain, records, sample, sample_batch

RULES = AppendRules()
HOUR_MS = 3_600_000
VERSION = 9


def refusal(
    data: bytes | None, rules: AppendRules = RULES, version: int = VERSION, now_ms: int = NOW_MS
) -> RecordsRefused:
    with pytest.raises(RecordsRefused) as caught:
        check_records(data, rules, now_ms, version)
    return caught.value


def outcome(data: bytes, rules: AppendRules) -> CheckedBatch | RecordsRefused:
    try:
        return check_records(data, rules, NOW_MS, VERSION)
    except RecordsRefused as error:
        return error


def altered(batch: bytes, **fields: int) -> bytes:
    """The batch with other values in its header, and the CRC that goes with them."""
    header = parse_header(batch)._replace(**fields)
    return bytes(assemble(header, batch[HEADER_SIZE:]))


def batch_of(*timestamps: int, codec: int = Codec.NONE, key: bytes | None = b"k", **fields: int) -> bytes:
    """A batch of one record for each timestamp, its header altered by `fields`."""
    batch = bytes(encode_batch([Record(i, at, key, b"v") for i, at in enumerate(timestamps)], codec=codec))
    return altered(batch, **fields) if fields else batch


def right(batch: object) -> BatchHeader:
    """The header of a batch whose length and CRC are right."""
    assert isinstance(batch, bytes | bytearray | memoryview)
    header = parse_header(batch)
    assert header.size == len(batch)
    assert header.crc == compute_crc(batch)
    return header


@pytest.mark.parametrize("codec", CODECS)
def test_an_ordinary_batch_passes_untouched(codec: Codec) -> None:
    """With the default configuration the bytes received are the bytes appended, not a copy."""
    received = memoryview(sample_batch(5, codec))

    checked = check_records(received, RULES, NOW_MS, VERSION)

    assert checked.buffer is received
    assert checked.settled
    assert checked.header == parse_header(received)
    assert (checked.record_count, checked.max_timestamp, checked.log_append_time) == (5, NOW_MS + 4000, False)
    assert (checked.producer_id, checked.producer_epoch, checked.first_sequence, checked.last_sequence) == (7, 1, 3, 7)
    assert not checked.transactional


def test_a_batch_without_a_producer_has_no_producer_fields() -> None:
    """kafkajs sends epoch 0 and sequence 0 with producer id -1: they mean nothing."""
    batch = altered(sample_batch(), producer_id=-1, producer_epoch=0, base_sequence=0)

    checked = check_records(batch, RULES, NOW_MS, VERSION)

    assert (checked.producer_id, checked.producer_epoch, checked.first_sequence, checked.last_sequence) == (
        -1,
        -1,
        -1,
        -1,
    )


def test_transactional_batches_say_so() -> None:
    """The flag is passed on for the transaction rules to judge."""
    batch = bytes(encode_batch(sample(), producer_id=1, producer_epoch=0, base_sequence=0, transactional=True))
    assert check_records(batch, RULES, NOW_MS, VERSION).transactional
    anew = check_records(batch, AppendRules(codec=Codec.GZIP), NOW_MS, VERSION)
    assert anew.transactional
    assert parse_header(anew.buffer).is_transactional


# 1. One whole batch of magic 2


@pytest.mark.parametrize("data", [None, b"", b"\0" * 11, sample_batch()[:16]])
def test_no_records_are_invalid(data: bytes | None) -> None:
    """Null, empty, or too little to tell a batch by: there is no batch."""
    assert refusal(data).code == ErrorCode.INVALID_RECORD


def test_truncation_at_every_byte_is_refused() -> None:
    """A batch that is not whole counts as none."""
    whole = sample_batch()
    for length in range(len(whole)):
        assert refusal(whole[:length]).code == ErrorCode.INVALID_RECORD


def test_two_batches_are_one_too_many() -> None:
    """Since Produce 3 a partition gets exactly one batch."""
    error = refusal(sample_batch() + sample_batch())
    assert error.code == ErrorCode.INVALID_RECORD
    assert "exactly one" in str(error)


@pytest.mark.parametrize("tail", [b"\0", b"\0" * 11, sample_batch()[:-1], b"\0" * 11 + b"\x0e\0\0\0\0"])
def test_a_tail_that_is_no_batch_is_dropped(tail: bytes) -> None:
    """Kafka trims what follows the last whole batch."""
    batch = sample_batch()
    assert check_records(batch + tail, RULES, NOW_MS, VERSION).buffer == batch


def test_a_tail_of_nonsense_is_corrupt() -> None:
    """A second batch with an impossible length or magic fails the append, as in Kafka."""
    assert refusal(sample_batch() + b"\0" * 12).code == ErrorCode.CORRUPT_MESSAGE
    assert refusal(sample_batch() + b"\0" * 11 + b"\x0e\0\0\0\0\x09").code == ErrorCode.CORRUPT_MESSAGE


@pytest.mark.parametrize("length", [-(2**31), -1, 0, 13])
def test_an_impossible_length_is_corrupt(length: int) -> None:
    """No batch of any format is that short."""
    batch = bytearray(sample_batch())
    batch[8:12] = length.to_bytes(4, "big", signed=True)
    assert refusal(bytes(batch)).code == ErrorCode.CORRUPT_MESSAGE
    assert refusal(bytes(batch[:30])).code == ErrorCode.CORRUPT_MESSAGE


@pytest.mark.parametrize("length", [14, 48])
def test_a_length_below_the_header_is_corrupt(length: int) -> None:
    """Long enough for an old message, too short for a batch of magic 2."""
    batch = bytearray(sample_batch())
    batch[8:12] = length.to_bytes(4, "big")
    assert refusal(bytes(batch)).code == ErrorCode.CORRUPT_MESSAGE
    assert refusal(bytes(batch[: length + 12])).code == ErrorCode.CORRUPT_MESSAGE


@pytest.mark.parametrize(("magic", "code"), [(0, ErrorCode.INVALID_RECORD), (1, ErrorCode.INVALID_RECORD), (3, ErrorCode.CORRUPT_MESSAGE), (255, ErrorCode.CORRUPT_MESSAGE)])  # fmt: skip
def test_other_formats_are_refused(magic: int, code: ErrorCode) -> None:
    """Old message formats are invalid, unknown ones corrupt, however short."""
    batch = bytearray(sample_batch())
    batch[16] = magic
    assert refusal(bytes(batch)).code == code
    batch[8:12] = (20).to_bytes(4, "big")
    assert refusal(bytes(batch[:32])).code == code


# 2. Codecs


def test_zstd_needs_produce_7() -> None:
    """Older clients cannot read what they would be given back (KIP-110)."""
    batch = sample_batch(5, Codec.ZSTD)
    assert refusal(batch, version=6).code == ErrorCode.UNSUPPORTED_COMPRESSION_TYPE
    assert check_records(batch, RULES, NOW_MS, 7).settled
    assert check_records(sample_batch(5, Codec.LZ4), RULES, NOW_MS, 3).settled


@pytest.mark.parametrize("codec", [5, 6, 7])
def test_unknown_codecs_are_unsupported(codec: int) -> None:
    """Nobody could read such a batch, so it is not stored."""
    assert refusal(altered(sample_batch(), attributes=codec)).code == ErrorCode.UNSUPPORTED_COMPRESSION_TYPE


# 3. Offset, size, CRC


def test_the_base_offset_must_be_zero() -> None:
    """Only the log gives offsets."""
    assert refusal(altered(sample_batch(), base_offset=1)).code == ErrorCode.INVALID_RECORD


def test_the_size_limit_is_exact() -> None:
    """max.message.bytes counts the whole batch as received."""
    batch = sample_batch()
    assert check_records(batch, AppendRules(max_message_bytes=len(batch)), NOW_MS, VERSION).settled
    assert refusal(batch, AppendRules(max_message_bytes=len(batch) - 1)).code == ErrorCode.MESSAGE_TOO_LARGE


def test_every_changed_bit_under_the_crc_is_found() -> None:
    """From the attributes to the last byte nothing may have changed on the way."""
    batch = sample_batch()
    for at in range(21, len(batch)):
        damaged = bytearray(batch)
        damaged[at] ^= 1
        assert refusal(bytes(damaged)).code in (ErrorCode.CORRUPT_MESSAGE, ErrorCode.UNSUPPORTED_COMPRESSION_TYPE)


def test_a_wrong_crc_goes_before_what_the_header_says() -> None:
    """A damaged batch is corrupt (and sent again), not invalid."""
    batch = bytearray(altered(sample_batch(), record_count=0))
    batch[-1] ^= 1
    assert refusal(bytes(batch)).code == ErrorCode.CORRUPT_MESSAGE


# 4. Counts, control batches, producers


@pytest.mark.parametrize("fields", [{"record_count": 0}, {"record_count": -1}, {"record_count": 4}, {"last_offset_delta": 5}, {"last_offset_delta": -1}, {"record_count": 0, "last_offset_delta": -1}])  # fmt: skip
def test_count_and_offsets_must_agree(fields: dict[str, int]) -> None:
    """A client's batch has one record for each offset and at least one."""
    assert refusal(altered(sample_batch(), **fields)).code == ErrorCode.INVALID_RECORD


def test_clients_do_not_write_control_records() -> None:
    """Markers come from the transaction coordinator alone."""
    assert refusal(altered(sample_batch(), attributes=0x20)).code == ErrorCode.INVALID_RECORD
    for kind in (ABORT, COMMIT):
        marker = encode_marker(kind, base_offset=0, producer_id=1, producer_epoch=0, timestamp=NOW_MS)
        assert refusal(bytes(marker)).code == ErrorCode.INVALID_RECORD


@pytest.mark.parametrize(
    "fields", [{"base_sequence": -1}, {"producer_epoch": -1}, {"producer_id": -1, "attributes": 0x10}]
)
def test_producer_fields_go_together(fields: dict[str, int]) -> None:
    """An id needs an epoch and a sequence; a transaction needs an id."""
    assert refusal(altered(sample_batch(), **fields)).code == ErrorCode.INVALID_RECORD


# 5. Timestamps and keys


@pytest.mark.parametrize("codec", CODECS)
def test_timestamps_may_be_as_late_as_the_bound(codec: Codec) -> None:
    """message.timestamp.after.max.ms is inclusive, and the record beyond it is named."""
    assert check_records(batch_of(NOW_MS, NOW_MS + HOUR_MS, codec=codec), RULES, NOW_MS, VERSION).settled

    error = refusal(batch_of(NOW_MS, NOW_MS + HOUR_MS + 1, NOW_MS, codec=codec))

    assert error.code == ErrorCode.INVALID_TIMESTAMP
    assert [record.batch_index for record in error.record_errors] == [1]
    assert str(NOW_MS + HOUR_MS + 1) in error.record_errors[0].message


def test_timestamps_may_be_as_early_as_the_bound() -> None:
    """message.timestamp.before.max.ms is unlimited by default, inclusive when set."""
    rules = AppendRules(before_max_ms=1000)
    assert check_records(batch_of(0), RULES, NOW_MS, VERSION).settled
    assert check_records(batch_of(NOW_MS - 1000), rules, NOW_MS, VERSION).settled

    error = refusal(batch_of(NOW_MS - 1001, NOW_MS, NOW_MS - 5000), rules)

    assert error.code == ErrorCode.INVALID_TIMESTAMP
    assert [record.batch_index for record in error.record_errors] == [0, 2]


def test_records_without_a_timestamp_are_not_judged() -> None:
    """-1 means none, whatever the bounds."""
    checked = check_records(batch_of(-1, -1), AppendRules(before_max_ms=1000), NOW_MS, VERSION)
    assert checked.settled
    assert checked.max_timestamp == -1


def test_a_header_that_overstates_is_put_right() -> None:
    """Where the header is out of bounds the records decide, and the maximum stored is theirs."""
    batch = batch_of(NOW_MS, NOW_MS + 5, max_timestamp=NOW_MS + 2 * HOUR_MS)

    checked = check_records(batch, RULES, NOW_MS, VERSION)

    assert checked.max_timestamp == NOW_MS + 5
    assert right(checked.buffer).max_timestamp == NOW_MS + 5


def test_a_maximum_before_the_first_record_is_put_right() -> None:
    """Such a header cannot be believed, so the records are read."""
    checked = check_records(batch_of(NOW_MS, NOW_MS + 5, max_timestamp=0), RULES, NOW_MS, VERSION)
    assert right(checked.buffer).max_timestamp == checked.max_timestamp == NOW_MS + 5


def test_log_append_time_does_not_look_at_the_clients_clock() -> None:
    """With LogAppendTime any timestamp passes; the batch is to be stamped when written."""
    batch = batch_of(0, 2**62)

    checked = check_records(batch, AppendRules(log_append_time=True, before_max_ms=0, after_max_ms=0), NOW_MS, VERSION)

    assert checked.settled
    assert checked.log_append_time
    assert checked.max_timestamp == NOW_MS
    assert checked.buffer == batch


def test_a_producer_may_not_claim_log_append_time() -> None:
    """On a LogAppendTime topic a batch that claims it already is refused, naming its records."""
    batch = bytes(encode_batch(sample(3), timestamp_type=LOG_APPEND_TIME))
    error = refusal(batch, AppendRules(log_append_time=True))
    assert error.code == ErrorCode.INVALID_TIMESTAMP
    assert [record.batch_index for record in error.record_errors] == [0, 1, 2]


def test_a_claimed_log_append_time_becomes_create_time() -> None:
    """On a CreateTime topic Kafka judges the claimed time and clears the bit."""
    batch = bytes(encode_batch(sample(3), timestamp_type=LOG_APPEND_TIME, max_timestamp=NOW_MS))

    checked = check_records(batch, RULES, NOW_MS, VERSION)

    assert right(checked.buffer).attributes & LOG_APPEND_TIME_BIT == 0
    assert checked.max_timestamp == NOW_MS
    late = bytes(encode_batch(sample(3), timestamp_type=LOG_APPEND_TIME, max_timestamp=NOW_MS + 2 * HOUR_MS))
    assert refusal(late).code == ErrorCode.INVALID_TIMESTAMP
    without = bytes(encode_batch(sample(3), timestamp_type=LOG_APPEND_TIME, max_timestamp=-1))
    assert refusal(without).code == ErrorCode.INVALID_TIMESTAMP


def test_a_delete_horizon_is_the_brokers_to_set() -> None:
    """A client that sets it would have its tombstones removed early; the bit is cleared."""
    batch = altered(sample_batch(), attributes=DELETE_HORIZON_BIT)
    for rules in (RULES, AppendRules(log_append_time=True)):
        checked = check_records(batch, rules, NOW_MS, VERSION)
        assert right(checked.buffer).attributes == 0
        assert plain(iter_records(checked.buffer)) == sample()


@pytest.mark.parametrize("codec", CODECS)
def test_compacted_topics_want_keys(codec: Codec) -> None:
    """A null key is refused and named; an empty key is a key."""
    rules = AppendRules(compacted=True)
    assert check_records(batch_of(NOW_MS, key=b"", codec=codec), rules, NOW_MS, VERSION).settled

    error = refusal(sample_batch(9, codec), rules)

    assert error.code == ErrorCode.INVALID_RECORD
    assert [record.batch_index for record in error.record_errors] == [3, 7]
    assert "key" in error.record_errors[0].message


def test_a_bad_timestamp_outranks_a_missing_key() -> None:
    """As in Kafka, one invalid timestamp makes the code INVALID_TIMESTAMP; each record has its own reason."""
    batch = bytes(encode_batch([Record(0, NOW_MS), Record(1, NOW_MS + 2 * HOUR_MS, b"k")]))
    error = refusal(batch, AppendRules(compacted=True))
    assert error.code == ErrorCode.INVALID_TIMESTAMP
    assert len(error.record_errors) == 2


def test_record_errors_are_bounded() -> None:
    """A batch of countless bad records does not make an answer larger than itself."""
    batch = bytes(encode_batch([Record(i, NOW_MS) for i in range(RECORD_ERRORS_MAX + 500)]))
    error = refusal(batch, AppendRules(compacted=True))
    assert len(error.record_errors) == RECORD_ERRORS_MAX
    assert str(RECORD_ERRORS_MAX + 500) in str(error)


# 6. compression.type


@pytest.mark.parametrize("old", CODECS)
@pytest.mark.parametrize("new", CODECS)
def test_the_topics_codec_is_applied(old: Codec, new: Codec) -> None:
    """Everything but the compression stays, and a batch already so compressed is not touched."""
    received = sample_batch(20, old)

    checked = check_records(received, AppendRules(codec=new), NOW_MS, VERSION)

    header = right(checked.buffer)
    assert checked.header == header
    assert header.codec == new
    assert plain(iter_records(checked.buffer)) == sample(20)
    assert (checked.producer_id, checked.first_sequence, checked.last_sequence) == (7, 3, 22)
    assert (checked.buffer is received) == (old == new)


def test_the_topics_level_is_applied() -> None:
    """compression.zstd.level and its like reach the compressor."""
    received = sample_batch(500)
    sizes = [
        len(check_records(received, AppendRules(codec=Codec.ZSTD, level=level), NOW_MS, 9).buffer)
        for level in (-50, 19)
    ]
    assert sizes[1] < sizes[0]


def test_a_batch_may_outgrow_the_limit_by_conversion() -> None:
    """The size is checked again when the topic's codec makes the batch larger."""
    received = sample_batch(200, Codec.ZSTD)
    rules = AppendRules(codec=Codec.NONE, max_message_bytes=len(received) + 100)
    assert refusal(received, rules).code == ErrorCode.MESSAGE_TOO_LARGE


def test_conversion_and_log_append_time_go_together() -> None:
    """A converted batch of a LogAppendTime topic is still to be stamped by the writer."""
    checked = check_records(sample_batch(), AppendRules(codec=Codec.LZ4, log_append_time=True), NOW_MS, VERSION)
    assert (checked.log_append_time, checked.max_timestamp) == (True, NOW_MS)
    assert right(checked.buffer).codec == Codec.LZ4


def test_bombs_are_too_large_when_they_must_be_opened() -> None:
    """A batch that would decompress to more than allowed is refused; unopened it passes like any other."""
    bomb = bytes(encode_batch([Record(0, NOW_MS, b"k", bytes(1_000_000))], codec=Codec.GZIP))
    rules = AppendRules(compacted=True, max_decompressed_bytes=100_000, max_message_bytes=100_000)
    assert refusal(bomb, rules).code == ErrorCode.MESSAGE_TOO_LARGE
    assert check_records(bomb, replace(rules, compacted=False), NOW_MS, VERSION).settled


def test_what_needs_more_room_says_so() -> None:
    """Unless it could not have it anyway."""
    batch = bytes(encode_batch([Record(0, NOW_MS, b"k", bytes(1_000_000))], codec=Codec.GZIP))
    rules = AppendRules(compacted=True, max_decompressed_bytes=2_000_000, max_message_bytes=100_000)
    checked = check_header(batch, rules, NOW_MS, VERSION)
    with pytest.raises(NeedsRoom):
        check_contents(checked, rules, NOW_MS, room=500_000)
    assert check_contents(checked, rules, NOW_MS, room=1_100_000).settled
    with pytest.raises(RecordsRefused):
        check_contents(checked, replace(rules, max_decompressed_bytes=500_000), NOW_MS, room=500_000)


def test_very_many_records_are_looked_at_with_pauses() -> None:
    """And very many headers of one. Few are paused for once, when they are unpacked."""
    for batch, pauses in (
        ([Record(number, NOW_MS, b"k", b"") for number in range(RECORDS_AT_ONCE - 1)], 1),
        ([Record(number, NOW_MS, b"k", b"") for number in range(3 * RECORDS_AT_ONCE)], 4),
        ([Record(0, NOW_MS, b"k", b"", tuple([(b"h", None)] * 5 * HEADERS_AT_ONCE))], 6),
    ):
        made: list[None] = []
        checked = check_header(bytes(encode_batch(batch)), AppendRules(compacted=True), NOW_MS, VERSION)
        check_contents(checked, AppendRules(compacted=True), NOW_MS, pause=lambda made=made: made.append(None))  # type: ignore[misc]
        assert len(made) == pauses


@pytest.mark.parametrize("codec", [codec for codec in CODECS if codec])
def test_damage_inside_is_found_when_opened(codec: Codec) -> None:
    """Records that do not decode although the CRC is right are invalid: sending them again would not help."""
    batch = altered(sample_batch(), attributes=codec)
    assert refusal(batch, AppendRules(compacted=True)).code == ErrorCode.INVALID_RECORD
    assert refusal(batch, AppendRules(codec=Codec.NONE)).code == ErrorCode.INVALID_RECORD


# The two steps


def test_heavy_work_is_announced() -> None:
    """The caller learns from the header alone whether records must be opened."""
    header = parse_header(sample_batch(5, Codec.GZIP))
    assert not is_heavy(header, RULES)
    assert not is_heavy(header, AppendRules(codec=Codec.GZIP))
    assert is_heavy(header, AppendRules(codec=Codec.NONE))
    assert is_heavy(header, AppendRules(compacted=True))
    assert is_heavy(header._replace(attributes=LOG_APPEND_TIME_BIT), RULES)


def test_the_second_step_can_be_taken_elsewhere() -> None:
    """check_header leaves heavy batches open; check_contents settles them with the same outcome as both at once."""
    received = sample_batch(5, Codec.GZIP)
    rules = AppendRules(codec=Codec.SNAPPY)

    opened = check_header(received, rules, NOW_MS, VERSION)
    settled = check_contents(opened, rules, NOW_MS)

    assert not opened.settled
    assert settled.settled
    assert settled.buffer == check_records(received, rules, NOW_MS, VERSION).buffer


# Anything at all


@given(records(), st.sampled_from(CODECS), st.none() | st.sampled_from(CODECS), st.booleans(), st.booleans(), st.sampled_from([1000, 2**63 - 1]))  # fmt: skip
def test_what_is_settled_keeps_every_record(
    sent: list[Record], codec: Codec, target: Codec | None, compacted: bool, append_time: bool, before: int
) -> None:
    """Whatever the rules, a batch is refused for a record that breaks them or stored with all it had, header right."""
    rules = AppendRules(
        codec=target, compacted=compacted, log_append_time=append_time, before_max_ms=before, after_max_ms=2**61
    )
    received = bytes(encode_batch(sent, codec=codec))
    base, greatest = sent[0].timestamp, max(record.timestamp for record in sent)
    cheap = target in (None, codec) and not compacted

    def late(timestamp: int) -> bool:
        return not append_time and timestamp != -1 and not NOW_MS - before <= timestamp <= NOW_MS + 2**61

    bad = {record.offset for record in sent if late(record.timestamp) or (compacted and record.key is None)}
    checked = outcome(received, rules)
    if isinstance(checked, RecordsRefused):
        assert {record.batch_index for record in checked.record_errors} == bad
        return
    # Unopened, only the header's two timestamps are looked at.
    assert not bad or (cheap and not late(base) and not late(greatest))
    header = right(checked.buffer)
    assert plain(iter_records(checked.buffer)) == sent
    assert header.max_timestamp == greatest
    assert checked.max_timestamp == (NOW_MS if append_time else greatest)


@given(st.integers(0, 4), st.lists(st.tuples(st.integers(0, 400), st.integers(1, 255)), max_size=3), st.integers(0, 400), st.booleans(), st.booleans(), st.sampled_from([None, *CODECS]))  # fmt: skip
def test_mutations_are_refused_or_stored_whole(
    codec: int, flips: list[tuple[int, int]], cut: int, mend: bool, compacted: bool, target: Codec | None
) -> None:
    """Damaged batches, with a mended CRC or not, raise RecordsRefused or come out as a right batch; nothing else happens."""
    batch = bytearray(sample_batch(6, codec))
    for at, flip in flips:
        batch[at % len(batch)] ^= flip
    if cut % 3 == 0:
        del batch[max(1, cut) :]
    if mend and len(batch) > HEADER_SIZE:
        batch[17:21] = compute_crc(batch, 0, len(batch)).to_bytes(4, "big")
    rules = AppendRules(compacted=compacted, codec=target, max_decompressed_bytes=1_000_000)
    checked = outcome(bytes(batch), rules)
    if isinstance(checked, CheckedBatch):
        right(checked.buffer)
        return
    assert checked.code in {
        ErrorCode.CORRUPT_MESSAGE,
        ErrorCode.INVALID_RECORD,
        ErrorCode.INVALID_TIMESTAMP,
        ErrorCode.MESSAGE_TOO_LARGE,
        ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    }


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    """Garbage has an error code of its own, never an exception of ours."""
    assert refusal(data).code in (
        ErrorCode.CORRUPT_MESSAGE,
        ErrorCode.INVALID_RECORD,
        ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    )
