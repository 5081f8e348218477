"""Targets: everything that reads bytes without a broker behind it."""

import struct
from random import Random

from broker.config.kafka_names import translate
from broker.config.properties import PropertiesError, parse_properties
from broker.config.settings import SETTINGS
from broker.storage import segment
from broker.storage.objects import footer
from broker.storage.objects.base import TocEntry
from broker.wire.errors import DecodeError
from broker.wire.frames import FrameReader
from broker.wire.headers import decode_request_header, decode_response_header, start_request
from broker.wire.registry import VERSIONS, codec
from broker.wire.writer import Writer
from tests.broker.wire.random_messages import APIS, encode, random_message
from tests.fuzz.messages import PlausibleBuilder
from tests.fuzz.target import Finding, Target

REQUESTS = [(api, api.request, version) for api in APIS for version in api.request.versions]
RESPONSES = [(api, api.response, version) for api in APIS for version in api.response.versions]
WIRE = ("broker.wire",)


def run_request(data: bytes) -> None:
    """Two bytes choose API and version, the rest is the body. What can be read can be written and read again."""
    if len(data) < 2:
        return
    api, _, version = REQUESTS[int.from_bytes(data[:2], "big") % len(REQUESTS)]
    both_ways = codec(api.key)
    try:
        message = both_ways.decode_request(version, memoryview(data)[2:])
    except DecodeError:
        return
    writer = Writer()
    both_ways.encode_request(version, message, writer)
    again = both_ways.decode_request(version, b"".join(map(bytes, writer.chunks())))
    # By what they look like: a float that is no number does not equal itself.
    if again != message and repr(again) != repr(message):
        raise Finding(f"{api.module} v{version} is not what it was after writing and reading: {message!r}")


def request_seed(random: Random) -> bytes:
    index = random.randrange(len(REQUESTS))
    api, facts, version = REQUESTS[index]
    built = PlausibleBuilder(random, api, facts, version).build(facts.root)
    return index.to_bytes(2, "big") + encode(api, facts, version, built)


def run_response(data: bytes) -> None:
    """The same for responses, on the client's side."""
    if len(data) < 2:
        return
    api, _, version = RESPONSES[int.from_bytes(data[:2], "big") % len(RESPONSES)]
    try:
        codec(api.key).decode_response(version, memoryview(data)[2:])
    except DecodeError:
        return


def response_seed(random: Random) -> bytes:
    index = random.randrange(len(RESPONSES))
    api, facts, version = RESPONSES[index]
    return index.to_bytes(2, "big") + encode(api, facts, version, random_message(random, api, facts, version))


def run_headers(data: bytes) -> None:
    """Request and response headers; a position that is returned lies within the frame."""
    try:
        *_, position = decode_request_header(memoryview(data))
    except DecodeError:
        pass
    else:
        if not 0 <= position <= len(data):
            raise Finding(f"a body at {position} of {len(data)}")
    for flexible in (True, False):
        try:
            _, position = decode_response_header(memoryview(data), flexible)
        except DecodeError:
            continue
        if not 0 <= position <= len(data):
            raise Finding(f"a response's body at {position} of {len(data)}")


def header_seed(random: Random) -> bytes:
    key = random.choice(sorted(VERSIONS))
    version = random.choice(list(VERSIONS[key]))
    return b"".join(map(bytes, start_request(key, version, random.randrange(1 << 31), random.choice((None, "", "me"))).frame()))[4:]


def run_frames(data: bytes) -> None:
    """The plain reader: whatever the pieces, the same frames; never more buffered than received."""
    whole = _frames(data, len(data) or 1)
    for size in (1, 7):
        if len(data) <= 4096 and _frames(data, size) != whole:
            raise Finding(f"pieces of {size} bytes give other frames")


def _frames(data: bytes, size: int) -> tuple[list[bytes], bool]:
    reader = FrameReader(1000)
    frames: list[bytes] = []
    for start in range(0, len(data), size):
        reader.receive_data(data[start : start + size])
        try:
            while (found := reader.next_frame()) is not None:
                frames.append(bytes(found))
        except DecodeError:
            return frames, True
        if reader.buffered > 1004 + size:
            raise Finding(f"{reader.buffered} bytes held for a frame of at most 1000")
    return frames, False


def frames_seed(random: Random) -> bytes:
    bodies = [random.randbytes(random.choice((0, 1, 3, 50, 999, 1000, 1001))) for _ in range(random.randrange(1, 5))]
    return b"".join(struct.pack(">i", len(body)) + body for body in bodies)


def run_properties(data: bytes) -> None:
    """A broker's own properties file, and what its names mean here."""
    try:
        found = parse_properties(data)
    except PropertiesError:
        return
    translate(found, SETTINGS)


