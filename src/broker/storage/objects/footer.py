"""The end of an object: what lies in it, for whoever has no catalog to ask. Pure; all numbers little-endian.

    object   = payload | contents | trailer
    contents = cluster id (length u16, UTF-8) | topic count u32, then topics: topic id 16 | name (length u16, UTF-8)
               | list count u32, then lists of sources: length u32 | object ids u64 each
               | entry count u32, then entries of 70 bytes: pid u32 | topic's place u32 | partition index i32 | flags u16 | position u64
               | length u64 | batches u32 | records u64 | max timestamp i64 | base offset i64 | last offset i64 | list of sources' place u32
    trailer  = payload length u64 | contents length u32 | payload crc32c u32 | object id u64 | created ms u64 | kind u8 | version u8
               | reserved 6 | crc32c of contents and trailer up to here u32 | magic 8                                     = 52 bytes

F1  The payload comes first, so that positions in it are positions in the object, and the footer costs a reader of records nothing.
F2  Entries lie within the payload. They need not cover it.
F3  The trailer ends the object: one read from its end finds everything, whatever the payload's size.
F4  A footer says whose object it is (cluster id, object id): one that was copied to another place is not taken for that place's own.
F5  A version this code does not know is refused, never guessed.
F6  What is read here may be anything: nothing is allocated by a number in it before the bytes it counts are there.

Sources are the objects from which an entry's batches were taken: what they have of this partition is here now, and offsets are settled.

The catalog is the truth. Offsets of a FLUSH are given by its commit, so a footer cannot know them (-1); those of a WHOLE object are final.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct, pack, unpack_from
from typing import Final

from broker.model import ZERO_UUID, value
from broker.storage.objects.base import Buffer
from broker.wire.errors import DecodeError
from broker.wire.records.batch import iter_batches
from broker.wire.records.crc import crc32c

VERSION: Final = 1
MAGIC: Final = b"PSTKOBJ\0"
FLUSH: Final = 1
"""One flush of a broker: batches as producers sent them, their offsets still to be stamped."""
WHOLE: Final = 2
"""Written as a whole by merge or compaction: batches with their offsets."""

CONTENTS_BYTES_MAX: Final = 64 << 20
LIKELY_BYTES: Final = 16 << 10
"""Reading this much from an object's end most often gets all of its footer."""

_TRAILER: Final = Struct("<QIIQQBB6xI8s")
TRAILER_BYTES: Final = _TRAILER.size
_CRC_AT: Final = TRAILER_BYTES - 12
_ENTRY: Final = Struct("<IIiHQQIQqqqI")
_COUNT: Final = Struct("<I")
_LENGTH: Final = Struct("<H")
_NONE: Final = 0xFFFFFFFF
_TEXT_BYTES_MAX: Final = 0xFFFF
_UNSIGNED_64: Final = 1 << 63


class FooterCorrupt(Exception):
    """These bytes are not the end of an object of ours."""


@value
class PartitionName:
    """A partition by the names that outlive a catalog."""

    topic_id: bytes
    topic: str
    index: int


UNKNOWN: Final = PartitionName(ZERO_UUID, "", -1)


@value
class FooterEntry:
    """A contiguous run of batches of one partition. ``base`` and ``last`` are -1 while only the catalog knows them; ``flags`` are a span's."""

    pid: int
    name: PartitionName
    position: int
    length: int
    batches: int
    records: int
    max_timestamp: int
    base: int = -1
    last: int = -1
    flags: int = 0
    sources: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailer:
    """The fixed part of a footer."""

    payload_length: int
    contents_length: int
    payload_crc: int
    object_id: int
    created_ms: int
    kind: int
    crc: int

    @property
    def object_length(self) -> int:
        """How long the whole object is."""
        return self.payload_length + self.contents_length + TRAILER_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """All that an object says of itself."""

    object_id: int
    kind: int
    cluster_id: str
    created_ms: int
    payload_length: int
    payload_crc: int
    entries: Sequence[FooterEntry]


