"""Targets: record batches and their compression."""

from random import Random

from broker.log.validation import AppendRules, RecordsRefused, check_header, check_records
from broker.wire.errors import DecodeError
from broker.wire.records.batch import (
    ATTRIBUTES_AT,
    CRC_AT,
    HEADER_SIZE,
    LENGTH_AT,
    compute_crc,
    iter_batches,
    parse_header,
)
from broker.wire.records.compression import Codec, compress, decompress
from broker.wire.records.control import decode_marker, encode_marker
from broker.wire.records.record import find_timestamp, iter_records, latest_timestamp, walk
from tests.broker.wire.records.batches import NOW_MS
from tests.fuzz.messages import some_records
from tests.fuzz.target import Finding, Target

MOST_OUTPUT = 1 << 20
RULES = tuple(
    AppendRules(
        max_decompressed_bytes=MOST_OUTPUT, compacted=compacted, codec=codec, log_append_time=stamped, before_max_ms=bound
    )
    for compacted in (False, True)
    for codec in (None, 0, 1, 2, 3, 4)
    for stamped in (False, True)
    for bound in (2**63 - 1, 3_600_000)
)
MEND_LENGTH, MEND_CRC = 1, 2


def run_batches(data: bytes) -> None:
    """Three bytes say what is mended and which rules hold; the rest is what a producer sent as its records."""
    if len(data) < 3:
        return
    orders, rules, version = data[0], RULES[data[1] % len(RULES)], 3 + data[2] % 11
    batch = bytearray(data[3:])
    if len(batch) >= HEADER_SIZE:
        if orders & MEND_LENGTH:
            batch[LENGTH_AT : LENGTH_AT + 4] = (len(batch) - 12).to_bytes(4, "big")
        if orders & MEND_CRC:
            # Without it hardly a mutation would get further than the checksum.
            size = min(max(parse_header(batch).size, ATTRIBUTES_AT), len(batch))
            batch[CRC_AT : CRC_AT + 4] = compute_crc(batch, 0, size).to_bytes(4, "big")
    read_as_a_reader(bytes(batch))
    try:
        checked = check_records(bytearray(batch), rules, NOW_MS, version)
    except RecordsRefused:
        return
    if not checked.settled:
        raise Finding("a batch was let through before it was settled")
    header = parse_header(checked.buffer)
    if len(checked.buffer) != header.size or header.crc != compute_crc(checked.buffer):
        raise Finding(f"a batch was let through that readers will refuse: {header}")
    if len(checked.buffer) > rules.max_message_bytes:
        raise Finding(f"{len(checked.buffer)} bytes let through, {rules.max_message_bytes} are allowed")
    if rules.compacted:
        found = sum(1 for _ in iter_records(checked.buffer, max_output=MOST_OUTPUT * 2))
        if found != header.record_count:
            raise Finding(f"{found} records in a batch of {header.record_count} that was looked through")
        check_header(checked.buffer, AppendRules(), NOW_MS, 13)


def read_as_a_reader(batch: bytes) -> None:
    """Whoever reads may find anything; only DecodeError comes of it."""
    try:
        for position, header in iter_batches(batch):
            if header.size > len(batch) - position:
                raise Finding(f"{header} ends behind the data")
            walked = 0
            for record in iter_records(batch, position, header, max_output=MOST_OUTPUT):
                walked += len(record.value or b"")
            if walked > MOST_OUTPUT:
                raise Finding(f"{walked} bytes of values")
            list(walk(batch, position, header, max_output=MOST_OUTPUT))
            latest_timestamp(batch, position, header)
            find_timestamp(batch, position, NOW_MS, header)
            decode_marker(batch, position, header)
    except DecodeError:
        return


def batches_seed(random: Random) -> bytes:
    orders = random.choice((0, MEND_CRC, MEND_CRC, MEND_CRC | MEND_LENGTH))
    records = some_records(random)
    if random.random() < 0.1:
        records = bytes(encode_marker(random.randrange(2), base_offset=0, producer_id=7, producer_epoch=0, timestamp=NOW_MS))
    return bytes((orders, random.randrange(256), random.randrange(256))) + records


def run_compression(data: bytes) -> None:
    """One byte is the codec, the rest what claims to be compressed; and as plain data it survives the way there and back."""
    if not data:
        return
    codec, body = data[0] % 8, data[1:]
    try:
        out = decompress(codec, body, MOST_OUTPUT)
    except DecodeError:
        pass
    else:
        if len(out) > MOST_OUTPUT:
            raise Finding(f"{len(out)} bytes, {MOST_OUTPUT} were allowed")
    if codec in Codec.__members__.values():
        there = compress(codec, body)
        if bytes(decompress(codec, there, len(body))) != body:
            raise Finding(f"codec {codec} does not give back what it was given")


def compression_seed(random: Random) -> bytes:
    codec = random.choice(tuple(Codec))
    plain = random.choice((b"", b"a", b"abc" * 1000, random.randbytes(500), bytes(100_000)))
    return bytes([codec]) + bytes(compress(codec, plain)) * random.choice((1, 1, 1, 2))


_MEMORY = 8 * MOST_OUTPUT
TARGETS = (
    Target("batches", run_batches, batches_seed, ("broker.wire.records", "broker.log.validation"), allowance=_MEMORY),
    Target("compression", run_compression, compression_seed, ("broker.wire.records",), allowance=_MEMORY),
)
