"""Snappy with and without xerial's framing."""

import cramjam
import pytest
from aiokafka.codec import snappy_decode, snappy_encode
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.errors import DecodeError
from broker.wire.records.compression import OutputLimitError
from broker.wire.records.xerial import BLOCK_SIZE, HEADER, compress, decompress

TEXT = b"the quick brown fox " * 5000


@given(st.binary(max_size=2000), st.integers(1, 60))
def test_round_trip(data: bytes, times: int) -> None:
    """What was compressed comes back, over block borders too."""
    data *= times
    assert decompress(compress(data), len(data)) == data


def test_blocks_are_those_of_xerial() -> None:
    """The stream begins with the 16 bytes of Java's writer and holds blocks of 32 KiB."""
    stream = compress(TEXT)

    assert stream[:16].hex() == "82534e415050590000000001" + "00000001"
    first = int.from_bytes(stream[16:20], "big")
    assert len(bytes(cramjam.snappy.decompress_raw(stream[20 : 20 + first]))) == BLOCK_SIZE


def test_raw_blocks_are_read() -> None:
    """Clients that do not frame send one block."""
    assert decompress(bytes(cramjam.snappy.compress_raw(TEXT)), len(TEXT)) == TEXT


def test_another_implementation_agrees() -> None:
    """aiokafka reads what we write, and we read what it writes, framed or not."""
    assert snappy_decode(compress(TEXT)) == TEXT
    assert decompress(snappy_encode(TEXT), len(TEXT)) == TEXT
    assert decompress(snappy_encode(TEXT, xerial_compatible=False), len(TEXT)) == TEXT


def test_version_numbers_are_not_looked_at() -> None:
    """Some writers put the version in little-endian order."""
    stream = compress(TEXT)
    swapped = stream[:8] + b"\x01\x00\x00\x00\x01\x00\x00\x00" + stream[16:]

    assert decompress(swapped, len(TEXT)) == TEXT


def test_appended_streams_are_read_as_one() -> None:
    """A header where a block is expected begins another stream."""
    assert decompress(compress(b"one ") + compress(b"two"), 100) == b"one two"


@pytest.mark.parametrize("stream", [compress(TEXT), bytes(cramjam.snappy.compress_raw(TEXT))])
def test_output_is_bounded(stream: bytes) -> None:
    """One byte less than needed is refused, exactly enough is not."""
    assert decompress(stream, len(TEXT)) == TEXT
    with pytest.raises(OutputLimitError):
        decompress(stream, len(TEXT) - 1)


def test_a_block_cannot_claim_more_than_it_holds() -> None:
    """A few bytes that announce half a gigabyte are refused before memory is taken."""
    with pytest.raises(DecodeError, match="cannot hold"):
        decompress(b"\xff\xff\xff\xff\x01junk", 2**30)
    with pytest.raises(DecodeError):
        decompress(HEADER + b"\x00\x00\x00\x09\xff\xff\xff\xff\x01junk", 2**30)


def test_truncation_is_an_error_except_between_blocks() -> None:
    """A stream cut anywhere but after a block does not decode."""
    stream = compress(b"some text, " * 20)
    for length in range(len(stream)):
        if length == len(HEADER):
            assert decompress(stream[:length], 1000) == b""
            continue
        with pytest.raises(DecodeError):
            decompress(stream[:length], 1000)


@given(st.binary(max_size=100), st.booleans())
def test_random_bytes_decode_or_are_refused(data: bytes, framed: bool) -> None:
    """Nothing but DecodeError comes out of garbage."""
    try:
        assert len(decompress(HEADER + data if framed else data, 10_000)) <= 10_000
    except DecodeError:
        pass