def pack_footer(footer: Footer) -> bytes:
    """What comes behind the payload."""
    places: dict[tuple[bytes, str], int] = {}
    lists: dict[tuple[int, ...], int] = {}
    entries = bytearray()
    for entry in footer.entries:
        assert 0 <= entry.position <= entry.position + entry.length <= footer.payload_length, "F2: within the payload"
        name = entry.name
        place = _NONE if name.topic_id == ZERO_UUID else places.setdefault((name.topic_id, name.topic), len(places))
        entries += _ENTRY.pack(
            *(entry.pid, place, name.index, entry.flags, entry.position, entry.length, entry.batches, entry.records),
            *(entry.max_timestamp, entry.base, entry.last),
            lists.setdefault(entry.sources, len(lists)) if entry.sources else _NONE,
        )
    contents = bytearray(_text(footer.cluster_id))
    contents += _COUNT.pack(len(places))
    for topic_id, topic in places:
        contents += topic_id + _text(topic)
    contents += _COUNT.pack(len(lists))
    for sources in lists:
        contents += _COUNT.pack(len(sources)) + pack(f"<{len(sources)}Q", *sources)
    contents += _COUNT.pack(len(footer.entries)) + entries
    trailer = _TRAILER.pack(
        *(footer.payload_length, len(contents), footer.payload_crc, footer.object_id, footer.created_ms, footer.kind),
        *(VERSION, 0, MAGIC),
    )
    crc = crc32c(trailer[:_CRC_AT], crc32c(contents))
    return bytes(contents) + trailer[:_CRC_AT] + pack("<I", crc) + MAGIC


def read_trailer(tail: Buffer, object_length: int | None = None) -> Trailer:
    """The trailer at the end of ``tail``, the last bytes of an object of ``object_length`` bytes. Raises FooterCorrupt."""
    if len(tail) < TRAILER_BYTES:
        raise FooterCorrupt(f"{len(tail)} bytes are too short for a footer")
    payload, contents, payload_crc, object_id, created_ms, kind, version, crc, magic = _TRAILER.unpack_from(
        tail, len(tail) - TRAILER_BYTES
    )
    if magic != MAGIC:
        raise FooterCorrupt("there is no footer at the end")
    if version != VERSION:
        raise FooterCorrupt(f"the footer has format version {version}; this release reads version {VERSION}")
    if (
        kind not in (FLUSH, WHOLE)
        or contents > CONTENTS_BYTES_MAX
        or max(payload, object_id, created_ms) >= _UNSIGNED_64
    ):
        raise FooterCorrupt("the footer is damaged")
    trailer = Trailer(
        payload_length=payload,
        contents_length=contents,
        payload_crc=payload_crc,
        object_id=object_id,
        created_ms=created_ms,
        kind=kind,
        crc=crc,
    )
    if object_length is not None and trailer.object_length != object_length:
        raise FooterCorrupt(f"the footer is of an object of {trailer.object_length} bytes, not {object_length}")
    return trailer


def footer_bytes(trailer: Trailer) -> int:
    """How many of the last bytes of the object its footer is."""
    return trailer.contents_length + TRAILER_BYTES


def read_footer(tail: Buffer, object_length: int | None = None) -> Footer:
    """The footer at the end of ``tail``, which must reach back to its beginning. Raises FooterCorrupt."""
    trailer = read_trailer(tail, object_length)
    view = memoryview(tail)
    start = len(view) - footer_bytes(trailer)
    if start < 0:
        raise FooterCorrupt(f"the footer has {footer_bytes(trailer)} bytes, only {len(view)} are here")
    contents = view[start : start + trailer.contents_length]
    head = view[len(view) - TRAILER_BYTES : len(view) - TRAILER_BYTES + _CRC_AT]
    if crc32c(head, crc32c(contents)) != trailer.crc:
        raise FooterCorrupt("the footer's checksum does not match")
    cluster_id, entries = _contents(contents, trailer.payload_length)
    return Footer(
        object_id=trailer.object_id,
        kind=trailer.kind,
        cluster_id=cluster_id,
        created_ms=trailer.created_ms,
        payload_length=trailer.payload_length,
        payload_crc=trailer.payload_crc,
        entries=entries,
    )


