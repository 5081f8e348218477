"""The segment format: round trips, cuts, and every kind of damage."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.storage import segment
from broker.storage.objects.base import TocEntry
from broker.storage.segment import SegmentCorrupt, SegmentHeader

KEY = b"secret!!"
HEADER = SegmentHeader(7, b"0123456789abcdef", KEY, 1234)


@st.composite
def groups(draw: st.DrawFn) -> list[tuple[bytes, list[TocEntry], bool]]:
    """Payloads with tables of contents that fit them, with and without a checksum of the payload."""
    found = []
    for payload in draw(st.lists(st.binary(max_size=60), max_size=5)):
        entries = []
        for pid in draw(st.lists(st.integers(0, 2**63 - 1), max_size=4)):
            offset = draw(st.integers(0, len(payload)))
            entries.append(TocEntry(pid, offset, draw(st.integers(0, len(payload) - offset))))
        found.append((payload, entries, draw(st.booleans())))
    return found


def file_of(contents: list[tuple[bytes, list[TocEntry], bool]], zeros: int = 0) -> bytes:
    data = segment.pack_header(HEADER)
    for sequence, (payload, entries, checked) in enumerate(contents):
        crc = segment.crc32c(payload) if checked else None
        data += segment.pack_group(KEY, sequence, len(payload), entries, crc) + payload
    return data + bytes(zeros)


def read(data: bytes) -> list[tuple[bytes, list[TocEntry]]]:
    return [(data[group.position : group.end], list(group.entries)) for group in segment.read_groups(data, HEADER)]


@given(groups(), st.integers(0, 100))
def test_what_was_packed_is_read(contents: list[tuple[bytes, list[TocEntry], bool]], zeros: int) -> None:
    """In order, up to the space that was never used (S1)."""
    assert read(file_of(contents, zeros)) == [(payload, entries) for payload, entries, _ in contents]


def test_a_header_comes_back() -> None:
    """Every field of it."""
    assert segment.unpack_header(segment.pack_header(HEADER)) == HEADER


@given(st.integers(0, segment.HEADER_BYTES - 1))
def test_a_cut_header_is_corrupt(length: int) -> None:
    """Wherever it is cut."""
    with pytest.raises(SegmentCorrupt):
        segment.unpack_header(segment.pack_header(HEADER)[:length])


@given(st.integers(0, segment.HEADER_BYTES - 1), st.integers(1, 255))
def test_a_changed_header_is_corrupt(at: int, flip: int) -> None:
    """Whichever bit it is."""
    data = bytearray(segment.pack_header(HEADER))
    data[at] ^= flip
    with pytest.raises(SegmentCorrupt):
        segment.unpack_header(bytes(data))


def test_a_newer_version_is_refused_by_number() -> None:
    """Never guessed (S6)."""
    data = bytearray(segment.pack_header(HEADER))
    data[8:10] = (segment.VERSION + 1).to_bytes(2, "little")
    with pytest.raises(SegmentCorrupt, match=f"version {segment.VERSION + 1}"):
        segment.unpack_header(bytes(data))


@given(groups(), st.data())
def test_a_cut_file_has_the_groups_before_the_cut(
    contents: list[tuple[bytes, list[TocEntry], bool]], data: st.DataObject
) -> None:
    """Whole ones only (S5)."""
    whole = file_of(contents)
    cut = data.draw(st.integers(segment.HEADER_BYTES, len(whole)))
    expected = [group for group in segment.read_groups(whole, HEADER) if group.end <= cut]

    assert list(segment.read_groups(whole[:cut], HEADER)) == expected


@given(groups(), st.data())
def test_damage_ends_the_groups_where_it_is(
    contents: list[tuple[bytes, list[TocEntry], bool]], data: st.DataObject
) -> None:
    """Those before it are unaffected; a damaged payload is noticed when it has a checksum (S5)."""
    whole = file_of(contents)
    if len(whole) == segment.HEADER_BYTES:
        return
    at = data.draw(st.integers(segment.HEADER_BYTES, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[at] ^= data.draw(st.integers(1, 255))
    before = list(segment.read_groups(whole, HEADER))
    after = list(segment.read_groups(bytes(damaged), HEADER))
    hit = next(index for index, group in enumerate(before) if at < group.end)
    in_payload = at >= before[hit].position

    if in_payload and before[hit].payload_crc is None:
        assert after == before
    else:
        assert after == before[:hit]


@given(st.binary(max_size=300))
def test_any_bytes_are_groups_or_none(data: bytes) -> None:
    """No exception, no endless loop, no allocation by what a length field says."""
    assert list(segment.read_groups(segment.pack_header(HEADER) + data, HEADER)) == []


def test_a_group_of_an_earlier_write_is_not_the_next_one() -> None:
    """Left behind a shorter group that took its place, it has another sequence (S2)."""
    old = segment.pack_group(KEY, 1, 3, []) + b"old"
    assert segment.unpack_group(old, 0, KEY, 1) is not None
    assert segment.unpack_group(old, 0, KEY, 2) is None


def test_record_bytes_that_imitate_a_group_are_not_one() -> None:
    """A client does not know the file's key (S3)."""
    forged = segment.pack_group(b"guessed!", 1, 5, []) + b"false"
    data = file_of([(b"x", [], False)]) + forged

    assert [payload for payload, _ in read(data)] == [b"x"]


def test_lengths_beyond_the_file_are_no_group() -> None:
    """Whatever the header claims, and even with a right checksum."""
    head = segment.pack_group(KEY, 0, segment.MAX_PAYLOAD, [])
    assert segment.unpack_group(head + b"short", 0, KEY, 0) is None
    many = bytearray(segment.pack_group(KEY, 0, 0, []))
    struct.pack_into("<I", many, 24, 2**32 - 1)
    assert segment.unpack_group(bytes(many) + bytes(100), 0, KEY, 0) is None


@pytest.mark.parametrize("entry", [TocEntry(1, 0, 6), TocEntry(1, 5, 1), TocEntry(1, -1, 1)])
def test_entries_outside_the_payload_are_a_bug(entry: TocEntry) -> None:
    """They are never written (S4)."""
    with pytest.raises(AssertionError):
        segment.pack_group(KEY, 0, 5, [entry])
