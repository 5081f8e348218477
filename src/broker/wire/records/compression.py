"""The codecs of record batches: compress with a topic's level, decompress with a bound on the output.

Nothing here trusts a size that the data claims: output beyond `max_output` raises OutputLimitError, damage and
trailing bytes raise DecodeError. Memory grows with what comes out, a piece at a time, and is never taken twice over. Several members or frames one after the other are read as one.
All the native libraries let other threads run while they work on large input.
"""

import sys
import zlib
from collections.abc import Callable
from enum import IntEnum
from typing import Any, Protocol

import lz4.frame  # type: ignore[import-untyped,unused-ignore]

from broker.wire.errors import DecodeError
from broker.wire.records import xerial
from broker.wire.records.crc import Buffer
from broker.wire.records.xerial import OutputLimitError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

try:
    from isal import igzip_lib, isal_zlib
except ImportError:  # no wheel for this platform: the standard library is slower and does the same
    isal_zlib = None  # type: ignore[assignment]

__all__ = [
    "DEFAULT_LEVELS",
    "MAX_OUTPUT",
    "Codec",
    "OutputLimitError",
    "codec_named",
    "compress",
    "decompress",
]

MAX_OUTPUT = 128 * 1024 * 1024  # for callers without a limit of their own

# Each further frame costs a copy of what follows it, so a stream of many tiny ones would take quadratic time.
# Clients write one.
_MAX_FRAMES = 256

PIECE_BYTES = 1 << 20  # output of one step; what honest clients send comes out in one

_GZIP_WINDOW = 31  # 15 bits of window, gzip wrapper
_ISAL_LEVELS = range(4)
_LZ4_FAST = 0
_LZ4_MAX_EXPANSION = 255
_LZ4_MAX_LEVEL = 16


class Codec(IntEnum):
    """The lower three bits of a batch's attributes."""

    NONE = 0
    GZIP = 1
    SNAPPY = 2
    LZ4 = 3
    ZSTD = 4


# The defaults of compression.gzip.level, compression.lz4.level and compression.zstd.level (KIP-390). As in Kafka, gzip's
# -1 leaves the choice to the library, and lz4's 9 stands for the fast compressor.
DEFAULT_LEVELS: dict[Codec, int] = {Codec.GZIP: -1, Codec.LZ4: 9, Codec.ZSTD: 3}

_NAMES = {
    "none": Codec.NONE,
    "uncompressed": Codec.NONE,
    "gzip": Codec.GZIP,
    "snappy": Codec.SNAPPY,
    "lz4": Codec.LZ4,
    "zstd": Codec.ZSTD,
}


def codec_named(name: str) -> Codec | None:
    """The codec a `compression.type` names; None for `producer`, which leaves the producer's choice as it is."""
    if name == "producer":
        return None
    return _NAMES[name]


def compress(codec: int, data: Buffer, level: int | None = None) -> Buffer:
    """`data` under `codec`; ValueError for a number that is no codec. `level` is the topic's, None its default."""
    codec = Codec(codec)
    if level is None:
        level = DEFAULT_LEVELS.get(codec, 0)
    match codec:
        case Codec.NONE:
            return data
        case Codec.GZIP:
            return _gzip_compress(data, level)
        case Codec.SNAPPY:
            return xerial.compress(data)
        case Codec.LZ4:
            return _lz4_compress(data, level)
        case Codec.ZSTD:
            return zstd.compress(data, level=level)


def decompress(codec: int, data: Buffer, max_output: int = MAX_OUTPUT) -> Buffer:
    """What `data` holds, at most `max_output` bytes.

    Raises OutputLimitError (a DecodeError) beyond that, DecodeError for damaged data or an unknown codec.
    """
    match codec:
        case Codec.NONE:
            if len(data) > max_output:
                raise OutputLimitError(f"{len(data)} bytes of records, {max_output} allowed")
            return data
        case Codec.GZIP:
            return _frames("gzip", _gzip_decompressor, data, max_output)
        case Codec.SNAPPY:
            return xerial.decompress(data, max_output)
        case Codec.LZ4:
            return _frames("lz4", _Lz4Decompressor, data, max_output)
        case Codec.ZSTD:
            return _frames("zstd", zstd.ZstdDecompressor, data, max_output)
        case _:
            raise DecodeError(f"compression codec {codec} is unknown")


