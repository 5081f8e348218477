"""What the generated decoders share: the rare and the shared paths, every one checked against the bytes that are there.

Decoders read one frame as a `memoryview`. `pos` is where to read, `end` is one past the last byte that may be read. Reading past
the buffer raises IndexError or struct.error, which each decoder turns into DecodeError; reads that Python would silently
cut short (slices) are checked beforehand.
"""

import struct
from typing import Final, NoReturn

from broker.wire.errors import DecodeError

_MAX_UINT32: Final = 0xFFFFFFFF
_TABLE_SIZE: Final = 33

ELEMENTS_MAX: Final = 100_000
"""Elements of all arrays of one request together, and tagged fields in it that are not known. Far above what clients ask in one, and the bound on what a
request can take once it is decoded: a nameless topic has two bytes on the wire, and hundreds afterwards."""

TAGS_MAX: Final = 64
"""Tagged fields of one section. Messages have a handful; nobody needs more of those he does not know."""

MALFORMED: Final = (IndexError, struct.error, UnicodeDecodeError)
"""What reading a damaged frame raises besides DecodeError. The same tuple serves every decoder."""

_READ_INT8S: Final = [struct.Struct(f">{n}b").unpack_from for n in range(_TABLE_SIZE)]
_READ_INT16S: Final = [struct.Struct(f">{n}h").unpack_from for n in range(_TABLE_SIZE)]
_READ_INT32S: Final = [struct.Struct(f">{n}i").unpack_from for n in range(_TABLE_SIZE)]
_READ_INT64S: Final = [struct.Struct(f">{n}q").unpack_from for n in range(_TABLE_SIZE)]


def malformed(error: Exception) -> DecodeError:
    """The DecodeError for one of the MALFORMED exceptions."""
    if isinstance(error, UnicodeDecodeError):
        return DecodeError(f"a string is not UTF-8: {error.reason} at byte {error.start}")
    return DecodeError("the message ends in the middle of a field")


def truncated(field: str) -> NoReturn:
    """A length says that there are more bytes than there are."""
    raise DecodeError(f"{field}: its length exceeds the bytes that are left")


def too_many(field: str, count: int) -> NoReturn:
    """An array claims more elements than the bytes that are left could hold."""
    raise DecodeError(f"{field}: {count} elements do not fit into the bytes that are left")


def too_many_in_all(field: str) -> NoReturn:
    """The arrays of a request have more elements, all together, than one may."""
    raise DecodeError(f"{field}: more than {ELEMENTS_MAX} elements in one request")


def bad_length(field: str, length: int) -> NoReturn:
    """A length is negative (or null) where that is not allowed."""
    raise DecodeError(f"{field}: must not be null" if length == -1 else f"{field}: negative length {length}")


def bad_presence(field: str, value: int) -> NoReturn:
    """The byte that says whether a struct is there is neither -1 nor 1."""
    raise DecodeError(f"{field}: presence byte {value} is neither -1 nor 1")


def trailing(count: int) -> None:
    """The message is over but its frame is not: ignored, as Kafka does. DecodeError when it is the other way round.

    librdkafka's Metadata for all topics (version 9 and later) has three bytes too many, and must work.
    """
    if count < 0:
        raise DecodeError("the message overruns its frame")


def read_uvarint(buf: memoryview, pos: int) -> tuple[int, int]:
    """An unsigned varint of at most 32 bits, and the position after it."""
    value = 0
    for shift in (0, 7, 14, 21, 28):
        byte = buf[pos]
        pos += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > _MAX_UINT32:
                break
            return value, pos
    raise DecodeError("a variable-length integer does not fit into 32 bits")


def skip_tags(buf: memoryview, pos: int, end: int) -> int:
    """Steps over a section of tagged fields none of which is known; returns the position after it."""
    count, pos = read_tag_count(buf, pos, end)
    previous = -1
    for _ in range(count):
        previous, pos, stop = read_tag(buf, pos, end, previous)
        pos = stop
    return pos


def skip_counted_tags(buf: memoryview, pos: int, end: int, left: int) -> tuple[int, int]:
    """The same in a request, of whose elements so many are left: the position, and how many are left then."""
    count, _ = read_tag_count(buf, pos, end)
    if count > left:
        too_many_in_all("tagged fields")
    return skip_tags(buf, pos, end), left - count


def read_tag_count(buf: memoryview, pos: int, end: int) -> tuple[int, int]:
    """The number of tagged fields in a section, and the position of the first."""
    count, pos = read_uvarint(buf, pos)
    if count * 2 > end - pos:
        too_many("tagged fields", count)
    if count > TAGS_MAX:
        raise DecodeError(f"{count} tagged fields, {TAGS_MAX} are allowed")
    return count, pos


def read_tag(buf: memoryview, pos: int, end: int, previous: int) -> tuple[int, int, int]:
    """The next tag, where its value starts and where it ends. Tags must ascend (KIP-482)."""
    tag, pos = read_uvarint(buf, pos)
    if tag <= previous:
        raise DecodeError(f"tagged field {tag} comes after {previous}")
    size, pos = read_uvarint(buf, pos)
    stop = pos + size
    if stop > end:
        truncated(f"tagged field {tag}")
    return tag, pos, stop


def check_tag_end(tag: int, pos: int, stop: int) -> None:
    """A known tagged field must be exactly as long as its size says."""
    if pos != stop:
        raise DecodeError(f"tagged field {tag} does not have the size it claims")


def read_int8s(buf: memoryview, pos: int, count: int) -> list[int]:
    """`count` int8; the caller has checked that they are there."""
    return list(_READ_INT8S[count](buf, pos) if count < _TABLE_SIZE else struct.unpack_from(f">{count}b", buf, pos))


def read_int16s(buf: memoryview, pos: int, count: int) -> list[int]:
    """`count` int16."""
    return list(_READ_INT16S[count](buf, pos) if count < _TABLE_SIZE else struct.unpack_from(f">{count}h", buf, pos))


def read_int32s(buf: memoryview, pos: int, count: int) -> list[int]:
    """`count` int32."""
    return list(_READ_INT32S[count](buf, pos) if count < _TABLE_SIZE else struct.unpack_from(f">{count}i", buf, pos))


def read_int64s(buf: memoryview, pos: int, count: int) -> list[int]:
    """`count` int64."""
    return list(_READ_INT64S[count](buf, pos) if count < _TABLE_SIZE else struct.unpack_from(f">{count}q", buf, pos))


def read_uuids(buf: memoryview, pos: int, count: int) -> list[bytes]:
    """`count` uuids of 16 bytes."""
    return [bytes(buf[at : at + 16]) for at in range(pos, pos + 16 * count, 16)]
