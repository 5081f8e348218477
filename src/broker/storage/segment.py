"""The format of a segment file: how groups of record batches lie on disk. Pure; all numbers little-endian.

    file   = header, group, group, ... , zeros (space that was allocated and not used)
    header = magic 8 | version u16 | header length u16 | flags u32 | segment number u64 | directory id 16 | key 8 | created_ms u64
             | reserved 4 | crc32c of the bytes before u32                                                             = 64 bytes
    group  = magic u32 | version u16 | flags u16 | sequence u64 | payload length u64 | entry count u32 | payload crc32c u32
             | crc32c u32                                                                                              = 36 bytes
             then the table of contents, 16 bytes an entry: partition u64 | offset u32 | length u32, then the payload

S1  Every group begins where its predecessor's payload ends, the first one right behind the file header; no gaps.
S2  Sequences count from 0 without gaps, so a group left over from an earlier, failed write is never taken for the next one.
S3  A group's checksum covers its header and table of contents and starts from the file's random key, which no client knows:
    record bytes that imitate a group are not taken for one.
S4  Entries lie within the payload. They need not cover it.
S5  The reader stops at the first thing that is not a whole, valid group; what stands before it is unaffected.
S6  A version this code does not know is refused, never guessed.
S7  A file that was written as a whole (its number says so, :data:`broker.storage.objects.base.WHOLE_OBJECTS`) has no groups: behind the header
    lie record batches with their offsets, and only the catalog says where.

The catalog says what is visible. What it may have lost of its last commits is told from the groups (:mod:`broker.storage.recovery`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct, pack, unpack_from
from typing import Final

from crc32c import crc32c

from broker.storage.objects.base import Buffer, TocEntry

VERSION: Final = 1
MAGIC: Final = b"PSTKSEG\0"
GROUP_MAGIC: Final = 0x47525053
FLAG_PAYLOAD_CRC: Final = 1
MAX_PAYLOAD: Final = 2**32 - 1
MAX_ENTRIES: Final = 2**20

_SEARCH_BYTES_MAX: Final = 256 << 20

_FILE_HEADER: Final = Struct("<8sHHIQ16s8sQ4xI")
_GROUP_HEADER: Final = Struct("<IHHQQIII")
_GROUP_CRC_AT: Final = _GROUP_HEADER.size - 4
_GROUP_START: Final = re.compile(re.escape(pack("<IH", GROUP_MAGIC, VERSION)))
_ENTRY: Final = Struct("<QII")
HEADER_BYTES: Final = _FILE_HEADER.size
GROUP_HEADER_BYTES: Final = _GROUP_HEADER.size
ENTRY_BYTES: Final = _ENTRY.size


class SegmentCorrupt(Exception):
    """These bytes are not what a segment has at this place."""


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """Whose segment this is. ``key`` seeds the checksums of its groups (S3)."""

    number: int
    directory_id: bytes
    key: bytes
    created_ms: int


@dataclass(frozen=True, slots=True)
class Group:
    """One group as found in a file. ``position`` is where its payload begins."""

    sequence: int
    position: int
    length: int
    entries: tuple[TocEntry, ...]
    payload_crc: int | None

    @property
    def end(self) -> int:
        """Where the next group begins."""
        return self.position + self.length


def pack_header(header: SegmentHeader) -> bytes:
    """The first ``HEADER_BYTES`` of a file."""
    data = _FILE_HEADER.pack(
        MAGIC, VERSION, HEADER_BYTES, 0, header.number, header.directory_id, header.key, header.created_ms, 0
    )
    return data[:-4] + pack("<I", crc32c(data[:-4]))


def unpack_header(data: Buffer) -> SegmentHeader:
    """Read a file's header. Raises SegmentCorrupt, also for a version that is not known (S6)."""
    if len(data) < HEADER_BYTES:
        raise SegmentCorrupt("the file is too short to be a segment")
    magic, version, length, flags, number, directory_id, key, created_ms, crc = _FILE_HEADER.unpack_from(data)
    if magic != MAGIC:
        raise SegmentCorrupt("the file is not a segment")
    if version != VERSION:
        raise SegmentCorrupt(f"the segment has format version {version}; this release reads version {VERSION}")
    if crc32c(bytes(data[: HEADER_BYTES - 4])) != crc or length != HEADER_BYTES or flags:
        raise SegmentCorrupt("the segment's header is damaged")
    return SegmentHeader(number, directory_id, key, created_ms)


