"""Where encoders write to: a growing buffer, and record bytes that are passed on without being copied.

A response leaves as a list of buffers for the transport's `writelines`. Everything but records goes into byte arrays; record
buffers of INLINE_RECORDS bytes and more become chunks of their own, smaller ones are cheaper to copy than to pass on.
"""

import struct
from typing import Final, NoReturn

from broker.wire.errors import EncodeError
from broker.wire.messages.base import Buffer, BufferList, Records

INLINE_RECORDS: Final = 512
"""Below this many bytes a record buffer is copied. One more chunk costs the transport about as much as copying this."""

PREFIX_BYTES: Final = 4
"""A frame starts with its length."""

MAX_STRING: Final = 32767
_MAX_INT32: Final = 0x7FFFFFFF
_TABLE_SIZE: Final = 32

UNENCODABLE: Final = (struct.error, TypeError, AttributeError, UnicodeEncodeError, OverflowError)
"""What packing a wrong value raises: an integer out of range, None where the version has no null, a wrong type."""

_SIZE: Final = struct.Struct(">i")

PACK_INT32S: Final = [struct.Struct(f">i{n}i").pack for n in range(_TABLE_SIZE)]
"""By count: packs the count of an int32 array and its elements."""

PACK_COMPACT_INT32S: Final = [struct.Struct(f">B{n}i").pack for n in range(_TABLE_SIZE)]
"""The same with the count plus one in one byte."""


class Writer:
    """Collects one message; `chunks()` is what to send."""

    __slots__ = ("_chunks", "buffer")

    def __init__(self, prefix: bytes = b"") -> None:
        self._chunks: list[Buffer] = []
        self.buffer = bytearray(prefix)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return sum(map(len, self._chunks)) + len(self.buffer)

    def chunks(self) -> list[Buffer]:
        """Everything written, in order. The last chunk is the live buffer: write no more afterwards."""
        if self.buffer or not self._chunks:
            return [*self._chunks, self.buffer]
        return self._chunks

    def frame(self) -> list[Buffer]:
        """The chunks as a frame: the first four bytes, which the writer must have been started with, become its length."""
        last = self.buffer
        if not self._chunks:
            _SIZE.pack_into(last, 0, len(last) - PREFIX_BYTES)
            return [last]
        chunks = self.chunks()
        first = chunks[0]
        assert isinstance(first, bytearray)
        _SIZE.pack_into(first, 0, sum(map(len, chunks)) - PREFIX_BYTES)
        return chunks

    def put_records(self, records: Records) -> bytearray:
        """A records field with its 32-bit length. Returns the buffer to go on with."""
        out = self.buffer
        if records is None:
            out += b"\xff\xff\xff\xff"
            return out
        size = sum(map(len, records)) if isinstance(records, list) else len(records)
        out += _SIZE.pack(size)
        return self._put_buffers(out, records, size)

    def put_compact_records(self, records: Records) -> bytearray:
        """A records field with its length as a varint. Returns the buffer to go on with."""
        out = self.buffer
        if records is None:
            out.append(0)
            return out
        size = sum(map(len, records)) if isinstance(records, list) else len(records)
        put_uvarint(out, size + 1)
        return self._put_buffers(out, records, size)

    def _put_buffers(self, out: bytearray, records: Buffer | BufferList, size: int) -> bytearray:
        if size < INLINE_RECORDS:
            if isinstance(records, list):
                for part in records:
                    out += part
            else:
                out += records
            return out
        chunks = self._chunks
        chunks.append(out)
        if isinstance(records, list):
            chunks.extend(records)
        else:
            chunks.append(records)
        self.buffer = out = bytearray()
        return out


def unencodable(message: str, error: Exception) -> EncodeError:
    """The EncodeError for one of the UNENCODABLE exceptions; `message` is the name of the class."""
    return EncodeError(f"{message} cannot be written: {error}")


def null_not_allowed(field: str) -> NoReturn:
    """The field holds None, and this version has no null."""
    raise EncodeError(f"{field} must not be None in this version")


def put_uvarint(out: bytearray, value: int) -> None:
    """An unsigned varint of at most 32 bits."""
    if not 0 <= value <= _MAX_INT32 + 1:
        raise EncodeError(f"length {value} does not fit into 31 bits")
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def put_string_length(out: bytearray, length_plus_one: int) -> None:
    """The length of a compact string that does not fit into one byte."""
    if length_plus_one > MAX_STRING + 1:
        raise EncodeError(f"a string of {length_plus_one - 1} bytes is longer than {MAX_STRING}")
    put_uvarint(out, length_plus_one)


def put_array(out: bytearray, code: str, values: list[int]) -> None:
    """An array of integers: a 32-bit count, then the elements (`code` is their `struct` letter)."""
    count = len(values)
    out += struct.pack(f">i{count}{code}", count, *values)


def put_compact_array(out: bytearray, code: str, values: list[int]) -> None:
    """The same with the count as a varint."""
    count = len(values)
    put_uvarint(out, count + 1)
    out += struct.pack(f">{count}{code}", *values)


def put_uuids(out: bytearray, values: list[bytes]) -> None:
    """An array of uuids: a 32-bit count, then sixteen bytes each."""
    count = len(values)
    out += struct.pack(">i" + "16s" * count, count, *values)


def put_compact_uuids(out: bytearray, values: list[bytes]) -> None:
    """The same with the count as a varint."""
    put_uvarint(out, len(values) + 1)
    out += struct.pack(">" + "16s" * len(values), *values)


def put_tags(out: bytearray, fields: list[tuple[int, bytearray]]) -> None:
    """A section of tagged fields, given in ascending order of their tags."""
    put_uvarint(out, len(fields))
    for tag, body in fields:
        put_uvarint(out, tag)
        put_uvarint(out, len(body))
        out += body