def properties_seed(random: Random) -> bytes:
    lines = [
        b"log.dirs=/tmp/a,/tmp/b", b"listeners=PLAINTEXT://:9092,CONTROLLER://h:1", b"# c", b"num.partitions : 3", b"a\\\n  b = c\\u00e9",
        b"broker.id 5", b"controller.listener.names=CONTROLLER", b"ssl.keystore.password=x", b"log.retention.hours=168", b"k\xff=\xe9",
        b"max.connections.per.ip.overrides=a:1", b"\\ud83d\\ude00=\\ud83d", b"process.roles=broker,controller", b"log.segment.bytes=x",
    ]  # fmt: skip
    return b"\n".join(random.sample(lines, random.randrange(1, len(lines))))


KEY = b"12345678"
_HEADER = segment.SegmentHeader(5, bytes(range(16)), KEY, 1_700_000_000_000)


def run_segment(data: bytes) -> None:
    """A segment file: groups in sequence, each within the bytes, then a stop."""
    try:
        header = segment.unpack_header(data)
    except segment.SegmentCorrupt:
        # Looked into anyway, as if only the header were whole: the checksum would stop almost every mutation.
        header = _HEADER
    end = segment.HEADER_BYTES
    for sequence, group in enumerate(segment.read_groups(data, header)):
        if group.sequence != sequence or group.position < end or group.end > len(data):
            raise Finding(f"group {group} after {end}, file of {len(data)}")
        for entry in group.entries:
            if entry.offset + entry.length > group.length:
                raise Finding(f"{entry} outside of its group")
        end = group.end


def segment_seed(random: Random) -> bytes:
    parts = [segment.pack_header(_HEADER)]
    for sequence in range(random.randrange(4)):
        payload = random.randbytes(random.choice((0, 1, 100, 5000)))
        toc = [TocEntry(index, 0, len(payload)) for index in range(random.randrange(4))]
        crc = segment.crc32c(payload) if random.random() < 0.5 else None
        parts += [segment.pack_group(KEY, sequence, len(payload), toc, crc), payload]
    return b"".join(parts) + bytes(random.choice((0, 10, 1000)))


def run_footer(data: bytes) -> None:
    """The end of an object: entries within the payload, or a refusal; checksums are put right first, or they would stop every mutation."""
    for candidate in (data, _checked(data)):
        try:
            found = footer.read_footer(candidate)
        except footer.FooterCorrupt:
            continue
        for entry in found.entries:
            if not 0 <= entry.position <= entry.position + entry.length <= found.payload_length:
                raise Finding(f"{entry} outside of {found.payload_length} bytes")
        if footer.read_footer(footer.pack_footer(found)) != found:
            raise Finding(f"{found} is another when it is written again")


def _checked(data: bytes) -> bytes:
    """The same with magic, version, length of the contents and checksum as they should be."""
    size = footer.TRAILER_BYTES
    if len(data) < size:
        return data
    contents, trailer = data[:-size], bytearray(data[-size:])
    trailer[8:12] = struct.pack("<I", len(contents))
    trailer[33] = footer.VERSION
    trailer[-8:] = footer.MAGIC
    trailer[-12:-8] = struct.pack("<I", segment.crc32c(bytes(trailer[:-12]), segment.crc32c(contents)))
    return contents + bytes(trailer)


def footer_seed(random: Random) -> bytes:
    names = [footer.UNKNOWN, *(footer.PartitionName(random.randbytes(16), f"topic-{index}", index) for index in range(3))]
    entries = []
    for pid in range(random.randrange(5)):
        base = random.choice((-1, 0, 1 << 40))
        entries.append(footer.FooterEntry(pid, random.choice(names), pid, 10, 1, 5, 7, base, -1 if base < 0 else base + 4, 1, random.choice(((), (7, 8)))))
    return footer.pack_footer(
        footer.Footer(
            object_id=random.getrandbits(60),
            kind=random.choice((footer.FLUSH, footer.WHOLE)),
            cluster_id=random.choice(("", "cluster")),
            created_ms=random.getrandbits(40),
            payload_length=1000,
            payload_crc=random.getrandbits(32),
            entries=entries,
        )
    )


TARGETS = (
    Target("frames", run_frames, frames_seed, WIRE),
    Target("headers", run_headers, header_seed, WIRE),
    Target("requests", run_request, request_seed, WIRE, factor=300),
    Target("responses", run_response, response_seed, WIRE),
    Target("properties", run_properties, properties_seed, ("broker.config",), allowance=1 << 20),
    Target("segments", run_segment, segment_seed, ("broker.storage.segment",)),
    Target("footers", run_footer, footer_seed, ("broker.storage.objects.footer",)),
)
