"""The five codecs: round trips, levels, what other writers send, and hostile data."""

import gzip
import tracemalloc
import zlib

import lz4.frame
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.errors import DecodeError
from broker.wire.records import compression
from broker.wire.records.compression import PIECE_BYTES, Codec, OutputLimitError, codec_named, compress, decompress
from tests.broker.wire.records.batches import CODECS

COMPRESSING = [codec for codec in CODECS if codec is not Codec.NONE]
TEXT = b"".join(b'{"event":"opened","valve":%d,"pressure":%d}\n' % (i * i % 97, i * 7919 % 1013) for i in range(4000))


@given(st.sampled_from(CODECS), st.binary(max_size=1000), st.integers(0, 100))
def test_round_trip(codec: Codec, data: bytes, times: int) -> None:
    """What was compressed comes back, from any kind of buffer, with no byte to spare."""
    data *= times
    stored = memoryview(bytearray(compress(codec, memoryview(data))))
    assert bytes(decompress(codec, stored, len(data))) == data


@pytest.mark.parametrize("codec", COMPRESSING)
@pytest.mark.parametrize("size", [PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, 3 * PIECE_BYTES + 7])
def test_what_comes_out_in_pieces_is_whole(codec: Codec, size: int) -> None:
    """Of one frame and of two; a byte less of room is too little, and the end of the data is missed."""
    data = (TEXT * (size // len(TEXT) + 1))[:size]
    stored = bytes(compress(codec, data))
    assert decompress(codec, stored, size) == data
    assert decompress(codec, stored + stored, 2 * size) == data + data
    with pytest.raises(OutputLimitError):
        decompress(codec, stored, size - 1)
    with pytest.raises(DecodeError):
        decompress(codec, stored[:-1], size)


@pytest.mark.parametrize(
    ("codec", "levels"),
    [(Codec.GZIP, (-1, 0, 1, 3, 4, 6, 9)), (Codec.LZ4, (1, 3, 9, 12, 17)), (Codec.ZSTD, (-5, 1, 3, 19, 22)), (Codec.SNAPPY, (None,))],
)  # fmt: skip
def test_every_level_a_topic_may_have_works(codec: Codec, levels: tuple[int, ...]) -> None:
    """The whole range of each compression.*.level compresses, and any level is read back."""
    for level in levels:
        assert decompress(codec, compress(codec, TEXT, level)) == TEXT


def test_higher_levels_compress_more() -> None:
    """The level is really used."""
    assert len(compress(Codec.GZIP, TEXT, 9)) < len(compress(Codec.GZIP, TEXT, 1))
    assert len(compress(Codec.LZ4, TEXT, 12)) < len(compress(Codec.LZ4, TEXT))
    assert len(compress(Codec.ZSTD, TEXT, 19)) <= len(compress(Codec.ZSTD, TEXT, -20))


def test_lz4_frames_are_what_java_reads() -> None:
    """Version 01, independent blocks, no content size: FLG 0x60, whatever the level."""
    assert bytes(compress(Codec.LZ4, TEXT))[4] == 0x60
    assert bytes(compress(Codec.LZ4, TEXT, 12))[4] == 0x60


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("size", [True, False])
@pytest.mark.parametrize("checksums", [True, False])
def test_any_lz4_frame_is_read(linked: bool, size: bool, checksums: bool) -> None:
    """Writers differ in block linking, content size and checksums."""
    frame = lz4.frame.compress(
        TEXT, block_linked=linked, store_size=size, content_checksum=checksums, block_checksum=checksums
    )
    assert decompress(Codec.LZ4, frame, len(TEXT)) == TEXT


def test_streamed_zstd_without_a_content_size_is_read() -> None:
    """Java's writer streams, so its frames do not tell how long the content is."""
    compressor = zstd.ZstdCompressor()
    frame = b"".join(
        [compressor.compress(TEXT[:1000], mode=zstd.ZstdCompressor.FLUSH_BLOCK), compressor.compress(TEXT[1000:]), compressor.flush()]
    )  # fmt: skip

    assert zstd.get_frame_info(frame).decompressed_size is None
    assert decompress(Codec.ZSTD, frame, len(TEXT)) == TEXT


def test_several_frames_are_read_as_one() -> None:
    """gzip members, lz4 frames and zstd frames may follow one another."""
    assert decompress(Codec.GZIP, gzip.compress(b"one ") + gzip.compress(b"two")) == b"one two"
    for codec in (Codec.LZ4, Codec.ZSTD):
        assert decompress(codec, bytes(compress(codec, b"one ")) + bytes(compress(codec, b"two"))) == b"one two"


@pytest.mark.parametrize("codec", [Codec.GZIP, Codec.LZ4, Codec.ZSTD])
def test_a_stream_of_countless_frames_is_refused(codec: Codec) -> None:
    """Each frame costs a copy of the rest, so their number is bounded."""
    with pytest.raises(DecodeError, match="frames"):
        decompress(codec, bytes(compress(codec, b"")) * 1000)


@pytest.mark.parametrize("codec", CODECS)
def test_output_is_bounded_to_the_byte(codec: Codec) -> None:
    """Exactly enough passes, one byte less is refused."""
    stored = compress(codec, TEXT)

    assert decompress(codec, stored, len(TEXT)) == TEXT
    with pytest.raises(OutputLimitError):
        decompress(codec, stored, len(TEXT) - 1)


def test_the_bound_holds_over_all_frames() -> None:
    """Frames do not get a limit each."""
    stored = bytes(compress(Codec.ZSTD, b"x" * 600)) * 2
    with pytest.raises(OutputLimitError):
        decompress(Codec.ZSTD, stored, 1000)


@pytest.mark.parametrize("codec", COMPRESSING)
def test_a_bomb_takes_no_more_memory_than_allowed(codec: Codec) -> None:
    """64 MiB of zeros under a limit of 1 MiB cost a small multiple of that limit."""
    bomb = bytes(compress(codec, bytes(64 * 1024 * 1024)))
    tracemalloc.start()
    try:
        with pytest.raises(OutputLimitError):
            decompress(codec, bomb, 1024 * 1024)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024 + len(bomb)


@pytest.mark.parametrize("codec", [Codec.GZIP, Codec.LZ4, Codec.ZSTD])
def test_truncation_at_every_byte_is_an_error(codec: Codec) -> None:
    """No prefix passes for the whole."""
    stored = bytes(compress(codec, b"some text to compress, some text to compress"))
    for length in range(len(stored)):
        with pytest.raises(DecodeError):
            decompress(codec, stored[:length])


@pytest.mark.parametrize("codec", [Codec.GZIP, Codec.LZ4, Codec.ZSTD])
def test_bytes_after_the_end_are_an_error(codec: Codec) -> None:
    """What follows must be another frame."""
    with pytest.raises(DecodeError):
        decompress(codec, bytes(compress(codec, b"text")) + b"garbage")


@given(st.sampled_from(COMPRESSING), st.binary(max_size=200))
def test_garbage_is_a_decode_error(codec: Codec, data: bytes) -> None:
    """Random bytes decode to something bounded, or are refused by DecodeError."""
    try:
        assert len(decompress(codec, data, 10_000)) <= 10_000
    except DecodeError:
        pass


@given(st.sampled_from(COMPRESSING), st.integers(0, 10_000), st.integers(1, 255), st.booleans())
def test_mutations_are_survived(codec: Codec, at: int, flip: int, short: bool) -> None:
    """A changed byte gives bounded output or DecodeError."""
    stored = bytearray(compress(codec, TEXT[: 100 if short else 5000]))
    stored[at % len(stored)] ^= flip
    try:
        assert len(decompress(codec, stored, 20_000)) <= 20_000
    except DecodeError:
        pass


@pytest.mark.parametrize("codec", [5, 6, 7])
def test_unknown_codecs_are_refused(codec: int) -> None:
    """Three of the eight values mean nothing."""
    with pytest.raises(DecodeError, match="unknown"):
        decompress(codec, b"")
    with pytest.raises(ValueError, match="not a valid Codec"):
        compress(codec, b"")


def test_names_of_compression_type() -> None:
    """Every value of compression.type is understood; producer means no codec of the topic's own."""
    assert codec_named("producer") is None
    assert [codec_named(name) for name in ("uncompressed", "gzip", "snappy", "lz4", "zstd")] == list(CODECS)
    with pytest.raises(KeyError):
        codec_named("brotli")


def test_zlib_stands_in_for_isal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without isal, gzip goes through the standard library with the same bytes out."""
    by_isal = bytes(compress(Codec.GZIP, TEXT))
    monkeypatch.setattr(compression, "isal_zlib", None)
    by_zlib = bytes(compress(Codec.GZIP, TEXT))

    assert zlib.decompress(by_zlib, 31) == TEXT
    assert decompress(Codec.GZIP, by_isal) == decompress(Codec.GZIP, by_zlib) == TEXT
    with pytest.raises(DecodeError):
        decompress(Codec.GZIP, b"garbage, not gzip")
