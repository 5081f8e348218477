"""Zigzag varints."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.errors import DecodeError
from broker.wire.records.varint import append_varint, read_varint


def encoded(value: int) -> bytes:
    out = bytearray()
    append_varint(out, value)
    return bytes(out)


@pytest.mark.parametrize(("value", "wire"), [(0, "00"), (-1, "01"), (1, "02"), (63, "7e"), (64, "8001"), (-65, "8101"), (2**31 - 1, "feffffff0f"), (-(2**31), "ffffffff0f")])  # fmt: skip
def test_known_values(value: int, wire: str) -> None:
    """Small numbers of either sign take one byte, 32-bit ones at most five."""
    assert encoded(value).hex() == wire


@given(st.integers(-(2**31), 2**31 - 1), st.binary(max_size=3))
def test_32_bits_round_trip(value: int, tail: bytes) -> None:
    """A value comes back, and reading stops where it ends."""
    data = encoded(value)
    assert read_varint(data + tail, 0) == (value, len(data))


@given(st.integers(-(2**63), 2**63 - 1))
def test_64_bits_round_trip(value: int) -> None:
    """Timestamps deltas have the whole 64-bit range."""
    data = encoded(value)
    assert len(data) <= 10
    assert read_varint(data, 0, 64) == (value, len(data))


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_varint_cut_off_is_an_error(value: int) -> None:
    """Every proper prefix is refused."""
    data = encoded(value)
    for length in range(len(data)):
        with pytest.raises(DecodeError):
            read_varint(data[:length], 0, 64)


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff\x10", b"\x80" * 5 + b"\x00", b"\xff" * 100])
def test_more_than_32_bits_are_refused(data: bytes) -> None:
    """A value too large or a varint too long is an error, however many bytes follow."""
    with pytest.raises(DecodeError):
        read_varint(data, 0)


def test_more_than_64_bits_are_refused() -> None:
    """The tenth byte of a 64-bit varint may be 1 at most."""
    assert read_varint(b"\xff" * 9 + b"\x01", 0, 64)[0] == -(2**63)
    with pytest.raises(DecodeError):
        read_varint(b"\xff" * 9 + b"\x02", 0, 64)
    with pytest.raises(DecodeError):
        read_varint(b"\xff" * 11, 0, 64)