def entry_of(pid: int, name: PartitionName | None, data: memoryview, position: int, length: int) -> FooterEntry:
    """What there is to say of the batches at ``data[position : position + length]``. What are no batches is counted as none."""
    batches = records = 0
    max_timestamp = -1
    try:
        for _, header in iter_batches(data, position, position + length):
            batches += 1
            records += header.record_count
            max_timestamp = max(max_timestamp, header.max_timestamp)
    except DecodeError:
        pass
    return FooterEntry(pid, name or UNKNOWN, position, length, batches, records, max_timestamp)


def _contents(data: memoryview, payload_length: int) -> tuple[str, list[FooterEntry]]:
    cluster_id, at = _read_text(data, 0)
    count, at = _read_count(data, at)
    topics: list[tuple[bytes, str]] = []
    for _ in range(count):
        topic_id = bytes(data[at : at + 16])
        name, at = _read_text(data, at + 16)
        if topic_id == ZERO_UUID:
            raise FooterCorrupt("a topic has no id; who has none is not named")
        topics.append((topic_id, name))
    lists, at = _lists(data, at)
    count, at = _read_count(data, at)
    if len(data) - at != count * _ENTRY.size:
        raise FooterCorrupt(f"{len(data) - at} bytes are not {count} entries")
    entries: list[FooterEntry] = []
    for numbers in _ENTRY.iter_unpack(data[at:]):
        pid, place, index, flags, position, length, batches, records, max_timestamp, base, last, sources = numbers
        if position + length > payload_length or _NONE > place >= len(topics) or _NONE > sources >= len(lists):
            raise FooterCorrupt("an entry lies outside of the payload, or names what is not there")
        if (base < 0) != (last < 0) or last < base or records >= _UNSIGNED_64:
            raise FooterCorrupt(f"an entry has the offsets {base} to {last}")
        name_of = UNKNOWN if place == _NONE else PartitionName(topics[place][0], topics[place][1], index)
        entries.append(
            FooterEntry(
                *(pid, name_of, position, length, batches, records, max_timestamp, base, last, flags),
                sources=() if sources == _NONE else lists[sources],
            )
        )
    return cluster_id, entries


def _lists(data: memoryview, at: int) -> tuple[list[tuple[int, ...]], int]:
    count, at = _read_count(data, at)
    lists: list[tuple[int, ...]] = []
    for _ in range(count):
        length, at = _read_count(data, at)
        if len(data) - at < length * 8:
            raise FooterCorrupt("the contents end within a list")
        sources = unpack_from(f"<{length}Q", data, at)
        if max(sources, default=0) >= _UNSIGNED_64:
            raise FooterCorrupt("a list names what is no object")
        lists.append(sources)
        at += length * 8
    return lists, at


def _text(text: str) -> bytes:
    data = text.encode()
    assert len(data) <= _TEXT_BYTES_MAX, "names and cluster ids are short"
    return _LENGTH.pack(len(data)) + data


def _read_text(data: memoryview, at: int) -> tuple[str, int]:
    if len(data) - at < _LENGTH.size:
        raise FooterCorrupt("the contents end within a text")
    (length,) = _LENGTH.unpack_from(data, at)
    at += _LENGTH.size
    if len(data) - at < length:
        raise FooterCorrupt("the contents end within a text")
    try:
        return str(data[at : at + length], "utf-8"), at + length
    except UnicodeDecodeError:
        raise FooterCorrupt("a text is not UTF-8") from None


def _read_count(data: memoryview, at: int) -> tuple[int, int]:
    if len(data) - at < _COUNT.size:
        raise FooterCorrupt("the contents end within a count")
    (count,) = _COUNT.unpack_from(data, at)
    return count, at + _COUNT.size