class _Decompressor(Protocol):
    """One gzip member, lz4 frame or zstd frame being read."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes | None: ...

    def decompress(self, data: Any, max_length: int, /) -> bytes: ...


_DAMAGED: tuple[type[Exception], ...] = (zlib.error, zstd.ZstdError, RuntimeError, EOFError)  # RuntimeError is lz4's
if isal_zlib is not None:
    _DAMAGED = (*_DAMAGED, igzip_lib.IsalError)  # type: ignore[arg-type]  # the stub has an instance


def _frames(name: str, start: Callable[[], Any], data: Buffer, max_output: int) -> Buffer:
    out: bytes | bytearray = b""
    rest: Buffer = data
    for _ in range(_MAX_FRAMES):
        decompressor: _Decompressor = start()
        fed: Buffer = rest
        while not decompressor.eof:
            try:
                # One byte more than allowed tells "exactly full" from "too much".
                part = decompressor.decompress(fed, min(PIECE_BYTES, max_output - len(out) + 1))
            except _DAMAGED as error:
                raise DecodeError(f"{name}: {error}") from None
            if len(out) + len(part) > max_output:
                raise OutputLimitError(f"{name}: more than {max_output} bytes of output")
            if part:
                out = _with(out, part)
            elif not decompressor.eof:
                raise DecodeError(f"{name}: the data is cut off")
            # Of zlib's kind one gives back what it has not looked at yet, of the others one keeps it.
            fed = getattr(decompressor, "unconsumed_tail", b"")
        rest = decompressor.unused_data or b""
        if not rest:
            return out
    raise DecodeError(f"{name}: more than {_MAX_FRAMES} frames")


def _with(out: bytes | bytearray, part: bytes) -> bytes | bytearray:
    """The first part as it is, further ones behind it in memory that grows."""
    if not out:
        return part
    if isinstance(out, bytes):
        out = bytearray(out)
    out += part
    return out


def _gzip_decompressor() -> Any:
    if isal_zlib is not None:
        return isal_zlib.decompressobj(_GZIP_WINDOW)
    return zlib.decompressobj(_GZIP_WINDOW)


def _gzip_compress(data: Buffer, level: int) -> bytes:
    if isal_zlib is not None:
        if level == -1:
            return isal_zlib.compress(data, wbits=_GZIP_WINDOW)
        if level in _ISAL_LEVELS:
            return isal_zlib.compress(data, level, _GZIP_WINDOW)
    # isal stops at level 3; whoever asks for more wants the ratio and pays for it.
    return zlib.compress(data, level, _GZIP_WINDOW)


class _Lz4Decompressor:
    """lz4's decompressor with a first buffer no larger than the input can fill."""

    def __init__(self) -> None:
        self._inner = lz4.frame.LZ4FrameDecompressor()

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def unused_data(self) -> bytes | None:
        unused: bytes | None = self._inner.unused_data
        return unused

    def decompress(self, data: Buffer, max_length: int) -> bytes:
        bound = min(max_length, len(data) * _LZ4_MAX_EXPANSION) if len(data) else max_length
        part: bytes = self._inner.decompress(data, max_length=bound)
        return part


def _lz4_compress(data: Buffer, level: int) -> bytes:
    if level == DEFAULT_LEVELS[Codec.LZ4]:
        level = _LZ4_FAST
    # Java's reader refuses linked blocks, and its writer leaves the content size out.
    out: bytes = lz4.frame.compress(
        data, compression_level=min(level, _LZ4_MAX_LEVEL), block_linked=False, store_size=False
    )
    return out
