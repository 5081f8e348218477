"""The shared pieces of the decoders: varints and tagged fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.errors import DecodeError
from broker.wire.primitives import (
    MALFORMED,
    bad_length,
    bad_presence,
    malformed,
    read_int8s,
    read_int16s,
    read_int32s,
    read_int64s,
    read_tag,
    read_uuids,
    read_uvarint,
    skip_counted_tags,
    skip_tags,
    too_many,
    trailing,
    truncated,
)
from broker.wire.writer import put_compact_array, put_uvarint


@given(st.integers(0, 0x80000000))
def test_a_varint_reads_back(value: int) -> None:
    """What the writer puts the reader gets, and the position moves to the byte after it."""
    out = bytearray(b"\xaa")
    put_uvarint(out, value)

    assert read_uvarint(memoryview(out), 1) == (value, len(out))


def test_the_largest_varint_has_32_bits() -> None:
    """Five bytes carry 32 bits; a 33rd bit or a sixth byte is refused."""
    assert read_uvarint(memoryview(b"\xff\xff\xff\xff\x0f"), 0) == (0xFFFFFFFF, 5)
    for overlong in (b"\xff\xff\xff\xff\x1f", b"\x80\x80\x80\x80\x80\x00", b"\xff\xff\xff\xff\xff\x01"):
        with pytest.raises(DecodeError, match="32 bits"):
            read_uvarint(memoryview(overlong), 0)


def test_a_padded_varint_is_accepted() -> None:
    """Some writers reserve more bytes than the value needs; that is valid up to five."""
    assert read_uvarint(memoryview(b"\x83\x80\x00"), 0) == (3, 3)


@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 100])
@pytest.mark.parametrize(
    ("code", "read"), [("b", read_int8s), ("h", read_int16s), ("i", read_int32s), ("q", read_int64s)]
)
def test_arrays_of_integers_read_back(count: int, code: str, read: object) -> None:
    """Short arrays take a table of precompiled formats, long ones do not; both give the same."""
    values = [(-1) ** n * n for n in range(count)]
    out = bytearray()
    put_compact_array(out, code, values)
    _, start = read_uvarint(memoryview(out), 0)

    assert read(memoryview(out), start, count) == values  # type: ignore[operator]


def test_uuids_are_sixteen_bytes_each() -> None:
    """An array of uuids is cut without losing its place."""
    assert read_uuids(memoryview(b"x" + bytes(range(32))), 1, 2) == [bytes(range(16)), bytes(range(16, 32))]


def test_skipping_tags_ends_after_them() -> None:
    """The position comes out behind the last tagged field, whatever is in them."""
    section = b"\x02\x05\x03abc\x07\x00"

    assert skip_tags(memoryview(section + b"rest"), 0, len(section) + 4) == len(section)


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        (b"\x02\x05\x00\x05\x00", "comes after"),
        (b"\x02\x05\x00\x04\x00", "comes after"),
        (b"\x01\x05\x09abc", "exceeds"),
        (b"\x09\x05\x00", "do not fit"),
    ],
)
def test_damaged_tags_are_refused(section: bytes, reason: str) -> None:
    """Tags that repeat, descend, overrun or are too many."""
    with pytest.raises(DecodeError, match=reason):
        skip_tags(memoryview(section), 0, len(section))


def test_a_tag_tells_where_its_value_ends() -> None:
    """Tag, start and end of the value."""
    assert read_tag(memoryview(b"\x04\x02ab"), 0, 4, -1) == (4, 2, 4)


def test_refusals_name_the_field() -> None:
    """Whoever reads the log learns which field was wrong and how."""
    for refuse, text in (
        (lambda: truncated("A.b"), "A.b: its length exceeds the bytes that are left"),
        (lambda: too_many("A.b", 7), "A.b: 7 elements do not fit into the bytes that are left"),
        (lambda: bad_length("A.b", -1), "A.b: must not be null"),
        (lambda: bad_length("A.b", -2), "A.b: negative length -2"),
        (lambda: bad_presence("A.b", 3), "A.b: presence byte 3 is neither -1 nor 1"),
        (lambda: trailing(-3), "the message overruns its frame"),
    ):
        with pytest.raises(DecodeError) as caught:
            refuse()
        assert str(caught.value) == text


def test_what_damaged_bytes_raise_becomes_a_decode_error() -> None:
    """The reason is said in words of the protocol."""
    with pytest.raises(MALFORMED) as caught:
        str(b"\xff", "utf-8")
    assert str(malformed(caught.value)) == "a string is not UTF-8: invalid start byte at byte 0"
    assert str(malformed(IndexError())) == "the message ends in the middle of a field"


def test_few_unknown_tags_are_stepped_over() -> None:
    """More are refused before any is looked at; of a request they count with its elements."""
    section = b"\x02\x05\x00\x06\x00"
    assert skip_counted_tags(memoryview(section), 0, len(section), 2) == (len(section), 0)
    with pytest.raises(DecodeError, match="tagged fields: more than 100000 elements in one request"):
        skip_counted_tags(memoryview(section), 0, len(section), 1)
    with pytest.raises(DecodeError, match="65 tagged fields, 64 are allowed"):
        skip_tags(memoryview(b"\x41" + bytes(200)), 0, 201)
