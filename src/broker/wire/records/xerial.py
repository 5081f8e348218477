"""The xerial framing Java clients put around snappy: a 16-byte header, then length-prefixed raw blocks.

Other clients send one raw block without framing; both are read. Version numbers in the header are not checked,
because some writers put them in the other byte order.
"""

import cramjam

from broker.wire.errors import DecodeError
from broker.wire.records.crc import Buffer

MAGIC = b"\x82SNAPPY\x00"
HEADER = MAGIC + b"\x00\x00\x00\x01\x00\x00\x00\x01"  # version 1, readable by version 1
BLOCK_SIZE = 32 * 1024  # what xerial's writer uses

# A snappy element of three bytes copies at most 64: more output than this from so little input is a lie, and is
# refused before memory is taken for it.
_MAX_EXPANSION = 32
_EXPANSION_SLACK = 64


class OutputLimitError(DecodeError):
    """Decompression was stopped because it would give more bytes than allowed."""


def compress(data: Buffer) -> bytes:
    """`data` as a xerial stream of 32 KiB blocks."""
    view = memoryview(data)
    parts = [HEADER]
    for start in range(0, len(view), BLOCK_SIZE):
        block = bytes(cramjam.snappy.compress_raw(view[start : start + BLOCK_SIZE]))
        parts.append(len(block).to_bytes(4, "big"))
        parts.append(block)
    return b"".join(parts)


def decompress(data: Buffer, max_output: int) -> bytearray:
    """What a xerial stream or a single raw block holds.

    DecodeError when it is damaged, OutputLimitError when it would be more than `max_output` bytes.
    """
    view = memoryview(data)
    if view[: len(MAGIC)] != MAGIC:
        return _block(view, max_output)
    out = bytearray()
    pos = len(HEADER)
    end = len(view)
    if end < pos:
        raise DecodeError("snappy: the xerial header is cut off")
    while pos < end:
        if view[pos : pos + len(MAGIC)] == MAGIC:  # streams appended to one another
            pos += len(HEADER)
            continue
        if end - pos < 4:
            raise DecodeError("snappy: a block length is cut off")
        size = int.from_bytes(view[pos : pos + 4], "big")
        pos += 4
        if size > end - pos:
            raise DecodeError(f"snappy: a block of {size} bytes is announced, {end - pos} are left")
        out += _block(view[pos : pos + size], max_output - len(out))
        pos += size
    return out


def _block(block: memoryview, max_output: int) -> bytearray:
    try:
        size = cramjam.snappy.decompress_raw_len(block)
        if size > max_output:
            raise OutputLimitError(f"snappy: {size} bytes of output, {max_output} allowed")
        if size > len(block) * _MAX_EXPANSION + _EXPANSION_SLACK:
            raise DecodeError(f"snappy: {len(block)} bytes cannot hold {size}")
        out = bytearray(size)  # of its own: what the library returns would have to be copied, and be there twice for a moment
        if cramjam.snappy.decompress_raw_into(block, out) != size:
            raise DecodeError(f"snappy: a block does not hold the {size} bytes it announces")
        return out
    except cramjam.DecompressionError as error:
        raise DecodeError(f"snappy: {error}") from None
