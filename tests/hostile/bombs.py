"""Data that is small and unpacks to very much, for each codec."""

import gzip
import time
import zlib
from collections.abc import Callable
from functools import cache
from typing import Final

import cramjam
import lz4.frame  # type: ignore[import-untyped,unused-ignore]

from broker.wire.records.batch import BatchHeader, parse_header
from broker.wire.records.compression import Codec, compress, zstd
from broker.wire.records.record import Record, assemble, encode_batch

MIB: Final = 1 << 20
PACKED_MAX: Final = 1_000_000
"""A batch may be a little larger."""


def _gzip(size: int) -> bytes:
    return _streamed(zlib.compressobj(9, wbits=31), size)


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


_GIB: Final = 1 << 30
PACKED: Final[dict[str, tuple[int, Callable[[int], bytes], int]]] = {
    "gzip": (Codec.GZIP, _gzip, 900 * MIB),
    "snappy": (Codec.SNAPPY, _snappy, 20 * MIB),
    "snappy that lies": (Codec.SNAPPY, _snappy_that_lies, 100 * MIB),
    "lz4": (Codec.LZ4, _lz4, 200 * MIB),
    "zstd": (Codec.ZSTD, _zstd, 4 * _GIB),
}


@cache
def packed(name: str) -> tuple[int, bytes]:
    """Codec, and at most PACKED_MAX bytes."""
    codec, make, size = PACKED[name]
    data = make(size)
    assert len(data) <= PACKED_MAX, f"{name}: {len(data)}"
    return codec, data


def batches() -> dict[str, bytes]:
    """One batch for each codec, right from its header to its checksum, and such in which everything is as it should be but very much."""
    made = {name: _batch(*packed(name)) for name in PACKED}
    # A zstd frame of a gzip member of zeros: what is unpacked is not unpacked again.
    made["gzip in zstd"] = _batch(Codec.ZSTD, bytes(compress(Codec.ZSTD, gzip.compress(bytes(MIB)))))
    made["a value of 60 MiB"] = _large(60)
    made["a million records"] = _many(1_000_000)
    return made


def _header(codec: int, count: int) -> BatchHeader:
    plain = parse_header(encode_batch([Record(0, int(time.time() * 1000), b"k", b"v")]))
    return plain._replace(attributes=codec, record_count=count, last_offset_delta=count - 1)


def _batch(codec: int, data: bytes) -> bytes:
    return bytes(assemble(_header(codec, 1), data))


def _large(mebibytes: int) -> bytes:
    record = Record(0, int(time.time() * 1000), b"k", bytes(mebibytes * MIB))
    return bytes(encode_batch([record], codec=Codec.ZSTD))


def _many(count: int) -> bytes:
    now = int(time.time() * 1000)
    return bytes(encode_batch((Record(number, now, b"k", None) for number in range(count)), codec=Codec.ZSTD))


def metrics() -> dict[str, tuple[int, bytes]]:
    """Pushes: the codecs' zeros, and protobuf that nests and repeats."""
    made = {name: packed(name) for name in PACKED}
    made["a million empty parts"] = (Codec.ZSTD, bytes(compress(Codec.ZSTD, b"\x0a\x00" * 1_000_000)))
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