def pack_group(
    key: bytes, sequence: int, payload_length: int, toc: Sequence[TocEntry], payload_crc: int | None = None
) -> bytes:
    """Everything of a group that stands before its payload. ``payload_length`` must be at most ``MAX_PAYLOAD``."""
    assert payload_length <= MAX_PAYLOAD, "S4: offsets of entries have 32 bits"
    flags = 0 if payload_crc is None else FLAG_PAYLOAD_CRC
    numbers: list[int] = []
    for entry in toc:
        assert entry.offset >= 0, "S4: entries lie within the payload"
        assert entry.offset + entry.length <= payload_length, "S4: entries lie within the payload"
        numbers += (entry.pid, entry.offset, entry.length)
    head = _GROUP_HEADER.pack(GROUP_MAGIC, VERSION, flags, sequence, payload_length, len(toc), payload_crc or 0, 0)
    entries = pack("<" + "QII" * len(toc), *numbers)
    crc = crc32c(entries, crc32c(head[:_GROUP_CRC_AT], crc32c(key)))
    return head[:_GROUP_CRC_AT] + pack("<I", crc) + entries


def unpack_group(data: Buffer, at: int, key: bytes, sequence: int) -> Group | None:
    """The group at byte ``at`` of a whole file's bytes, or None when there is no whole, valid group ``sequence`` (S5)."""
    if at + GROUP_HEADER_BYTES > len(data):
        return None
    magic, version, flags, found, length, count, payload_crc, crc = _GROUP_HEADER.unpack_from(data, at)
    if magic != GROUP_MAGIC or version != VERSION or found != sequence or count > MAX_ENTRIES or length > MAX_PAYLOAD:
        return None
    toc_at = at + GROUP_HEADER_BYTES
    position = toc_at + count * ENTRY_BYTES
    if position + length > len(data):
        return None
    view = memoryview(data)
    if crc32c(view[toc_at:position], crc32c(view[at : at + _GROUP_CRC_AT], crc32c(key))) != crc:
        return None
    numbers = unpack_from("<" + "QII" * count, data, toc_at)
    entries = tuple(TocEntry(*numbers[index : index + 3]) for index in range(0, len(numbers), 3))
    if any(entry.offset + entry.length > length for entry in entries):
        return None
    has_crc = bool(flags & FLAG_PAYLOAD_CRC)
    if has_crc and crc32c(view[position : position + length]) != payload_crc:
        return None
    return Group(sequence, position, length, entries, payload_crc if has_crc else None)


def read_groups(data: Buffer, header: SegmentHeader, at: int = HEADER_BYTES) -> Iterator[Group]:
    """The groups of a whole file's bytes, in order, up to the first that is not whole and valid (S1, S2, S5).

    ``at`` is where one of them begins; its sequence is then taken from itself, under its checksum.
    """
    sequence = 0 if at == HEADER_BYTES else _sequence_at(data, at)
    while (group := unpack_group(data, at, header.key, sequence)) is not None:
        yield group
        at, sequence = group.end, sequence + 1


def _sequence_at(data: Buffer, at: int) -> int:
    if at + GROUP_HEADER_BYTES > len(data):
        return 0
    sequence: int = _GROUP_HEADER.unpack_from(data, at)[3]
    return sequence


def has_group_behind(data: Buffer, header: SegmentHeader, at: int, sequence: int) -> bool:
    """Whether a valid group younger than ``sequence`` lies anywhere behind byte ``at``, where the walk over groups ended: then
    what stands at ``at`` was whole once, for groups are written one after another."""
    view = memoryview(data)
    work = 0
    for match in _GROUP_START.finditer(view[at + 1 :]):
        place = at + 1 + match.start()
        if place + GROUP_HEADER_BYTES > len(view):
            break
        _, _, _, found, _, count, _, _ = _GROUP_HEADER.unpack_from(view, place)
        # Records may hold anything, many imitations of a group too; looking at them must end.
        work += GROUP_HEADER_BYTES + count * ENTRY_BYTES
        if work > _SEARCH_BYTES_MAX:
            break
        if found > sequence and unpack_group(view, place, header.key, found) is not None:
            return True
    return False
