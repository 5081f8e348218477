"""CRC-32C, by either library."""

import sys
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.records import crc
from broker.wire.records.crc import crc32c


def test_known_values() -> None:
    """The check value of CRC-32C and the vectors of RFC 3720, B.4."""
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert crc32c(b"") == 0


@given(st.binary(max_size=500), st.integers(0, 500))
def test_a_crc_can_be_continued(data: bytes, cut: int) -> None:
    """The CRC of two parts, one after the other, is that of the whole; any buffer will do."""
    assert crc32c(memoryview(data)[cut:], crc32c(bytearray(data[:cut]))) == crc32c(data)


def test_google_crc32c_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the crc32c package the other one is used, and is given bytes."""
    stand_in = ModuleType("google_crc32c")

    def extend(value: int, data: object) -> int:
        assert type(data) is bytes
        return crc32c(data, value)

    stand_in.extend = extend  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "crc32c", None)
    monkeypatch.setitem(sys.modules, "google_crc32c", stand_in)

    checksum = crc._load()

    assert checksum(memoryview(b"123456789"), 0) == 0xE3069283
