"""Data that is small and unpacks to very much, for each codec."""

import gzip
import time
import zlib
from collections.abc import Callable
from functools import cache
from typing import Final

import cramjam
import lz4.frame  # type: ignore[import-untyped,unused-ignore]

from broker.wire.records.batch import parse_header
from broker.wire.records.compression import Codec, compress, zstd
from broker.wire.records.record import Record, assemble, encode_batch

MIB: Final = 1 << 20
PACKED_MAX: Final = 1_000_000
"""A batch may be a little larger."""


def _gzip(size: int) -> bytes:
    return _streamed(zlib.compressobj(wbits=31), size)


def _zstd(size: int) -> bytes:
    return _streamed(zstd.ZstdCompressor(), size)


def _lz4(size: int) -> bytes:
    packer = lz4.frame.LZ4FrameCompressor(block_linked=False, block_size=lz4.frame.BLOCKSIZE_MAX4MB)
    return packer.begin() + b"".join(packer.compress(bytes(4 * MIB)) for _ in range(size // (4 * MIB))) + packer.flush()


def _snappy(size: int) -> bytes:
    block = bytes(cramjam.snappy.compress_raw(bytes(MIB)))
    return b"\x82SNAPPY\x00" + b"\x00\x00\x00\x01" * 2 + (len(block).to_bytes(4, "big") + block) * (size // MIB)


def _snappy_that_lies(size: int) -> bytes:
    return b"\xff\xff\xff\xff\x0f" + bytes(size // 1000)


def _streamed(packer: object, size: int) -> bytes:
    parts = [packer.compress(bytes(MIB)) for _ in range(size // MIB)]  # type: ignore[attr-defined]
    return b"".join((*parts, packer.flush()))  # type: ignore[attr-defined]


PACKED: Final[dict[str, tuple[int, Callable[[int], bytes], int]]] = {
    "gzip": (Codec.GZIP, _gzip, 200 * MIB),
    "snappy": (Codec.SNAPPY, _snappy, 20 * MIB),
    "snappy that lies": (Codec.SNAPPY, _snappy_that_lies, 100 * MIB),
    "lz4": (Codec.LZ4, _lz4, 200 * MIB),
    "zstd": (Codec.ZSTD, _zstd, 500 * MIB),
}


@cache
def packed(name: str) -> tuple[int, bytes]:
    """Codec, and at most PACKED_MAX bytes."""
    codec, make, size = PACKED[name]
    data = make(size)
    assert len(data) <= PACKED_MAX, f"{name}: {len(data)}"
    return codec, data


@cache
def batches() -> dict[str, bytes]:
    """One batch for each codec, right from its header to its checksum, and such in which everything is as it should be but very much."""
    made = {name: _batch(*packed(name)) for name in PACKED}
    # A gzip member of zeros in a zstd frame: what was unpacked is not unpacked again.
    made["gzip in zstd"] = _batch(Codec.ZSTD, bytes(compress(Codec.ZSTD, gzip.compress(bytes(MIB)))))
    made["a value of 30 MiB"] = bytes(encode_batch([Record(0, _now_ms(), b"k", bytes(30 * MIB))], codec=Codec.ZSTD))
    made["500,000 records"] = _many(500_000)
    made["400,000 headers"] = _headers(400_000)
    return made


LATER_MS: Final = int(time.time() * 1000) - 600_000
"""A time that stored records are looked through for."""


def _now_ms() -> int:
    return int(time.time() * 1000)


def _batch(codec: int, data: bytes, count: int = 1) -> bytes:
    now = _now_ms()
    plain = parse_header(encode_batch([Record(0, now, b"k", b"v")]))
    return bytes(assemble(plain._replace(attributes=codec, record_count=count, last_offset_delta=count - 1), data))


def _many(count: int) -> bytes:
    """Records with a key of one byte and nothing else."""
    data = bytearray()
    for number in range(count):
        body = b"\0\0%b\x02k\x01\0" % _size(number << 1)
        data.append(len(body) << 1)
        data += body
    return _batch(Codec.ZSTD, bytes(compress(Codec.ZSTD, data)), count)


def _headers(count: int) -> bytes:
    body = b"\0\0\0\x02k\x01" + _size(count << 1) + b"\0\1" * count
    return _batch(Codec.ZSTD, bytes(compress(Codec.ZSTD, _size(len(body) << 1) + body)))


@cache
def metrics() -> dict[str, tuple[int, bytes]]:
    """Pushes: the codecs' zeros, and protobuf that nests and repeats."""
    # First, for the log has no more than a few lines of such.
    made = {"a million empty parts": (int(Codec.ZSTD), bytes(compress(Codec.ZSTD, b"\x0a\x00" * 1_000_000)))}
    made |= {name: packed(name) for name in PACKED}
    deep = b""
    for _ in range(2_000):
        # An attribute whose value is a list with one value, which is a list.
        deep = b"\x2a" + _size(len(deep) + 1 + len(_size(len(deep)))) + b"\x0a" + _size(len(deep)) + deep
    made["lists in lists"] = (Codec.GZIP, bytes(compress(Codec.GZIP, b"\x0a" + _size(len(deep)) + deep)))
    return made


def _size(number: int) -> bytes:
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
